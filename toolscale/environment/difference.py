"""The state difference: which rows an episode changed, in one canonical form.

SQLite's pre-update hook reports each row as it changes (the session extension is built on the same hook, but reads each
changed row again for every changeset). Rolling back is not reported: who rolls back restores the rows noted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import apsw

from toolscale.canonical import canonical_json
from toolscale.database.content import Table

Key = tuple[Any, ...]
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that was inserted, updated or deleted; `before` and `after` hold the compared columns that differ."""

    table: str
    key: Key
    operation: str
    before: dict[str, Any]
    after: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the change as plain JSON values."""
        return {
            "table": self.table,
            "key": list(self.key),
            "operation": self.operation,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class StateDifference:
    """All changed rows, sorted by table and key. Columns of free text are left out, their rows are not."""

    changes: tuple[RowChange, ...]

    @property
    def canonical(self) -> str:
        """The one text that equal differences share."""
        return canonical_json([change.as_json() for change in self.changes])

    @property
    def touched(self) -> frozenset[tuple[str, Key]]:
        """The (table, key) of every changed row."""
        return frozenset((change.table, change.key) for change in self.changes)

    @classmethod
    def from_json(cls, items: Iterable[Mapping[str, Any]]) -> StateDifference:
        """Return the difference that `as_json` of its changes described."""
        return cls(
            tuple(
                RowChange(
                    item["table"], tuple(item["key"]), item["operation"], dict(item["before"]), dict(item["after"])
                )
                for item in items
            )
        )


class ChangedRows:
    """The rows that changed since an episode began: what each held at first, and what it holds now (None: no such row)."""

    __slots__ = ("_tables", "rows")

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.rows: dict[tuple[str, Key], tuple[Values | None, Values | None]] = {}
        self._tables = tables

    def note(self, update: apsw.PreUpdate) -> None:
        """Take note of one changed row; SQLite calls it."""
        table = self._tables.get(update.table_name)
        if table is None:  # the calls table, which is temporary
            return
        old, new, rows = update.old, update.new, self.rows
        if old is not None:
            row = (table.name, tuple([old[place] for place in table.key]))
            first = rows[row][0] if row in rows else old
            rows[row] = (first, None)
        if new is not None:
            row = (table.name, tuple([new[place] for place in table.key]))
            first = rows[row][0] if row in rows else None
            rows[row] = (first, new)

    def difference(self, not_compared: frozenset[tuple[str, str]]) -> StateDifference:
        """Return the rows that differ from what they were, sorted so that the order of calls does not show."""
        changes = [
            _change(self._tables[name], key, first, now, not_compared)
            for (name, key), (first, now) in self.rows.items()
            if first != now
        ]
        changes.sort(key=lambda change: (change.table, [str(part) for part in change.key]))
        return StateDifference(tuple(changes))


def _change(
    table: Table, key: Key, first: Values | None, now: Values | None, not_compared: frozenset[tuple[str, str]]
) -> RowChange:
    before, after = {}, {}
    for place, column in enumerate(table.columns):
        if place in table.key or (table.name, column) in not_compared:
            continue
        if first is None or now is None or first[place] != now[place]:
            if first is not None:
                before[column] = first[place]
            if now is not None:
                after[column] = now[place]
    return RowChange(
        table.name, key, "insert" if first is None else "delete" if now is None else "update", before, after
    )
