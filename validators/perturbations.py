"""Perturbations of a tool call: other ids, amounts, dates and choices, one or two at a time.

Texts are exchanged for others of the same column of the database, or of the same parameter in other tasks. So a perturbed call
is about another caller, another row, another state of things.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolscale.database.lockdown import FILL_TICKS
from toolscale.environment.environment import Environment
from toolscale.environment.tools import Tool

Arguments = Mapping[str, Any]
Column = tuple[str, str]  # a table's name, a column's name
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(.*)", re.DOTALL)
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")
_DAYS = (-1, 1, -7, 7, -30, 30, -90, 90, -400, 400, -40_000, 40_000)
_TIMES = ("00:00", "06:00", "12:00", "18:00", "23:59")
_AMOUNTS = (0, 0.01, 1, -1, 2, 3, 5, 10, 50, 100, 500, 1000, 10_000, 10**6, 10**9)
_ALPHABETS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_NEXT = str.maketrans("".join(_ALPHABETS), "".join(letters[1:] + letters[0] for letters in _ALPHABETS))
_LOOKED_AT = 20
_MOST_JOINED = 5000
_FOLLOWERS = 4


class Pool:
    """The values that a database and the calls of a rehearsal offer for each parameter."""

    def __init__(self, environment: Environment, calls: Mapping[str, Sequence[Arguments]]) -> None:
        self._environment = environment
        self._tables = environment.compiled.tables
        self._keys = {t.columns[t.key[0]] for t in self._tables.values() if len(t.key) == 1}
        self._today = dt.date.fromisoformat(environment.domain.about.clock[:10])
        self._held: dict[Column, list[str]] = {}
        self._holding: dict[str, list[Column]] = {}
        for table in self._tables.values():
            for column in table.columns:
                query = f'SELECT DISTINCT "{column}" FROM "{table.name}" WHERE typeof("{column}") = \'text\''  # noqa: S608
                values = sorted(value for (value,) in self._select(query))
                self._held[table.name, column] = values
                for value in values:
                    self._holding.setdefault(value, []).append((table.name, column))
        callers = environment.domain.about.caller.table
        self._samples = [values[0] for (table, _), values in self._held.items() if table == callers and values]
        self._used: dict[str, list[Any]] = {}
        for arguments in itertools.chain.from_iterable(calls.values()):
            for path, value in _scalars(arguments):
                values = self._used.setdefault(path, [])
                if value not in values:
                    values.append(value)
        self._offered: dict[str, list[Any]] = {}
        self._pairs: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
        self._beside: dict[str, list[str]] = {}

    def of(self, path: str) -> list[Any]:
        """Return what else the parameter at `path` may hold: its values in other calls, then those of its columns."""
        if path not in self._offered:
            held = [value for column in self._columns(path) for value in self._held[column]]
            self._offered[path] = list(dict.fromkeys([*self._used.get(path, []), *held]))
        return self._offered[path]

    def pairs(self, first: str, second: str) -> list[tuple[Any, Any]]:
        """Return values of two parameters that belong together: from one row, or from two rows that share a third value."""
        if (first, second) not in self._pairs:
            pairs: dict[tuple[Any, Any], None] = {}
            for query in sorted(self._joins(first, second), key=len):  # the rows before the joins
                pairs |= dict.fromkeys(self._select(query))
            self._pairs[first, second] = list(pairs)
        return self._pairs[first, second]

    def beside(self, value: Any) -> list[str]:
        """Return the keys of rows that share an owner, a line, a day with the row whose key a value is."""
        if not isinstance(value, str):
            return []
        if value not in self._beside:
            found: dict[str, None] = {}
            for table, key in filter(self._is_key, self._holding.get(value, ())):
                for shared in sorted({*self._tables[table].columns} & self._keys - {key}):
                    same = f'"{shared}" = (SELECT "{shared}" FROM "{table}" WHERE "{key}" = :it)'  # noqa: S608
                    query = f'SELECT "{key}" FROM "{table}" WHERE {same} AND "{key}" <> :it ORDER BY 1'  # noqa: S608
                    found |= dict.fromkeys(other for (other,) in self._select(query, it=value))
            self._beside[value] = list(found)
        return self._beside[value]

    def _joins(self, first: str, second: str) -> Iterator[str]:
        """Yield queries for values of two parameters: of one row, and of two rows of which they are the keys."""
        for (left, x), (right, y) in itertools.product(self._columns(first), self._columns(second)):
            if left == right and x != y:
                yield f'SELECT "{x}" AS one, "{y}" AS two FROM "{left}" ORDER BY 1, 2'  # noqa: S608
            elif self._is_key((left, x)) and self._is_key((right, y)):
                rows = f'SELECT a."{x}" AS one, b."{y}" AS two, row_number() OVER (ORDER BY a."{x}", b."{y}") AS place'
                both = f'count(*) OVER () AS many FROM "{left}" AS a JOIN "{right}" AS b'
                for shared in sorted({*self._tables[left].columns} & {*self._tables[right].columns} & self._keys):
                    joined = f'{rows}, {both} ON a."{shared}" = b."{shared}" WHERE a."{x}" <> b."{y}"'
                    yield f"SELECT one, two FROM ({joined}) WHERE place % (1 + many / {_MOST_JOINED}) = 0 ORDER BY place"  # noqa: S608

    def others(self, value: Any, schema: Any, path: str, most: int) -> Iterator[Any]:
        """Yield other values for the one at `path`, of those that the pool offers `most`; some may not fit the schema."""
        schema = schema if isinstance(schema, dict) else {}
        if "enum" in schema:
            yield from (choice for choice in schema["enum"] if choice != value)
            return
        if "default" in schema and value != schema["default"]:
            yield schema["default"]
        if isinstance(value, bool):
            yield not value
        elif isinstance(value, int | float):
            yield from (schema[word] for word in ("minimum", "maximum") if word in schema)
            yield from (value + 1, value - 1, value * 2, value * 10, *_AMOUNTS)
        elif isinstance(value, str):
            yield from self._texts(value)
        elif isinstance(value, list):
            yield from self._lists(value, schema, path, most)
        elif isinstance(value, dict):
            for key, item in value.items():
                for other in self.others(item, schema.get("properties", {}).get(key), f"{path}.{key}", most):
                    yield {**value, key: other}
        if not isinstance(value, list | dict):
            yield from (other for other in spread(self.of(path), most) if other != value)

    def _texts(self, value: str) -> Iterator[str]:
        date = _DATE.fullmatch(value)
        if date is not None:
            for start in dict.fromkeys((date[1], str(self._today))):
                for days in (0, *_DAYS):
                    yield _moved(start, days) + date[2]
        elif _TIME.fullmatch(value):
            yield from (time + value[5:] for time in _TIMES)
        yield value.translate(_NEXT)  # of the same shape, and most likely unknown
        yield value[:-1]
        yield from self._samples

    def _lists(self, value: list[Any], schema: Mapping[str, Any], path: str, most: int) -> Iterator[list[Any]]:
        yield []
        yield value[:-1]
        yield value + value
        if value:
            for other in self.others(value[0], schema.get("items"), f"{path}[]", most):
                yield [other, *value[1:]]
                yield [*value, other]

    def _columns(self, path: str) -> list[Column]:
        """Return the columns that hold a parameter's values, or values that look like them."""
        texts = [value for value in self._used.get(path, ()) if isinstance(value, str) and not _DATE.match(value)]
        columns = dict.fromkeys(column for text in texts for column in self._holding.get(text, ()))
        strangers = {_shape(text) for text in texts if text not in self._holding}
        for column, values in self._held.items():
            if any(_shape(value) in strangers for value in spread(values, _LOOKED_AT)):
                columns[column] = None
        return list(columns)

    def _is_key(self, column: Column) -> bool:
        table = self._tables[column[0]]
        return [table.columns[place] for place in table.key] == [column[1]]

    def _select(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._environment.episode() as episode:
            return [tuple(row.values()) for row in episode.rows(query, values, ticks=FILL_TICKS)]


def one_changed(pool: Pool, tool: Tool, arguments: Arguments, most: int) -> Iterator[Arguments]:
    """Yield the arguments of a call with one value changed, or two made the same."""
    completed = _completed(tool, arguments)
    for name, value in completed.items():
        for other in pool.others(value, tool.format.parameters[name], name, most):
            yield {**arguments, name: other}
    for name, other in itertools.permutations(completed, 2):
        yield {**arguments, name: completed[other]}


def two_changed(pool: Pool, tool: Tool, arguments: Arguments, most: int) -> Iterator[Arguments]:
    """Yield the arguments of a call with two values changed; the fewer there are of one, the more of the other."""
    others = {
        name: list(pool.others(value, tool.format.parameters[name], name, most * most))
        for name, value in _completed(tool, arguments).items()
    }
    for first, second in itertools.permutations(others, 2):
        if len(others[first]) <= len(others[second]) and others[first]:
            ones = spread(others[first], most)
            for one, two in itertools.product(ones, spread(others[second], most * most // len(ones))):
                yield {**arguments, first: one, second: two}


def neighbouring(pool: Pool, tool: Tool, arguments: Arguments, most: int) -> Iterator[Arguments]:
    """Yield the arguments of a call with one id, or two, exchanged for those of rows beside theirs."""
    others = {name: spread(pool.beside(value), most) for name, value in _completed(tool, arguments).items()}
    for name in others:
        yield from ({**arguments, name: other} for other in others[name])
    for first, second in itertools.combinations(others, 2):
        few = math.isqrt(most)
        for one, two in itertools.product(spread(others[first], few), spread(others[second], few)):
            yield {**arguments, first: one, second: two}


def related(pool: Pool, tool: Tool, arguments: Arguments, most: int) -> Iterator[Arguments]:
    """Yield the arguments of a call with two values changed to such as belong together, and a third to fit or to an extreme."""
    names = list(_completed(tool, arguments))
    for first, second in itertools.permutations(names, 2):
        pairs = spread(pool.pairs(first, second), most)
        if first < second:
            yield from ({**arguments, first: one, second: two} for one, two in pairs)
            for third in (name for name in names if name not in (first, second)):
                for extreme in _extremes(tool.format.parameters[third]):
                    yield from ({**arguments, first: one, second: two, third: extreme} for one, two in pairs)
        for third in names if pairs else ():
            if third not in (first, second):
                following: dict[Any, list[Any]] = {}
                for two, three in pool.pairs(second, third):
                    following.setdefault(two, []).append(three)
                for one, two in pairs:
                    for three in spread(following.get(two, []), _FOLLOWERS):
                        yield {**arguments, first: one, second: two, third: three}


def _extremes(schema: Any) -> list[Any]:
    return [schema[word] for word in ("minimum", "maximum") if word in schema] if isinstance(schema, dict) else []


def spread(values: Sequence[Any], most: int) -> Sequence[Any]:
    """Return at most so many of the values, evenly spread."""
    return values[:: max(1, -(-len(values) // most))]


def _completed(tool: Tool, arguments: Arguments) -> dict[str, Any]:
    """Return the arguments with defaults and without free text, on which nothing depends."""
    completed = {**tool.parameters.defaults, **arguments}
    return {name: value for name, value in completed.items() if name not in tool.parameters.free_text}


def _shape(text: str) -> tuple[bool, frozenset[str]]:
    """Return what a new e-mail address has in common with others: whether there are letters, and which signs."""
    return any(map(str.isalpha, text)), frozenset(sign for sign in text if not sign.isalnum())


def _moved(date: str, days: int) -> str:
    try:
        return str(dt.date.fromisoformat(date) + dt.timedelta(days=days))
    except (ValueError, OverflowError):
        return date


def _scalars(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values in a call's arguments by the parameter's path, in which every index is one."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _scalars(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item, f"{path}[]")
    elif value is not None:
        yield path, value
