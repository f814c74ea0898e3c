"""Recall: a read that was made before on the same rows is not made again, so that the variants of one trajectory cost less.

A table's version names the whole history of writes that made it what it is; so does that of the calls of the episode, which
policy predicates read. What a tool reads is recalled by tool, arguments and the versions of the tables that SQLite's
authorizer saw it read; let rows, requirements and predicates by query, bound values and versions. Effects always run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from toolscale.database.content import Table
from toolscale.database.lockdown import Locked
from toolscale.environment.compiled import CompiledDomain
from toolscale.environment.episode import CALLS, Episode
from toolscale.environment.tools import RowQuery, Tool

_MOST = 20_000
_PRISTINE = 0
_UNKNOWN: Any = object()


class Recall:
    """What reads on one environment came to. Bounded: it forgets everything when it is full."""

    def __init__(self, compiled: CompiledDomain) -> None:
        self.results: dict[Hashable, Any] = {}
        self._versions: dict[Hashable, int] = {}
        self._next = itertools.count(_PRISTINE + 1)  # never used twice, even after forgetting
        self.read_by = {name: tuple(sorted(tool.reads)) for name, tool in compiled.tools.items()}
        self.changed_by = {name: _changed(tool.writes, compiled.tables) for name, tool in compiled.tools.items()}

    def keep(self, key: Hashable, result: Any) -> None:
        """Remember a result, after forgetting everything if there are too many."""
        if len(self.results) >= _MOST:
            self.results.clear()
            self._versions.clear()
        self.results[key] = result

    def version_after(self, history: Hashable) -> int:
        """Return the one version that a history of writes leads to."""
        known = self._versions.get(history)
        if known is None:
            known = self._versions[history] = next(self._next)
        return known


class RecallingEpisode(Episode):
    """An episode that recalls reads from others of its kind. For many variants of a trajectory, never to prove one."""

    def __init__(
        self, compiled: CompiledDomain, locked: Locked, give_back: Callable[[Locked], None], recall: Recall
    ) -> None:
        super().__init__(compiled, locked, give_back)
        self._recall = recall
        self._state = _PRISTINE
        self._versions: dict[str, int] = {}

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Go on from here inside the block, and come back to this very point after it; branches may be nested."""
        state, versions = self._state, dict(self._versions)
        with super().branch():
            yield
        self._state, self._versions = state, versions

    def _read(self, tool: Tool, arguments: str, values: dict[str, Any]) -> tuple[str, Any]:
        key = (
            tool.name,
            arguments,
            tuple([self._versions.get(table, _PRISTINE) for table in self._recall.read_by[tool.name]]),
        )
        known = self._recall.results.get(key)
        if known is None:
            known = super()._read(tool, arguments, values)
            self._recall.keep(key, known)
        return known

    def _write(self, tool: Tool, arguments: str, values: dict[str, Any]) -> tuple[str, Any]:
        made = super()._write(tool, arguments, values)
        ids = tuple([values[name] for name in tool.format.ids])
        self._state = self._recall.version_after((self._state, tool.name, arguments, ids))
        self._versions.update(dict.fromkeys(self._recall.changed_by[tool.name], self._state))
        return made

    def _row(self, query: RowQuery, values: dict[str, Any]) -> Sequence[Any] | None:
        taken = [values[name] for name in query.takes]
        versions = [self._versions.get(table, _PRISTINE) for table in query.reads]
        key = (
            query.sql,
            *taken,
            *map(type, taken),
            *versions,
        )  # 5 and 5.0 are equal, and not the same to SQL's division
        row: Sequence[Any] | None = self._recall.results.get(key, _UNKNOWN)
        if row is _UNKNOWN:
            row = super()._row(query, values)
            self._recall.keep(key, row)
        return row

    def _log(self, tool: Tool, arguments: str, result: str) -> None:
        super()._log(tool, arguments, result)
        before = self._versions.get(CALLS, _PRISTINE)
        self._versions[CALLS] = self._recall.version_after((before, tool.name, arguments, result))


def _changed(written: frozenset[str], tables: dict[str, Table]) -> frozenset[str]:
    """Return the tables that change when these are written: the same, and those whose foreign keys act."""
    found = written
    while more := frozenset(name for name, table in tables.items() if table.follows & found) - found:
        found |= more
    return found
