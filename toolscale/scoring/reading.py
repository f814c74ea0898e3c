"""Reads the dates, times and numbers of a message as values; `said` compares them and tells what counts."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_REMEMBERED = 2048  # messages: each is asked about several statements in a row

# --- plain text -------------------------------------------------------------------------------------------

_SAME = {
    **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4\u2032", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2014\u2015", " - "),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", ""),
    "\u2013": " - ",
    # NFKC would make 102 of "10\u00b2"
    **dict.fromkeys("\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079", "^"),
}
_ODD = re.compile(f"[{''.join(_SAME)}]")
_MARK = re.compile(r"[*`~\\_]+")
_BLANKS = re.compile(r"[^\S\n]+")
_SEPARATORS = str.maketrans("-_", "  ")


def plain(text: str) -> str:
    """Return the text without Markdown's marks, in compatibility form, with plain dashes, quotes, spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _ODD.sub(_without_oddity, text))
    return _MARK.sub(_without_mark, text)


def _without_oddity(found: re.Match[str]) -> str:
    if found[0] == "\u2013":
        return " - " if _is_inside_word(found) else "-"
    return _SAME[found[0]]


def _without_mark(found: re.Match[str]) -> str:
    if not _is_inside_word(found):
        return ""
    return "_" if "_" in found[0] else " "


def _is_inside_word(found: re.Match[str]) -> bool:
    text, end = found.string, found.end()
    return text[found.start() - 1 : found.start()].isalnum() and text[end : end + 1].isalnum()


@lru_cache(maxsize=_REMEMBERED)
def folded(text: str) -> str:
    """Return the plain text casefolded, with dashes, underscores and white space all made one space."""
    return " ".join(plain(text).casefold().translate(_SEPARATORS).split())


# --- dates and times --------------------------------------------------------------------------------------

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_VERBS = frozenset({"may", "march", "mar"})
_YEAR = r"(?:1[89]|20|21)[0-9]{2}"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
_ALL_NUMERIC = re.compile(
    r"(?<![\w/-])(?<![0-9][.,])(?:(?P<year>[0-9]{4})(?P<a>[-/.])(?P<month>[0-9]{1,2})(?P=a)(?P<day>[0-9]{1,2})"
    r"|(?P<first>[0-9]{1,2})(?P<b>[-/.])(?P<second>[0-9]{1,2})(?P=b)(?P<last>[0-9]{4}|[0-9]{2})"
    r"|(?P<left>[0-9]{1,2})/(?P<right>[0-9]{1,2}))(?![0-9]|[-/.][0-9])"
)
_MONTH_FIRST = re.compile(
    rf"(?P<month>{_MONTH})(?:\.? |\.)(?:the )?(?P<day>{_DAY})(?![\w:%]|\.[0-9]|,[0-9]{{3}}(?![0-9]))"
    rf"(?: ?- ?(?P<until>{_DAY})(?![\w:%]))?(?:(?:, ?| of | )(?P<year>{_YEAR})(?![\w-]|,[0-9]))?"
    rf"|{_MONTH}\.?,? {_YEAR}(?![\w-]|,[0-9])"
)
_DAY_FIRST = re.compile(
    r"(?P<day>[0-9](?<![\w.,/:$-][0-9])[0-9]?(?:st|nd|rd|th)?)"
    rf"(?: ?(?:-|to|and) ?(?P<until>{_DAY}))?(?P<of> of |-| )(?P<month>{_MONTH})"
    rf"(?![a-z])(?:(?:\.?,? |-)(?P<year>{_YEAR})(?![\w-]|,[0-9]))?"
)
_TIME = re.compile(
    r"(?P<hour>[0-9](?:(?<![\w:.+,$/][0-9])|(?<=[0-9]t[0-9]))[0-9]?)"
    r"(?:(?P<colon>[:h])(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?(?!:?[0-9])"
    r"|\.(?P<dotted>[0-9]{2})(?= ?[ap]))?"
    r"(?: ?(?:(?P<half>[ap])(?:m|\. ?m\.?)(?!\w)|(?P<clock>o'clock)))?"
)
_NAMED_TIMES = (("noon", 12), ("midday", 12), ("midnight", 0))
_NAMED_TIME = re.compile(r"(?<!\w)(?:(?:12 )?(noon|midday|midnight))(?!\w)")
_SEPARATED = re.compile(r"[0-9](?:[-/]|\.[0-9]{1,2}\.)[0-9]")
_DIGIT = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Day:
    """A date; the year is None where it was not said, and below 100 where two digits of it were."""

    year: int | None
    month: int
    day: int

    def exists(self) -> bool:
        """Return whether this is a full date of the calendar, not February 30."""
        with contextlib.suppress(ValueError):
            return (self.year or 0) > 99 and bool(dt.date(self.year or 0, self.month, self.day))
        return False

    def agrees(self, said: Day) -> bool:
        """Return whether `said` can be this day, whose year is known."""
        if (self.month, self.day) != (said.month, said.day) or self.year is None:
            return False
        return said.year in (None, self.year, self.year % 100)


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day; `either` where it may as well be meant on the 12-hour clock, as "2:30" may."""

    hour: int
    minute: int
    second: int | None
    either: bool = False

    def agrees(self, said: Hour, *, spoken: bool = True) -> bool:
        """Return whether `said` can be this time; data, unlike speech, keeps to the 24-hour clock."""
        if self.minute != said.minute or (said.second is not None and said.second != (self.second or 0)):
            return False
        return self.hour == said.hour or (spoken and said.either and (self.hour - said.hour) % 12 == 0)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The dates and times of a message, and what is left of it."""

    days: tuple[Day, ...]
    hours: tuple[Hour, ...]
    text: str
    """Plain, with runs of white space made one space."""
    rest: str
    """The same in lower case, of the same length, with dates and times blanked out."""


