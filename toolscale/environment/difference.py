"""The state difference: which rows an episode changed, in one canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import apsw

from toolscale.canonical import canonical_json
from toolscale.database.content import Table

_OPERATIONS = {"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that was inserted, updated or deleted; `before` and `after` hold the compared columns that differ."""

    table: str
    key: tuple[Any, ...]
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
    def touched(self) -> frozenset[tuple[str, tuple[Any, ...]]]:
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


def difference_of(
    changeset: bytes, tables: Mapping[str, Table], not_compared: frozenset[tuple[str, str]]
) -> StateDifference:
    """Return the state difference of a changeset of SQLite's session extension.

    Changes that cancel out are not in a changeset; the rest is sorted so that the order of calls does not show.
    """
    changes = []
    for change in apsw.Changeset.iter(changeset):
        table = tables[change.name]
        old = change.old or (apsw.no_change,) * len(table.columns)
        new = change.new or (apsw.no_change,) * len(table.columns)
        key = tuple(new[i] if old[i] is apsw.no_change else old[i] for i in table.key)
        compared = [
            i for i, c in enumerate(table.columns) if (table.name, c) not in not_compared and i not in table.key
        ]
        changes.append(
            RowChange(
                table=table.name,
                key=key,
                operation=_OPERATIONS[change.op],
                before={table.columns[i]: old[i] for i in compared if old[i] is not apsw.no_change},
                after={table.columns[i]: new[i] for i in compared if new[i] is not apsw.no_change},
            )
        )
    changes.sort(key=lambda change: (change.table, [str(part) for part in change.key]))
    return StateDifference(tuple(changes))
