"""Jinja for plugin authors: sandboxed, strict about names, bounded, and free of anything that varies between runs."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import jinja2
import jinja2.meta
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MOST_CHARACTERS = 20_000
_MOST_ITERATIONS = 1_000
_EXPRESSION = re.compile(r"^\s*\{\{((?:(?!\}\}|\{\{).)*)\}\}\s*$", re.DOTALL)
_TIME = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)")
_UNBOUNDED_METHODS = frozenset(["center", "ljust", "rjust", "zfill", "format", "format_map", "expandtabs"])
_UNBOUNDED_FILTERS = ("center", "format", "indent", "random", "pprint", "xmlattr", "urlize", "filesizeformat")


class TemplateFault(Exception):
    """A template does not render; the message says why."""


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset(["*", "**", "%"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers or (operator == "**" and (abs(left) > 1e6 or abs(right) > 32)):
            raise SecurityError(f"'{operator}' is for numbers of ordinary size")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str) and attr in _UNBOUNDED_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)


def money(amount: float, symbol: str = "$") -> str:
    """Write an amount as a person would: $1,250.00, -$20.00."""
    return f"{'-' if amount < 0 else ''}{symbol}{abs(amount):,.2f}"


def day(text: str) -> str:
    """Write a date (or the date of a moment) as June 16, 2025."""
    date = dt.date.fromisoformat(text[:10])
    return f"{date:%B} {date.day}, {date.year}"


def clock_time(text: str) -> str:
    """Return the time of day in a time or a moment as 14:30. Raises ValueError if there is none."""
    match = _TIME.search(text)
    if match is None:
        raise ValueError(f"{text!r} holds no time such as 14:30")
    return f"{int(match[1]):02d}:{match[2]}"


def hour(text: str) -> str:
    """Write a time (or the time of a moment) as 2:30 pm."""
    hours, minutes = clock_time(text).split(":")
    return f"{(int(hours) - 1) % 12 + 1}:{minutes} {'am' if int(hours) < 12 else 'pm'}"


def and_list(items: list[str]) -> str:
    """Join as a person would: a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def capfirst(text: str) -> str:
    """Capitalise the first letter and leave the rest."""
    return text[:1].upper() + text[1:]


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > _MOST_ITERATIONS:
        raise SecurityError(f"range of more than {_MOST_ITERATIONS}")
    return numbers


class Templates:
    """Renders the templates of one domain."""

    def __init__(self, *, symbol: str = "$", clock: str = "") -> None:
        self._environment = _Sandbox(undefined=jinja2.StrictUndefined, autoescape=False)
        filters = self._environment.filters
        for name in _UNBOUNDED_FILTERS:
            del filters[name]
        filters |= {
            "money": functools.partial(money, symbol=symbol), "day": day, "hour": hour, "and_list": and_list,
            "capfirst": capfirst,
        }  # fmt: skip
        self._environment.globals = {"range": _range, "dict": dict, "now": clock, "today": clock[:10]}
        self._text = functools.lru_cache(maxsize=8192)(self._environment.from_string)
        self._expression: Callable[[str], Any] = functools.lru_cache(maxsize=8192)(
            functools.partial(self._environment.compile_expression, undefined_to_none=False)
        )

    def text(self, template: str, values: dict[str, Any]) -> str:
        """Render to text. Raises TemplateFault."""
        if "{" not in template:
            return template
        try:
            pieces, size = [], 0
            for piece in self._text(template).generate(values):
                size += len(piece)
                if size > _MOST_CHARACTERS:
                    raise TemplateFault(f"more than {_MOST_CHARACTERS} characters of output")
                pieces.append(piece)
            return "".join(pieces)
        except TemplateFault:
            raise
        except Exception as error:  # whatever an author's expression may raise
            raise TemplateFault(f"{error} in {template!r}") from None

    def value(self, template: Any, values: dict[str, Any]) -> Any:
        """Render a template, or every template in lists and mappings; one lone expression keeps its type.

        Raises TemplateFault, also for an expression that gives no JSON value.
        """
        if isinstance(template, dict):
            return {key: self.value(item, values) for key, item in template.items()}
        if isinstance(template, list):
            return [self.value(item, values) for item in template]
        if not isinstance(template, str) or "{" not in template:
            return template
        match = _EXPRESSION.match(template)
        if match is None:
            return self.text(template, values)
        try:
            result = self._expression(match[1].strip())(**values)
            if not isinstance(result, jinja2.Undefined):
                return _settled(result)
        except Exception as error:  # whatever an author's expression may raise
            raise TemplateFault(f"{error} in {template!r}") from None
        raise TemplateFault(f"undefined in {template!r}: {result._undefined_message}")

    def names(self, template: Any) -> frozenset[str]:
        """Return the variables that a template reads."""
        if isinstance(template, dict):
            template = list(template.values())
        if isinstance(template, list):
            return frozenset().union(*(self.names(item) for item in template))
        if not isinstance(template, str) or "{" not in template:
            return frozenset()
        try:
            tree = self._environment.parse(template)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateFault(f"{error} in {template!r}") from None
        return frozenset(jinja2.meta.find_undeclared_variables(tree))


def _settled(value: Any) -> Any:
    """Return a JSON value, with what filters and methods return as lists, so that it can be used twice.

    Raises TypeError for what is no JSON value, such as a function.
    """
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _settled(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, dict):
        return [_settled(item) for item in value]
    raise TypeError(f"{value!r:.100} is no JSON value")