@lru_cache(maxsize=_REMEMBERED)
def calendar(text: str) -> Calendar:
    """Read the dates and times of a message."""
    text = plain(text)
    if "  " in text or "\t" in text or "\r" in text:
        text = _BLANKS.sub(" ", text)
    low = text.lower()
    if len(low) != len(text):
        low = "".join(letter.lower()[0] for letter in text)
    days: list[Day] = []
    hours: list[Hour] = []
    spans: list[tuple[int, int]] = []
    if "noon" in low or "mid" in low:
        spans.extend(_named_hours(low, hours))
    if _DIGIT.search(low):
        if _SEPARATED.search(low):
            spans.extend(_numeric_days(low, days))
        spans.extend(_days_of_months(low, text, days))
        spans.extend(_hours(low, hours))
    rest = low
    for start, end in spans:
        rest = f"{rest[:start]}{'|' * (end - start)}{rest[end:]}"
    return Calendar(tuple(days), tuple(hours), text, rest)


def _numeric_days(low: str, days: list[Day]) -> Iterator[tuple[int, int]]:
    """Add the dates to `days`; yield the spans that are no numbers, which "6/16" may be."""
    for found in _ALL_NUMERIC.finditer(low):
        year = found["year"] or found["last"]
        month, day = found["month"] or found["left"], found["day"] or found["right"]
        if found["first"]:
            month, day = found["first"], found["second"]
            if found["b"] == ".":
                month, day = day, month
        if int(month) > 12 and not found["year"]:
            month, day = day, month
        if _add_day(days, year, int(month), day) and year:
            yield found.span()


def _days_of_months(low: str, text: str, days: list[Day]) -> Iterator[tuple[int, int]]:
    any_month = False
    for month in _MONTHS:
        at = low.find(month)
        while at >= 0:
            any_month = True
            found = _MONTH_FIRST.match(low, at) if at == 0 or not low[at - 1].isalnum() else None
            if found and (not found["month"] or _add_days(days, found)):
                yield found.span()
            at = low.find(month, at + 3)
    for found in _DAY_FIRST.finditer(low) if any_month else ():
        # "all 16 may attend": a verb, unless its capital, a year or an "of" says otherwise
        is_verb = found["month"] in _VERBS and text[found.start("month")].islower()
        if is_verb and not found["year"] and found["of"] != " of ":
            continue
        if _add_days(days, found):
            yield found.span()


def _add_days(days: list[Day], found: re.Match[str]) -> bool:
    month = _MONTHS.index(found["month"][:3]) + 1
    if found["until"]:
        _add_day(days, found["year"], month, found["until"])
    return _add_day(days, found["year"], month, found["day"])


def _add_day(days: list[Day], year: str | None, month: int, day: str) -> bool:
    number = int(day.rstrip("sthndr"))
    fits = 1 <= month <= 12 and 1 <= number <= 31
    if fits:
        days.append(Day(int(year) if year else None, month, number))
    return fits


