"""Whether a value was said: values are compared, not spellings.

`is_said` looks for one typed value in an assistant's message, `occurs_in_data` in a tool's parsed result.
Markdown (`**$5**`), non-breaking and thin spaces, curly quotes and Unicode's many dashes make no difference
anywhere.

**money, number**: `1250.5`, `1,250.50`, `1.250,50`, `1 250.50`, `1'250.50`, `.50`; with a scale: `1.25k`,
`3m`, `2bn`, `5 thousand`, `1.2 million` (not `12 hundred`); negative: `-$20`, `$-20`, `minus $20`, and
`($20.00)`, which may as well be an aside and so counts as both; in words from zero to ninety-nine (a longer
number in words is not read, and `one` alone is no amount of money). A currency may stand before or after
(`USD 5`, `5 €`, `US$5`, `5 dollars`), need not, and is not compared; `12 dollars and 50 cents` and `50
cents` are amounts. `1.250` is 1.25, but 1250 beside a currency. Digits of an id (`AC-1250`, `B12`,
`2025-06-1250`), an ordinal (`4th`), a date or a time are no numbers.

A number with a unit needs the unit, singular or plural, near it: after it in the same clause or before it
in the same sentence, with no other number between, and not the unit of another number (in `50 points and 3
nights`, 3 is no points). `%`, `percent` and `per cent` are one unit; `5%` is neither money nor a number of
anything else.

**date**: `2025-06-16`, `2025/6/16`, `June 16, 2025`, `Jun 16`, `June 16th`, `16 June 2025`, `the 16th of
June`, `16-Jun-2025`, `June 16-18`, `06/16/2025`, `6/16/25`, `6/16`, `16.06.2025`. Without a year, month and
day decide; another year does not match. Slashes and dashes are read month first, dots day first, the other
way round only where no other reading is left.

**time**: `14:30`, `14:30:00`, `14h30`, `2:30 pm`, `2.30 p.m.`, `2 pm`, `2 o'clock`, `noon`, `midnight`.
`2:30` alone is also 14:30; `02:30` is not. Without seconds, hour and minute decide.

**text**: whole words in any case; dashes, underscores and white space are one (`on_hold`, `on-hold`, `On
hold`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from toolscale.scoring.reading import (
    CURRENCY,
    IN_WORDS,
    Day,
    Hour,
    Number,
    calendar,
    folded,
    numerals,
    spelled,
)

Kind = Literal["money", "number", "date", "time", "text"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that must be said.

    Raises ValueError or TypeError where the value is not one of its kind: a date that does not exist.
    """

    kind: Kind
    value: str | int | float
    """Money in currency units, as 1250.5; a date "2025-06-16"; a time "14:30" or "14:30:00"."""
    about: str
    unit: str | None = None
    """Of a number, as "points"."""

    def __post_init__(self) -> None:
        """Refuse what cannot be said."""
        _wanted(self.kind, self.value)


@lru_cache(maxsize=16_384)
def is_said(statement: Statement, text: str) -> bool:
    """Return whether `text` states the value in a way that the module's docstring names. Never raises."""
    kind = statement.kind
    wanted = _wanted(kind, statement.value)
    if isinstance(wanted, str):
        return _has_words(wanted, folded(text))
    if isinstance(wanted, Day):
        return any(wanted.agrees(day) for day in calendar(text).days)
    if isinstance(wanted, Hour):
        return any(wanted.agrees(hour) for hour in calendar(text).hours)
    unit = statement.unit if kind == "number" else None
    if kind == "money" or (unit and CURRENCY.fullmatch(unit.lower())):
        return _has_amount(wanted, text)
    if unit:
        return any(_has_unit(number, wanted, unit, text) for number in _candidates(wanted, text))
    return any(number.value == wanted and not number.is_id for number in _candidates(wanted, text))


def occurs_in_data(statement: Statement, data: object) -> bool:
    """Return whether the value is one of the values in `data`, which is parsed JSON of any nesting.

    Names of fields do not count, nor does the unit, and true is no number. Strings are read as messages are,
    so that a date and a time are found in a moment; but on the 24-hour clock: "2:30" is 02:30 alone.
    """
    wanted = _wanted(statement.kind, statement.value)
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, str):
            if _is_in_string(statement.kind, wanted, item):
                return True
        elif isinstance(item, int | float) and not isinstance(item, bool):
            if isinstance(wanted, str):
                if _has_words(wanted, folded(str(item))):
                    return True
            elif isinstance(wanted, Decimal) and _decimal(item, 6 if statement.kind == "money" else 10) == wanted:
                return True
    return False


_Wanted = Decimal | Day | Hour | str


@lru_cache(maxsize=2048, typed=True)
def _wanted(kind: Kind, value: str | int | float) -> _Wanted:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"{value!r} is no {kind}, but a {type(value).__name__}")
    text = str(value)
    found: list[_Wanted] = []
    if kind == "text":
        found = [words] if (words := folded(text)) else []
    elif kind == "date":
        found = [day for day in calendar(text).days if day.exists()]
    elif kind == "time":
        found = list(calendar(text).hours)
    elif isinstance(value, str):
        found = [number.amount if kind == "money" else number.value for number in numerals(value)]
    elif math.isfinite(value):
        found = [_decimal(value, 2 if kind == "money" else 10)]
    if len(found) != 1:
        raise ValueError(f"{value!r} cannot be read as one {kind}")
    return found[0]


def _decimal(value: int | float, places: int) -> Decimal:
    return Decimal(repr(round(value, places)))


