"""Where each argument of a reference call comes from: the user, an earlier result, the policy or the clock."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from toolscale.environment.builtin import CALCULATE
from toolscale.environment.tools import Tool
from toolscale.task import Fact

_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?!\w)")
_PLAIN_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?!\w)")  # in an expression a comma separates
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ARITHMETIC_CONSTANTS = frozenset([0, 1, 2, 7, 12, 24, 30, 60, 100, 365])
_SHORTEST_QUOTE = 3
_PART = re.compile(r"[^.\[\]]+|\[\d+\]")


class Sources:
    """All that an agent may know at one point of the episode, and how it came to know it.

    What the user said comes before what was read, what was read last before what was read earlier, and the policy last.
    """

    def __init__(self, *, policy: str, clock: str) -> None:
        self._scalars: dict[Any, str] = {}
        self._texts: list[tuple[str, str]] = []
        self._numbers: dict[float, str] = {}
        self._today = dt.date.fromisoformat(clock[:10])
        self._add_text(policy, "policy")
        self._add(clock, "clock")
        self._add(clock[:10], "clock")

    def user_says(self, facts: Iterable[Fact]) -> None:
        """Add what the user can tell."""
        for fact in facts:
            self._add(fact.value, f"user: {fact.about}")

    def tool_returns(self, call: int, value: Any) -> None:
        """Add the result of the reference's call number `call` (from 0)."""
        for path, leaf in leaves(value):
            self._add(leaf, f"result {call}: {path}" if path else f"result {call}")

    def of_call(self, tool: Tool, completed: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
        """Return the source of each argument, and the names of those that come from nowhere.

        Free text is the agent's own; a value that is the parameter's default or only choice needs no source.
        """
        found: dict[str, str] = {}
        missing: list[str] = []
        for name, value in completed.items():
            if name in tool.parameters.free_text:
                continue
            schema = tool.format.parameters[name]
            if "default" in schema and schema["default"] == value:
                continue
            source = self._of_expression(str(value)) if tool.name == CALCULATE else self._of_value(value)
            if source is None and schema.get("enum") == [value]:
                source = "schema"
            if source is None:
                missing.append(name)
            else:
                found[name] = source
        return found, missing

    def _add(self, value: Any, source: str) -> None:
        if value is None:
            return
        if isinstance(value, list):
            for item in value:
                self._add(item, source)
            return
        self._enter(self._scalars, _normal(value), source)
        if isinstance(value, str):
            self._add_text(value, source)

    def _add_text(self, text: str, source: str) -> None:
        self._texts.append((text.casefold(), source))
        for match in _NUMBER.finditer(text):
            self._enter(self._numbers, float(match[0].replace(",", "")), source)

    def _enter(self, sources: dict[Any, str], value: Any, source: str) -> None:
        if source.startswith("result ") and sources.get(value, "").startswith(("user: ", "clock")):
            return
        sources[value] = source

    def _of_value(self, value: Any) -> str | None:
        if isinstance(value, list | dict):
            parts = [self._of_value(leaf) for _, leaf in leaves(value)]
            known = [part for part in parts if part is not None]
            return "; ".join(dict.fromkeys(known)) if len(known) == len(parts) else None
        source = self._scalars.get(_normal(value))
        if source is not None:
            return source
        if isinstance(value, bool):
            return self._scalars.get("yes" if value else "no")
        if isinstance(value, int | float):
            return self._numbers.get(_normal(value))
        if isinstance(value, str):
            return self._of_text(value)
        return None

    def _of_text(self, value: str) -> str | None:
        if _DATE.fullmatch(value[:10]) and (source := self._of_date(value[:10])):
            return source
        needle = value.casefold().replace("_", " ")
        if len(needle) < _SHORTEST_QUOTE:
            return None
        whole = re.compile(rf"(?<!\w){re.escape(needle)}(?!\w)")
        found = None
        for text, source in reversed(self._texts):
            if needle in text.replace("_", " ") and whole.search(text.replace("_", " ")):
                if source.startswith("user: "):
                    return source
                found = found or source
        return found

    def _of_date(self, text: str) -> str | None:
        """A date is known too if it is a stated number of days from today: "the last 30 days"."""
        try:
            days = abs((dt.date.fromisoformat(text) - self._today).days)
        except ValueError:
            return None
        if days <= 1:
            return "clock"
        source = self._numbers.get(float(days))
        return f"clock and {source}" if source else None

    def _of_expression(self, expression: str) -> str | None:
        sources = []
        dates = _DATE.findall(expression)
        for date in dates:
            sources.append(self._of_value(date))
        for match in _PLAIN_NUMBER.finditer(_DATE.sub("", expression)):
            number = float(match[0])
            known = (self._scalars.get(number), self._scalars.get(-number), self._numbers.get(number))
            source = next((s for s in (*known, self._numbers.get(round(number * 100, 9))) if s is not None), None)
            if source is None and number in _ARITHMETIC_CONSTANTS:
                source = "arithmetic"
            sources.append(source)
        found = [source for source in sources if source is not None]
        return "; ".join(dict.fromkeys(found)) if found and len(found) == len(sources) else None


def joins(sources: Sequence[dict[str, str]]) -> int:
    """Return how many arguments take a value from an earlier result."""
    return sum(1 for call in sources for source in call.values() if "result " in source)


def _normal(value: Any) -> Any:
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:  # a model may write any number of digits
            return value
    return value.casefold() if isinstance(value, str) else value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each scalar of a parsed result with its path, such as `[0].account_id`."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    elif value is not None:
        yield path, value


def values_at(value: Any, path: str, *, any_row: bool = False) -> list[Any]:
    """Return the value at a path of `leaves`, in a list that is empty if there is none; or those of any row on the way."""
    found = [value]
    for part in _PART.findall(path):
        if part.startswith("["):
            index = int(part[1:-1])
            lists = [item for item in found if isinstance(item, list)]
            found = [row for item in lists for row in (item if any_row else item[index : index + 1])]
        else:
            found = [item[part] for item in found if isinstance(item, dict) and part in item]
    return found