def _named_hours(low: str, hours: list[Hour]) -> Iterator[tuple[int, int]]:
    for found in _NAMED_TIME.finditer(low):
        hours.append(Hour(0 if found[1] == "midnight" else 12, 0, None))
        yield found.span()


def _hours(low: str, hours: list[Hour]) -> Iterator[tuple[int, int]]:
    for found in _TIME.finditer(low):
        hour, minute = int(found["hour"]), int(found["minute"] or found["dotted"] or 0)
        if not (found["colon"] or found["half"] or found["clock"]) or hour > 24 or minute > 59:
            continue
        if found["half"] and hour <= 12:
            hour = hour % 12 + (12 if found["half"] == "p" else 0)
        second = int(found["second"]) if found["second"] else None
        exact = found["half"] or found["second"] or found["colon"] == "h" or found["hour"][0] == "0"
        hours.append(Hour(hour % 24, minute, second, not exact and 1 <= hour <= 12))
        yield found.span()


# --- numbers ----------------------------------------------------------------------------------------------

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
IN_WORDS = (*_ONES, *(ten if not one else f"{ten}-{_ONES[one]}" for ten in _TENS for one in range(10)))
_VALUES = {word: value for value, word in enumerate(IN_WORDS)}
_LETTER = "a-z_\u00df-\u024f"
_SYMBOL = "$€£¥₹₩₽₺₫฿"
_CODE = "usd|eur|gbp|chf|jpy|cad|aud|nzd|inr|cny|mxn|brl|sek|nok|dkk|pln|czk"
_NAME = rf"(?:us |american )?(?:dollars?|bucks?|euros?|pounds?|francs?|yen|rupees?|{_CODE})"
CURRENCY = re.compile(rf"[{_SYMBOL}]|{_NAME}")
_WORD = "|".join([*_TENS, *reversed(_ONES)])  # "seventy" before "seven"
_BIG = "hundred|thousand|million|billion"
_SCALES = {
    **dict.fromkeys(("k", "thousand"), 1_000),
    **dict.fromkeys(("m", "mn", "million"), 1_000_000),
    **dict.fromkeys(("b", "bn", "billion"), 1_000_000_000),
}
_LONGEST = 24  # more digits are a card number and the like, and would leave Decimal's precision

