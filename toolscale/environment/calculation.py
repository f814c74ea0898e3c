"""Exact arithmetic for the `calculate` tool: a tokenizer and a recursive-descent parser over fractions.

    expression = term {("+" | "-") term}
    term       = factor {("*" | "/" | "//" | "%") factor}
    factor     = ("-" | "+") factor | power
    power      = primary ["**" factor]
    primary    = number | "(" expression ")" | function "(" arguments ")"

Precedence is Python's (`-2 ** 2` is -4, `2 ** 3 ** 2` is 512), and so are `//` and `%`, which round towards
minus infinity. Nothing is rounded on the way: `0.1 + 0.2` is 0.3 and `1 / 3 * 3` is 1. `round` takes halves
away from zero, as shops and SQLite do, and not to even, as Python does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, NoReturn

MOST_CHARACTERS = 500
MOST_NESTED = 50
GREATEST = 10**18  # results stay within SQLite's integers
GREATEST_EXPONENT = 1000
FINEST_BITS = 20_000  # of a denominator: enough for 360 monthly interest factors
DECIMALS = 10


class CalculationError(ValueError):
    """The expression has no value; says where, and what was expected there."""


def calculate(expression: str) -> int | float:
    """Return the value: an int where it is whole, else a float of at most 10 decimals.

    Knows + - * / // % ** and parentheses; min, max, sum, avg, abs, floor, ceil, round(x, digits); and
    days_between('2025-01-01', '2025-02-01'), which is 31, and negative where the second date comes first.
    Numbers have no commas. Raises CalculationError for anything else, for a division by zero, and for what is
    too long, too deep or too large to be meant.
    """
    if len(expression) > MOST_CHARACTERS:
        raise CalculationError(f"it has {len(expression)} characters, at most {MOST_CHARACTERS} are allowed")
    parser = _Parser(_tokens(expression))
    value = round(parser.whole(), DECIMALS)
    return value.numerator if value.denominator == 1 else float(value)


_Sort = Literal["number", "name", "string", "sign", "end"]


@dataclass(frozen=True, slots=True)
class _Token:
    sort: _Sort
    text: str
    at: int  # 1-based

    def __str__(self) -> str:
        return "the end" if self.sort == "end" else repr(self.text)


_TOKEN = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<string>'[^'\n]*'|\"[^\"\n]*\")|(?P<sign>\*\*|//|[-+*/%(),])|(?P<unknown>\S)"
)
_SORTS: dict[str | None, _Sort] = {"number": "number", "name": "name", "string": "string", "sign": "sign"}
_HINTS = {
    "^": "write ** for a power",
    "\u00d7": "write *",
    "\u00f7": "write /",
    "\u2212": "write -",
    "[": "write the values without brackets",
}


def _tokens(expression: str) -> list[_Token]:
    tokens: list[_Token] = []
    for found in _TOKEN.finditer(expression):
        if found.lastgroup == "unknown":
            hint = _HINTS.get(found[0], "use numbers, + - * / // % **, parentheses and functions")
            raise CalculationError(f"unexpected {found[0]!r} at character {found.start() + 1}: {hint}")
        tokens.append(_Token(_SORTS[found.lastgroup], found[0], found.start() + 1))
    return [*tokens, _Token("end", "", len(expression) + 1)]


@dataclass(slots=True)
class _Parser:
    tokens: list[_Token]
    position: int = 0
    depth: int = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.token
        self.position += token.sort != "end"
        return token

    def take_sign(self, *signs: str) -> _Token | None:
        return self.take() if self.token.sort == "sign" and self.token.text in signs else None

    def expect(self, what: str) -> NoReturn:
        token = self.token
        before = self.tokens[self.position - 1] if self.position else token
        hint = ""
        if token.text == "," and before.sort == "number":
            hint = ": write a number without commas, 1250 and not 1,250"
        elif token.sort == "name" and before.sort == "number":
            hint = ": write a number without a unit or an exponent"
        raise CalculationError(f"expected {what} at character {token.at}, found {token}{hint}")

    def whole(self) -> Fraction:
        value = self.expression()
        if self.token.sort != "end":
            self.expect("an operator or the end")
        return value

    def expression(self) -> Fraction:
        value = self.term()
        while sign := self.take_sign("+", "-"):
            right = self.term()
            value = _bounded(value + right if sign.text == "+" else value - right, sign)
        return value

    def term(self) -> Fraction:
        value = self.factor()
        while sign := self.take_sign("*", "/", "//", "%"):
            value = _bounded(_product(value, sign, self.factor()), sign)
        return value

    def factor(self) -> Fraction:
        self.depth += 1
        if self.depth > MOST_NESTED:
            raise CalculationError(f"nested more than {MOST_NESTED} deep at character {self.token.at}")
        sign = self.take_sign("-", "+")
        value = self.factor() if sign else self.power()
        self.depth -= 1
        return -value if sign and sign.text == "-" else value

    def power(self) -> Fraction:
        base = self.primary()
        sign = self.take_sign("**")
        return _bounded(_power(base, sign, self.factor()), sign) if sign else base

    def primary(self) -> Fraction:
        token = self.token
        if token.sort == "number":
            return _bounded(Fraction(self.take().text), token)
        if token.sort == "name":
            return self.call(self.take())
        if not self.take_sign("("):
            self.expect("a number, a function or '('")
        value = self.expression()
        if not self.take_sign(")"):
            self.expect("an operator or ')'")
        return value

    def call(self, name: _Token) -> Fraction:
        if name.text != "days_between" and name.text not in _FUNCTIONS:
            known = ", ".join(sorted([*_FUNCTIONS, "days_between"]))
            raise CalculationError(f"unknown name {name.text!r} at character {name.at}: known are {known}")
        if not self.take_sign("("):
            self.expect(f"'(' after {name.text}")
        if name.text == "days_between":
            first = self.day()
            if not self.take_sign(","):
                self.expect("',' and a second date")
            value = Fraction((self.day() - first).days)
            if not self.take_sign(")"):
                self.expect("')'")
            return value
        arguments = [self.expression()]
        while self.take_sign(","):
            arguments.append(self.expression())
        if not self.take_sign(")"):
            self.expect("an operator, ',' or ')'")
        most, function = _FUNCTIONS[name.text]
        if len(arguments) > most:
            takes = f"{most} values" if most > 1 else "1 value"
            raise CalculationError(f"{name.text} at character {name.at} takes {takes}, found {len(arguments)}")
        return _bounded(function(arguments, name), name)

    def day(self) -> date:
        if self.token.sort != "string":
            self.expect("a date in quotes such as '2025-06-16'")
        token = self.take()
        written = token.text[1:-1].strip()
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:.]*)?", written):
                raise ValueError
            return date.fromisoformat(written[:10])
        except ValueError:
            raise CalculationError(
                f"expected a date such as '2025-06-16' at character {token.at}, found {token.text}"
            ) from None


def _bounded(value: Fraction, token: _Token) -> Fraction:
    if abs(value) > GREATEST:
        raise CalculationError(f"the value at character {token.at} is beyond {GREATEST:.0e}")
    if value.denominator.bit_length() > FINEST_BITS:
        raise CalculationError(f"the value at character {token.at} has too many decimals: round it first")
    return value


def _product(left: Fraction, sign: _Token, right: Fraction) -> Fraction:
    if sign.text == "*":
        return left * right
    if right == 0:
        raise CalculationError(f"division by zero at character {sign.at}")
    if sign.text == "/":
        return left / right
    return Fraction(left // right) if sign.text == "//" else left % right


def _power(base: Fraction, sign: _Token, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1 or abs(exponent) > GREATEST_EXPONENT:
        raise CalculationError(
            f"expected a whole exponent, at most {GREATEST_EXPONENT} either way, after character {sign.at}"
        )
    if base == 0 and exponent < 0:
        raise CalculationError(f"division by zero at character {sign.at}")
    # the size of the result is known beforehand; a power that is not bounded must not be computed first
    bits = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1
    if bits * abs(exponent) > 2 * FINEST_BITS:
        raise CalculationError(f"the power at character {sign.at} is too large or fine: round its base")
    return Fraction(base**exponent.numerator)


def _round(arguments: list[Fraction], name: _Token) -> Fraction:
    digits = arguments[1] if len(arguments) > 1 else Fraction(0)
    if digits.denominator != 1 or abs(digits) > DECIMALS:
        raise CalculationError(
            f"round at character {name.at} takes a whole number of digits from -{DECIMALS} to {DECIMALS}"
        )
    scale = Fraction(10) ** digits.numerator
    away = math.floor(abs(arguments[0]) * scale + Fraction(1, 2)) / scale
    return away if arguments[0] >= 0 else -away


def _total(values: list[Fraction], name: _Token) -> Fraction:
    total = Fraction(0)
    for value in values:
        total = _bounded(total + value, name)
    return total


_MANY = MOST_CHARACTERS
_FUNCTIONS: dict[str, tuple[int, Callable[[list[Fraction], _Token], Fraction]]] = {
    "abs": (1, lambda values, _: abs(values[0])),
    "avg": (_MANY, lambda values, name: _total(values, name) / len(values)),
    "ceil": (1, lambda values, _: Fraction(math.ceil(values[0]))),
    "floor": (1, lambda values, _: Fraction(math.floor(values[0]))),
    "max": (_MANY, lambda values, _: max(values)),
    "min": (_MANY, lambda values, _: min(values)),
    "round": (2, _round),
    "sum": (_MANY, _total),
}
