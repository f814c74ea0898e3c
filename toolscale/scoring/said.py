"""Whether a value was said: values are compared, not spellings.

`is_said` looks for one typed value in an assistant's message, `occurs_in_data` in a tool's parsed result. Markdown
(`**$5**`), non-breaking and thin spaces, curly quotes and the many dashes of Unicode make no difference anywhere.

**money, number**: `1250.5`, `1,250.50`, `1.250,50`, `1 250.50`, `1'250.50`, `.50`; with a scale: `1.25k`, `3m`, `2bn`,
`5 thousand`, `1.2 million` (not `12 hundred`); negative: `-$20`, `$-20`, `minus $20`, and `($20.00)`, which may as well be
an aside and so counts as both; number words from zero to ninety-nine (a longer number in words is not read, and `one`
alone is no amount of money). A currency may stand before or after (`USD 5`, `5 €`, `US$5`, `5 dollars`), need not, and is
not compared; `12 dollars and 50 cents` and `50 cents` are amounts. `1.250` is 1.25, but 1250 beside a currency. Digits
that belong to an id (`AC-1250`, `B12`, `2025-06-1250`), an ordinal (`4th`), a date or a time are no numbers.

A number with a unit needs the unit, singular or plural, near it: after it in the same clause or before it in the same
sentence, with no other number between, and not the unit of another number (in `50 points and 3 nights` 3 is no points).
`%`, `percent` and `per cent` are one unit; `5%` is neither money nor a number of anything else.

**date**: `2025-06-16`, `2025/6/16`, `June 16, 2025`, `Jun 16`, `June 16th`, `16 June 2025`, `the 16th of June`, `16-Jun-2025`,
`June 16-18`, `06/16/2025`, `6/16/25`, `6/16`, `16.06.2025`. Without a year, month and day decide; another year does not match.
Slashes and dashes are read month first, dots day first, the other way round only where that is the only way.

**time**: `14:30`, `14:30:00`, `14h30`, `2:30 pm`, `2.30 p.m.`, `2 pm`, `2 o'clock`, `noon`, `midnight`. `2:30` alone is also
14:30, `02:30` is not. Without seconds, hour and minute decide.

**text**: whole words, whatever the case; dashes, underscores and white space are one (`on_hold`, `on-hold`, `On hold`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Kind = Literal["money", "number", "date", "time", "text"]

_REMEMBERED = 2048  # messages: each is asked about several statements in a row
_LONGEST_NUMERAL = 24  # longer runs of digits are card numbers and the like, and would leave Decimal's precision


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that must be said.

    Raises ValueError where the value cannot be read as its kind, as a date that does not exist.
    """

    kind: Kind
    value: str | int | float  # money in currency units, a date "2025-06-16", a time "14:30" or "14:30:00"
    about: str
    unit: str | None = None  # of a number, as "points"

    def __post_init__(self) -> None:
        _wanted(self.kind, self.value)


def is_said(statement: Statement, text: str) -> bool:
    """Return whether `text` states the value; see the module's docstring for what counts. Raises on no text."""
    wanted = _wanted(statement.kind, statement.value)
    if isinstance(wanted, str):
        return _has_words(wanted, _folded(text))
    if isinstance(wanted, _Day):
        return any(wanted.agrees(day) for day in _calendar(text).days)
    if isinstance(wanted, _Hour):
        return any(wanted.agrees(hour) for hour in _calendar(text).hours)
    unit = statement.unit if statement.kind == "number" else None
    if statement.kind == "money" or (unit and _CURRENCY_NAME.fullmatch(unit.strip().lower())):
        return any(number.is_amount(wanted) for number in _candidates(wanted, text))
    if unit is None:
        return any(number.value == wanted and not number.tail for number in _candidates(wanted, text))
    pattern = _unit_pattern(unit)
    return any(_has_unit(number, wanted, pattern, text) for number in _candidates(wanted, text))