def _is_in_string(kind: Kind, wanted: _Wanted, text: str) -> bool:
    if isinstance(wanted, str):
        return _has_words(wanted, folded(text))
    if isinstance(wanted, Day):
        return any(wanted.agrees(day) for day in calendar(text).days)
    if isinstance(wanted, Hour):
        return any(wanted.agrees(hour, spoken=False) for hour in calendar(text).hours)
    if kind == "money":
        return _has_amount(wanted, text)
    return any(number.value == wanted and not number.is_id for number in _candidates(wanted, text))


def _has_words(words: str, text: str) -> bool:
    at = text.find(words)
    while at >= 0:
        end = at + len(words)
        before, after = text[max(at - 2, 0) : at][::-1], text[end : end + 2]
        if not (_continues(words[0], before) or _continues(words[-1], after)):
            return True
        at = text.find(words, at + 1)
    return False


def _continues(edge: str, beside: str) -> bool:
    """Return whether what stands beside a find carries its edge on: a letter, or the ".5" of a number."""
    if not beside or not edge.isalnum():
        return False
    return beside[0].isalnum() or (edge.isdigit() and beside[0] in ".," and beside[1:].isdigit())


def _candidates(wanted: Decimal, text: str) -> tuple[Number, ...]:
    size = abs(wanted)
    if size <= 99 and size == int(size) and IN_WORDS[int(size)].partition("-")[0] in text.lower():
        return numerals(text) + spelled(text)
    return numerals(text)


def _has_amount(wanted: Decimal, text: str) -> bool:
    for number in _candidates(wanted, text):
        if number.amount == wanted or (number.aside and -number.amount == wanted):
            # "one" is a pronoun far more often than an amount
            bare_one = wanted == 1 and not number.currency and number in spelled(text)
            if not (number.is_id or number.percent or bare_one):
                return True
    return False


# --- units ------------------------------------------------------------------------------------------------

_PERCENT = re.compile(r"%|percent(?:age)?|per ?cent|pct")
_CLAUSE_END = re.compile(r"[,;:\n]|[.!?](?=\s|$)")
_SENTENCE_END = re.compile(r"[;\n]|[.!?](?=\s|$)")
_OUT_OF = re.compile(r" ?(?:/|(?:out )?of) ?(?:(?:the|your|a|an|all|total|of) ){0,4}(?=[$a-z0-9])")
_ASIDE = re.compile(r" ?\([^()]*\)")
_IRREGULAR = (
    ("person", "people"),
    ("child", "children"),
    ("man", "men"),
    ("woman", "women"),
    ("foot", "feet"),
)


@lru_cache(maxsize=1024)
def _unit_pattern(unit: str) -> re.Pattern[str]:
    unit = folded(unit)
    if _PERCENT.fullmatch(unit):
        return _PERCENT
    *first, last = unit.split() or [unit]
    forms = {last, f"{last}s", f"{last}es"}
    for ending, instead in (("y", "ies"), ("ies", "y"), ("es", ""), ("s", "")):
        if last.endswith(ending) and len(last) > len(ending) + 1:
            forms.add(last.removesuffix(ending) + instead)
    for pair in _IRREGULAR:
        if last in pair:
            forms.update(pair)
    words = [*map(re.escape, first), f"(?:{'|'.join(map(re.escape, sorted(forms, reverse=True)))})"]
    return re.compile(rf"(?<![^\W\d_]){'[ -]'.join(words)}(?![^\W\d_])")


def _has_unit(number: Number, wanted: Decimal, unit: str, text: str) -> bool:
    pattern = _unit_pattern(unit)
    rest = calendar(text).rest
    if pattern is _PERCENT:
        if number.percent:
            return number.value == wanted
    elif number.percent or number.currency:
        return False
    elif number.unscaled == wanted and pattern.match(rest, number.end + (rest[number.end : number.end + 1] == "-")):
        return True
    if number.is_id or number.value != wanted:
        return False
    everything = numerals(text) + spelled(text)
    return _unit_follows(number, pattern, rest, everything) or _unit_precedes(number, pattern, rest, everything)


def _unit_follows(number: Number, unit: re.Pattern[str], rest: str, everything: tuple[Number, ...]) -> bool:
    """Return whether the unit comes next in the clause, as in "3 of 10 nights" and "3 (three) nights" too."""
    start = number.end
    while skipped := _ASIDE.match(rest, start):
        start = skipped.end()
    if skipped := _OUT_OF.match(rest, start):
        start = next((other.end for other in everything if other.start == skipped.end()), start)
    stop = _CLAUSE_END.search(rest, start)
    found = unit.search(rest, start, stop.start() if stop else len(rest))
    return bool(found) and not any(start <= other.start < found.start() for other in everything if found)


def _unit_precedes(number: Number, unit: re.Pattern[str], rest: str, everything: tuple[Number, ...]) -> bool:
    """Return whether the unit comes before in the sentence, and is not the unit of a number before it."""
    sentence = max((end.end() for end in _SENTENCE_END.finditer(rest, 0, number.start)), default=0)
    found = next(iter([*unit.finditer(rest, sentence, number.start)][::-1]), None)
    if not found or any(found.end() <= other.start < number.start for other in everything):
        return False
    earlier = max((other.end for other in everything if other.end <= found.start()), default=None)
    if earlier is None:
        return True
    between = rest[earlier : found.start()]
    return bool(_CLAUSE_END.search(between)) or len(between.split()) > 2
