"""What a text says beside its wording: numbers, dates, times, ids, addresses; compared before and after a model wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolscale.scoring.reading import calendar, numerals, spelled
from toolscale.scoring.said import Statement, is_said
from toolscale.synthesis.user import is_stated
from toolscale.task import Fact

_ID = re.compile(r"(?<![\w@.-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])\w+(?:-\w+)*(?![\w@])|\S+@\S+\.\w+")
_NO_ID = re.compile(r"\d+(?:st|nd|rd|th|am|pm|h\d\d|k|s|-[a-z]{3,})", re.IGNORECASE)  # "4th", "9am", "3-night"
_SHORTEST = 3
Values = frozenset[tuple[str, str]]


def values_in(text: str, *, in_words: bool = False) -> Values:
    """Return the values of a text, each with its kind; `in_words` adds numbers from two on that are spelled out.

    "one" says too many other things, so it never counts.
    """
    seen = calendar(text)
    found = {("date", f"{day.year or ''}-{day.month}-{day.day}") for day in seen.days}
    found |= {("time", f"{hour.hour % 12 if hour.either else hour.hour}:{hour.minute}") for hour in seen.hours}
    found |= {("number", f"{number.amount.normalize():f}") for number in numerals(text) if not number.is_id}
    if in_words:
        found |= {("number", f"{n.amount.normalize():f}") for n in spelled(text) if n.amount not in (0, 1)}
    found |= {
        ("id", match[0].casefold().rstrip(".,;:!?")) for match in _ID.finditer(text) if not _NO_ID.fullmatch(match[0])
    }
    return frozenset(found)


def unfounded(text: str, known: Iterable[str]) -> list[str]:
    """Return the values of a text that none of the known texts says, for people."""
    allowed = values_in("\n".join(known), in_words=True)
    days = {value.split("-", 1)[1] for kind, value in allowed if kind == "date"}
    return sorted(
        f"the {kind} {value}"
        for kind, value in values_in(text) - allowed
        if not (kind == "date" and value.startswith("-") and value[1:] in days)
    )


def stated(facts: Iterable[Fact], others: Iterable[object], text: str) -> list[str]:
    """Return what a text says of some facts and other values, as it is to be said: the names and words in it."""
    said = [fact.said for fact in facts if is_stated(fact, text)]
    for value in others:
        if isinstance(value, str) and len(value) >= _SHORTEST and is_said(Statement("text", value, "value"), text):
            said.append(value)
    return list(dict.fromkeys(said))


def says(value: str, text: str) -> bool:
    """Return whether a text says a value of `stated`, in any spelling that a listener would take for it."""
    return is_stated(Fact("value", value), text) or is_said(Statement("text", value, "value"), text)