_NUMERAL = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)?|[0-9]+(?:[.,'][0-9]+)*")
_SPELLED = re.compile(
    rf"(?<![{_LETTER}0-9-])(?P<words>(?>(?:{_WORD})(?:[ -](?:{_WORD}|(?:{_BIG})(?: and)?)(?![{_LETTER}]))*))"
    rf"(?![{_LETTER}0-9]|-(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)\b| and a half"
    rf"| point (?:{_WORD}))"
)
_BEFORE = re.compile(
    rf"(?P<minus>(?:minus|negative) |-)?"
    rf"(?P<currency>(?<![{_LETTER}])(?:{_CODE}) ?|[{_LETTER}]{{0,3}}[{_SYMBOL}] ?)?(?P<inner>-)?\Z"
)
_PREFIX_WORDS = frozenset(["minus", "negative", *_CODE.split("|")])
_AFTER = re.compile(
    rf"(?P<glued>[{_LETTER}]+)?(?:[ -]?(?P<scale>{_BIG})\b)?"
    rf"(?:[ -]?(?:(?P<percent>%|per ?cent\b|pct\b)|(?P<cents>¢|cents?\b|pence\b)"
    rf"|(?P<currency>[{_SYMBOL}](?![0-9])|{_NAME}\b)"
    r"(?:,? (?:and )?(?P<small>[0-9]{1,2}) (?:cents?|pence)\b)?))?"
    r"(?:-(?P<dashed>[^\W_]+))?"
)
_GLUE = re.compile(rf"[{_LETTER}0-9\u2044]")
_WORDLIKE = re.compile(r"[^\W\d_]?[^\W\d_A-Z]{2,}(?![\w])")
_GROUPED = re.compile(r"[0-9]{1,3}(?P<by>[,.' ])[0-9]{3}(?:(?P=by)[0-9]{3})*(?:(?P<point>[.,])[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a message, in numerals or words."""

    start: int
    """Where it begins in `Calendar.rest`, sign and currency included."""
    end: int
    """Where its digits or its word end."""
    value: Decimal
    amount: Decimal
    """The same, but for cents."""
    unscaled: Decimal
    """The same, but for a "k" or "m", which may be a unit."""
    is_id: bool
    """Other letters hang on it: an id or an ordinal, unless they are its unit."""
    currency: bool
    percent: bool
    aside: bool
    """An amount in parentheses of its own, "($20)": perhaps negative."""


@lru_cache(maxsize=_REMEMBERED)
def numerals(text: str) -> tuple[Number, ...]:
    """Read the numbers of a message that are written in digits, dates and times left out."""
    seen = calendar(text)
    numbers = (_number(seen, found.start(), found.end()) for found in _NUMERAL.finditer(seen.rest))
    return tuple(number for number in numbers if number)


@lru_cache(maxsize=_REMEMBERED)
def spelled(text: str) -> tuple[Number, ...]:
    """Read the numbers of a message that are written in words, up to ninety-nine."""
    seen = calendar(text)
    numbers = (_number(seen, found.start(), found.end()) for found in _SPELLED.finditer(seen.rest))
    return tuple(number for number in numbers if number)


def _number(seen: Calendar, start: int, end: int) -> Number | None:
    rest = seen.rest
    written = rest[start:end]
    in_words = written[0].isalpha()
    if rest[start - 1 : start] == "." and written.isdigit() and (start == 1 or rest[start - 2] in " -($€£"):
        start, written = start - 1, f"0.{written}"
    if start > 1 and rest[start - 1] == "-" and _GLUE.match(rest, start - 2):
        return None
    before = _BEFORE.search(rest, _window(rest, start), start)
    after = _AFTER.match(rest, end)
    if not before or not after:
        return None
    begin, minus, glued, dashed = before.start(), before["minus"], after["glued"] or "", after["dashed"] or ""
    if begin and _GLUE.match(rest, begin - 1):
        if minus != "-" or not before["currency"]:
            return None
        minus = ""  # the dash of "$20-$30"
    if after["scale"] == "hundred" or dashed[:1].isdigit() or rest[after.end() : after.end() + 1] == "\u2044":
        return None
    currency = bool(before["currency"] or after["currency"] or CURRENCY.fullmatch(glued))
    scale = _SCALES.get(after["scale"] or glued)
    value = _value(written, may_group=currency and not scale)
    if value is None:
        return None
    if (minus or "") != (before["inner"] or ""):
        value = -value
    unscaled, value = value, value * (scale or 1)
    if after["small"]:
        value += Decimal(after["small"]).scaleb(-2).copy_sign(value)
    percent = bool(after["percent"]) or glued == "percent"
    is_id = bool(glued) and not (scale or currency or percent)
    if dashed and not currency:  # "3-night" is 3, "1250-AC" and "two-factor" are no numbers of their own
        is_id = is_id or in_words or not _WORDLIKE.match(seen.text, after.start("dashed"))
    return Number(
        start=begin,
        end=end,
        value=value,
        amount=value.scaleb(-2) if after["cents"] and not currency else value,
        unscaled=unscaled,
        is_id=is_id,
        currency=currency,
        percent=percent,
        aside=bool(before["currency"]) and rest[begin - 1 : begin] == "(" and rest[end : end + 1] == ")",
    )


def _window(rest: str, start: int) -> int:
    """Return where a sign and currency before `start` can begin: in its own word or a sign's before it."""
    space = rest.rfind(" ", 0, start)
    word = rest[rest.rfind(" ", 0, max(space, 0)) + 1 : max(space, 0)]
    if word in _PREFIX_WORDS or word[-1:] in _SYMBOL:
        return max(0, start - 16)
    return max(space + 1, start - 16)


def _value(written: str, *, may_group: bool) -> Decimal | None:
    """Return the value of digits with separators, None where they are an id, a version or a list.

    "0.250" is a fraction of one; `may_group` makes 1250 of "1.250", as money has no third decimal.
    """
    if written[0].isalpha():
        known = _VALUES.get(written.replace(" ", "-"))
        return None if known is None else Decimal(known)
    if len(written) > _LONGEST:
        return None
    if written.isdigit():
        return Decimal(written)
    grouped = _GROUPED.fullmatch(written)
    if grouped and written[0] != "0" and grouped["by"] != grouped["point"]:
        by = grouped["by"]
        if by != "." or may_group or grouped["point"] or written.count(".") > 1:
            return Decimal(written.replace(by, "").replace(",", "."))
    if written.count(",") + written.count(".") == 1 and "'" not in written and " " not in written:
        return Decimal(written.replace(",", "."))
    return None