def occurs_in_data(statement: Statement, data: object) -> bool:
    """Return whether the value is one of the values in `data`, which is parsed JSON of any nesting.

    Names of fields do not count, nor does the unit. Strings are read as messages are, so a date and a time are found
    in a moment; but "2:30" is 02:30 there. A true or a false is no number.
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
            if _in_string(statement.kind, wanted, item):
                return True
        elif isinstance(item, int | float) and not isinstance(item, bool):
            if isinstance(wanted, str):
                if _has_words(wanted, _folded(str(item))):
                    return True
            elif isinstance(wanted, Decimal) and _decimal(item, 6 if statement.kind == "money" else 10) == wanted:
                return True
    return False


def _in_string(kind: Kind, wanted: _Wanted, text: str) -> bool:
    if isinstance(wanted, str):
        return _has_words(wanted, _folded(text))
    if isinstance(wanted, _Day):
        return any(wanted.agrees(day) for day in _calendar(text).days)
    if isinstance(wanted, _Hour):
        return any(wanted.agrees(hour, spoken=False) for hour in _calendar(text).hours)
    if kind == "money":
        return any(number.is_amount(wanted) for number in _candidates(wanted, text))
    return any(wanted in (number.value, number.unscaled) for number in _candidates(wanted, text))


# --- what a statement wants ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Day:
    year: int | None  # below 100: said with two digits
    month: int
    day: int

    def agrees(self, said: _Day) -> bool:
        if (self.month, self.day) != (said.month, said.day) or self.year is None:
            return False
        return said.year in (None, self.year, self.year % 100)


@dataclass(frozen=True, slots=True)
class _Hour:
    hour: int
    minute: int
    second: int | None
    either: bool = False  # without am or pm, so perhaps spoken on the 12-hour clock

    def agrees(self, said: _Hour, *, spoken: bool = True) -> bool:
        if self.minute != said.minute or (said.second is not None and said.second != (self.second or 0)):
            return False
        return self.hour == said.hour or (spoken and said.either and (self.hour - said.hour) % 12 == 0)


_Wanted = Decimal | _Day | _Hour | str


@lru_cache(maxsize=_REMEMBERED, typed=True)
def _wanted(kind: Kind, value: str | int | float) -> _Wanted:
    text = str(value)
    found: list[_Wanted] = []
    if kind == "text":
        found = [folded] if (folded := _folded(text)) else []
    elif kind == "date":
        found = [day for day in _calendar(text).days if (day.year or 0) > 99]
    elif kind == "time":
        found = list(_calendar(text).hours)
    elif isinstance(value, str):
        found = [number.amount if kind == "money" else number.value for number in _numerals(text)]
    elif not isinstance(value, bool) and value - value == 0:
        found = [_decimal(value, 2 if kind == "money" else 10)]
    if len(found) != 1:
        raise ValueError(f"{value!r} cannot be read as one {kind}")
    return found[0]


def _decimal(value: int | float, places: int) -> Decimal:
    return Decimal(repr(round(value, places)))


# --- plain and folded text -----------------------------------------------------------------------------------------

_SAME = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4\u2032", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2212\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2014\u2015", " - "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
        **dict.fromkeys("\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079", "^"),  # NFKC makes 10² 102
    }
)
_RANGE_DASH = re.compile(r"(?<=\w)\u2013(?=\w)")
_INNER_MARK = re.compile(r"(?<=\w)[*`~\\]+(?=\w)")
_OUTER_MARK = re.compile(r"[*`~\\]+|(?<![^\W_])_+|_+(?![^\W_])")
_MARKS = frozenset("*`~\\_")
_SEPARATORS = str.maketrans("-_", "  ")


def _plain(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_SAME))
        text = _RANGE_DASH.sub(" - ", text).replace("\u2013", "-")
    if not _MARKS.isdisjoint(text):
        text = _OUTER_MARK.sub("", _INNER_MARK.sub(" ", text))
    return text


@lru_cache(maxsize=_REMEMBERED)
def _folded(text: str) -> str:
    return " ".join(_plain(text).casefold().translate(_SEPARATORS).split())


def _has_words(words: str, folded: str) -> bool:
    at = folded.find(words)
    while at >= 0:
        before, after = folded[max(at - 2, 0) : at], folded[at + len(words) : at + len(words) + 2]
        if not (_continues(before[::-1], words[0]) or _continues(after, words[-1])):
            return True
        at = folded.find(words, at + 1)
    return False


def _continues(beside: str, edge: str) -> bool:
    """Return whether the two characters beside a find carry its edge on: a letter, or ".5" of a number."""
    if not beside or not edge.isalnum():
        return False
    return beside[0].isalnum() or (edge.isdigit() and beside[0] in ".," and beside[1:].isdigit())


# --- dates and times -----------------------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR = r"(?:1[89]|20|21)[0-9]{2}"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_ALL_NUMERIC = re.compile(
    r"(?<![\w/-])(?<![0-9][.,])(?:(?P<year>[0-9]{4})(?P<a>[-/.])(?P<month>[0-9]{1,2})(?P=a)(?P<day>[0-9]{1,2})"
    r"|(?P<first>[0-9]{1,2})(?P<b>[-/.])(?P<second>[0-9]{1,2})(?P=b)(?P<last>[0-9]{4}|[0-9]{2})"
    r"|(?P<left>[0-9]{1,2})/(?P<right>[0-9]{1,2}))(?![0-9]|[-/.][0-9])"
)
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_MONTH})(?:\.? |\.)(?:the )?(?P<day>{_DAY})(?![\w:%]|\.[0-9]|,[0-9]{{3}}(?![0-9]))"
    rf"(?: ?- ?(?P<until>{_DAY})(?![\w:%]))?(?:(?:, ?| of | )(?P<year>{_YEAR})(?![\w,-]))?|(?:{_MONTH})\.?,? {_YEAR}\b"
)
_DAY_FIRST = re.compile(
    rf"(?<![\w.,/:$-])(?P<day>{_DAY})(?: ?(?:-|to|and) ?(?P<until>{_DAY}))?(?P<of> of |-| )(?P<month>{_MONTH})(?![a-z])"
    rf"(?:(?:\.?,? |-)(?P<year>{_YEAR})(?![\w-]))?"
)
_TIME = re.compile(
    r"(?:(?<![\w:.+,$])|(?<=[0-9]t))(?P<hour>[0-9]{1,2})"
    r"(?:(?P<colon>[:h])(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?(?!:?[0-9])|\.(?P<dotted>[0-9]{2})(?= ?[ap]))?"
    r"(?: ?(?:(?P<half>[ap])(?:m|\. ?m\.?)(?!\w)|(?P<clock>o'clock)))?"
)
_NAMED_TIMES = (("noon", 12), ("midday", 12), ("midnight", 0))
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class _Calendar:
    days: tuple[_Day, ...]
    hours: tuple[_Hour, ...]
    text: str  # plain
    rest: str  # plain, in lower case, dates and times blanked out, white space made one space


@lru_cache(maxsize=_REMEMBERED)
def _calendar(text: str) -> _Calendar:
    plain = _plain(text)
    if "\t" in plain or "\n" in plain or "  " in plain:
        plain = _BLANKS.sub(" ", plain)
    low = plain.lower()
    if len(low) != len(plain):
        low = "".join(letter.lower()[0] for letter in plain)
    days: list[_Day] = []
    hours = [_Hour(hour, 0, None) for name, hour in _NAMED_TIMES if name in low]
    if _DIGIT.search(low):
        spans = [*_find_days(low, plain, days), *_find_hours(low, hours)]
        for start, end in spans:
            low = f"{low[:start]}{'|' * (end - start)}{low[end:]}"
    return _Calendar(tuple(days), tuple(hours), plain, low)


def _find_days(low: str, plain: str, days: list[_Day]) -> Iterator[tuple[int, int]]:
    """Add the dates to `days` and yield the spans that are no numbers; "6/16" may be either."""
    for found in _ALL_NUMERIC.finditer(low):
        year, month, day = found["year"] or found["last"], found["month"] or found["left"], found["day"] or found["right"]
        if found["first"]:
            dotted = found["b"] == "."
            day, month = (found["first"], found["second"]) if dotted else (found["second"], found["first"])
        if int(month) > 12 and not found["year"]:
            month, day = day, month
        if _add_day(days, year, int(month), day) and year:
            yield found.span()
    if not any(month in low for month in _MONTHS):
        return
    for pattern in (_MONTH_FIRST, _DAY_FIRST):
        for found in pattern.finditer(low):
            if found["month"] and pattern is _DAY_FIRST:
                # "all 16 may attend", "2 march past": a verb unless the rest of the phrase says otherwise
                verb = found["month"] in ("may", "march", "mar") and plain[found.start("month")].islower()
                if verb and not found["year"] and found["of"] == " ":
                    continue
            elif low[max(found.start() - 1, 0) : found.start()].isalnum():
                continue
            if not found["month"]:
                yield found.span()
            elif _add_day(days, found["year"], _MONTHS.index(found["month"][:3]) + 1, found["day"]):
                if found["until"]:
                    _add_day(days, found["year"], _MONTHS.index(found["month"][:3]) + 1, found["until"])
                yield found.span()


def _add_day(days: list[_Day], year: str | None, month: int, day: str) -> bool:
    number = int(day.rstrip("sthndr"))
    fits = 1 <= month <= 12 and 1 <= number <= 31
    if fits:
        days.append(_Day(int(year) if year else None, month, number))
    return fits


def _find_hours(low: str, hours: list[_Hour]) -> Iterator[tuple[int, int]]:
    for found in _TIME.finditer(low):
        hour, minute = int(found["hour"]), int(found["minute"] or found["dotted"] or 0)
        if not (found["colon"] or found["half"] or found["clock"]) or hour > 24 or minute > 59:
            continue
        if found["half"] and hour <= 12:
            hour = hour % 12 + (12 if found["half"] == "p" else 0)
        alone = not found["half"] and not found["second"] and found["colon"] != "h" and found["hour"][0] != "0"
        second = int(found["second"]) if found["second"] else None
        hours.append(_Hour(hour % 24, minute, second, alone and 1 <= hour <= 12))
        yield found.span()


# --- numbers -------------------------------------------------------------------------------------------------------

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen \
eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_IN_WORDS = [*_ONES, *(ten if not one else f"{ten}-{_ONES[one]}" for ten in _TENS for one in range(10))]
_LETTER = "a-z_\u00df-\u024f"
_SYMBOL = "$€£¥₹₩₽₺₫฿"
_CODE = "usd|eur|gbp|chf|jpy|cad|aud|nzd|inr|cny|mxn|brl|sek|nok|dkk|pln|czk"
_NAME = rf"(?:us |american )?(?:dollars?|bucks?|euros?|pounds?|francs?|yen|rupees?|{_CODE})"
_CURRENCY_NAME = re.compile(rf"[{_SYMBOL}]|{_NAME}")
_WORD = "|".join([*_ONES[::-1], *_TENS])
_BIG = "hundred|thousand|million|billion"
_SCALES = {"k": 10**3, "thousand": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6}
_SCALES |= dict.fromkeys(("b", "bn", "billion"), 10**9)

_BLANKS = re.compile(r"[^\S\n]+")
_NUMERAL = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)?|[0-9]+(?:[.,'][0-9]+)*")
_SPELLED = re.compile(
    rf"(?<![{_LETTER}0-9-])(?P<words>(?>(?:{_WORD})(?:[ -](?:{_WORD}|(?:{_BIG})(?: and)?)(?![{_LETTER}]))*))(?![{_LETTER}0-9])"
    rf"(?!-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b| and a half| point (?:{_WORD}))"
)
_BEFORE = re.compile(
    rf"(?P<minus>(?:minus|negative) |-)?(?P<currency>(?<![{_LETTER}])(?:{_CODE}) ?|[{_LETTER}]{{0,3}}[{_SYMBOL}] ?)?(?P<inner>-)?\Z"
)
_AFTER = re.compile(
    rf"(?P<glued>[{_LETTER}]+)?(?:[ -]?(?P<scale>{_BIG})\b)?"
    rf"(?:[ -]?(?:(?P<percent>%|per ?cent\b|pct\b)|(?P<cents>¢|cents?\b|pence\b)|(?P<currency>[{_SYMBOL}](?![0-9])|{_NAME}\b)"
    r"(?:,? (?:and )?(?P<small>[0-9]{1,2}) (?:cents?|pence)\b)?))?(?P<dash>-[^\W_]+)?"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<by>[,.' ])[0-9]{3})(?:(?P=by)[0-9]{3})*(?P<fraction>[.,][0-9]+)?")


@dataclass(frozen=True, slots=True)
class _Number:
    start: int
    end: int
    value: Decimal
    amount: Decimal  # the same, but for cents and for an aside in parentheses
    unscaled: Decimal
    tail: str  # letters that make it an id, unless they are the unit
    currency: bool
    percent: bool
    aside: bool  # "($20)": perhaps negative

    def is_amount(self, wanted: Decimal) -> bool:
        return not (self.tail or self.percent) and (self.amount == wanted or (self.aside and -self.amount == wanted))


@lru_cache(maxsize=_REMEMBERED)
def _numerals(text: str) -> tuple[_Number, ...]:
    rest = _calendar(text).rest
    numbers = []
    for found in _NUMERAL.finditer(rest):
        start, digits = found.start(), found[0]
        if rest[start - 1 : start] == "." and digits.isdigit() and rest[max(start - 2, 0) : start - 1] in " -($€£":
            start, digits = start - 1, f"0.{digits}"
        number = _number(text, start, found.end(), digits)
        if number:
            numbers.append(number)
    return tuple(numbers)
