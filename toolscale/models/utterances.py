"""What a user may say: values that the scenario gives or that the agent has said, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from toolscale.scoring.reading import Day, calendar, numerals
from toolscale.task import Fact, UserScenario

_ID = re.compile(r"\b(?:[A-Za-z]{1,8}[-_]\w*\d\w*(?:-\w+)*|[A-Z]{2,8}\d{2,}\w*)\b")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NOT_DIGIT = re.compile(r"\D")
_SMALL_TALK = 12
"""Numbers up to it are said without meaning a value: "two things", "in 5 minutes"."""


def known_texts(scenario: UserScenario) -> list[str]:
    """Return all texts whose values the user may say from the start."""
    facts = [*scenario.identity, *(fact for request in scenario.requests for fact in request.facts)]
    texts = [scenario.name, scenario.persona, *(f"{fact.about}: {said}" for fact in facts for said in _spellings(fact))]
    texts += [text for request in scenario.requests for text in (request.reason, *request.asks, *request.unknown)]
    if scenario.twist is not None:
        texts.append(scenario.twist.text)
        if scenario.twist.fact is not None:
            texts += _spellings(scenario.twist.fact)
    return texts


def invented(text: str, known: Sequence[str]) -> Iterator[str]:
    """Yield the ids, e-mail addresses, dates, times and amounts in a text that none of the known texts holds.

    Amounts up to twelve are let pass, as are digits that stand in a known text with other separators.
    """
    everything = "\n".join(known)
    low = everything.casefold()
    digits = _NOT_DIGIT.sub("", everything)
    seen = calendar(text)
    there = [calendar(part) for part in known]
    for found in [*_ADDRESS.findall(text), *_ID.findall(text)]:
        if found.casefold() not in low:
            yield found
    for day in seen.days:
        if not any(_same(day, other) for part in there for other in part.days):
            yield f"the date {day.month}/{day.day}"
    for hour in seen.hours:
        if not any(hour.agrees(other) or other.agrees(hour) for part in there for other in part.hours):
            yield f"the time {hour.hour}:{hour.minute:02d}"
    amounts = {number.amount for part in known for number in numerals(part)}
    for number in numerals(text):
        written = _NOT_DIGIT.sub("", seen.rest[number.start : number.end])
        counts = not number.is_id and abs(number.amount) > _SMALL_TALK
        if counts and number.amount not in amounts and written not in digits:
            yield seen.rest[number.start : number.end].strip()


def _spellings(fact: Fact) -> tuple[str, ...]:
    return (fact.said, str(fact.value))


def _same(day: Day, other: Day) -> bool:
    years = {day.year, other.year} - {None}
    return (day.month, day.day) == (other.month, other.day) and len({year % 100 for year in years if year}) < 2
