"""The rows that a model is shown of a database: the caller's own, what they lead to, and a few of each other table.

Never the whole database: a draft is about one caller, and what an agent could not read is no help in writing it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlite_utils.db import Table

from toolscale.database.inspection import opened
from toolscale.environment.environment import Environment
from toolscale.randomness import key_of

ROWS_OF_A_TABLE = 6
OTHER_ROWS = 3
MOST_CHARACTERS = 120
SHORTEST_MENTION = 5

Row = dict[str, Any]


class Sampler:
    """Draws the rows around one caller from one database."""

    def __init__(self, environment: Environment) -> None:
        self._caller = environment.domain.about.caller
        database = opened(environment.database.image)
        self._tables: dict[str, Table] = {
            table.name: table for table in database.tables if table.name not in ("escalations", "calls")
        }

    def rows(self, caller: Any, mentioned: Iterable[Any], *key: Any) -> dict[str, list[Row]]:
        """Return a few rows by table, in the tables' order.

        They are those that foreign keys tie to the caller, those that hold a text which is mentioned, and of a table without
        any of these a few that the key draws.
        """
        found: dict[str, list[Row]] = {}
        own = self._tables[self._caller.table]
        self._take(found, own, own.rows_where(f'"{self._caller.key}" = ?', [caller]))
        for _ in range(2):  # what is the caller's, and what belongs to that
            for table in self._tables.values():
                if table.name not in found:
                    self._follow(found, table)
        for table in self._tables.values():
            for link in table.foreign_keys:
                if table.name in found and link.other_table not in found:
                    held = list(dict.fromkeys(row[str(link.column)] for row in found[table.name]))
                    self._look_up(found, self._tables[link.other_table], str(link.other_column), held)
        texts = [value for value in mentioned if isinstance(value, str) and len(value) >= SHORTEST_MENTION]
        for table in self._tables.values():
            if texts:
                self._mention(found, table, texts)
            if table.name not in found:
                rows = sorted(table.rows, key=lambda row: key_of("sample", table.name, list(row.values()), *key))
                found[table.name] = [_shortened(row) for row in rows[:OTHER_ROWS]]
        return {name: found[name] for name in self._tables if found[name]}

    def _follow(self, found: dict[str, list[Row]], table: Table) -> None:
        """Take the table's rows that point at rows which were taken."""
        for link in table.foreign_keys:
            if link.other_table in found and self._is_owned(link.other_table):
                held = [row[str(link.other_column)] for row in found[link.other_table]]
                self._look_up(found, table, str(link.column), held)
                return

    def _is_owned(self, name: str) -> bool:
        """Return whether a table is the caller's or points at one that is."""
        if name == self._caller.table:
            return True
        return any(link.other_table == self._caller.table for link in self._tables[name].foreign_keys)

    def _look_up(self, found: dict[str, list[Row]], table: Table, column: str, values: list[Any]) -> None:
        marks = ", ".join("?" * len(values))
        order = ", ".join(f'"{name}"' for name in table.pks)
        self._take(found, table, table.rows_where(f'"{column}" IN ({marks})', values, order_by=order))

    def _mention(self, found: dict[str, list[Row]], table: Table, texts: list[str]) -> None:
        """Put the rows that hold one of the texts before the others, if these are few: "checking" singles nothing out.

        The callers' own table is left alone.
        """
        columns = [
            column.name for column in table.columns if column.type == "TEXT" and table.name != self._caller.table
        ]
        marks = ", ".join("?" * len(texts))
        where = " OR ".join(f'"{column}" IN ({marks})' for column in columns)
        order = ", ".join(f'"{name}"' for name in table.pks)
        values = texts * len(columns)
        rows = list(table.rows_where(where, values, order_by=order, limit=OTHER_ROWS + 1)) if columns else []
        if 0 < len(rows) <= OTHER_ROWS:
            others = [row for row in found.get(table.name, []) if row not in map(_shortened, rows)]
            found[table.name] = [_shortened(row) for row in rows] + others[: ROWS_OF_A_TABLE - len(rows)]

    def _take(self, found: dict[str, list[Row]], table: Table, rows: Any) -> None:
        found[table.name] = [_shortened(row) for row, _ in zip(rows, range(ROWS_OF_A_TABLE), strict=False)]


def _shortened(row: Row) -> Row:
    return {
        name: f"{value[:MOST_CHARACTERS]} ..." if isinstance(value, str) and len(value) > MOST_CHARACTERS else value
        for name, value in row.items()
    }
