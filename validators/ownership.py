"""Whose is what: a row belongs to the callers that its foreign keys lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlite_utils.db import ForeignKey, Table

from toolscale.database.inspection import opened
from toolscale.environment.environment import Environment

Callers = frozenset[Any]
NOBODY: Callers = frozenset()


class Ownership:
    """The callers to whom the values of one database belong.

    Such values are a caller's key, the texts that are one caller's alone (e-mail address, card number), and the keys of the rows
    that point at a caller or at a row of a caller's. Callers who stand in one row know each other: a child and its parent, the
    giver of a gift card and the recipient.
    """

    def __init__(self, environment: Environment) -> None:
        caller = environment.domain.about.caller
        database = opened(environment.database.image)
        self._tables: list[Table] = list(database.tables)
        self._rows: dict[str, dict[Any, Callers]] = {}
        self._owners: dict[Any, Callers] = {}
        self._known: dict[Any, Callers] = {}
        self._add_callers(database.table(caller.table), caller.key)
        names = dict(self._owners)
        while self._follow_the_keys():
            pass
        for rows in self._rows.values():
            for key, owners in rows.items():
                self._owners[key] = self._owners.get(key, NOBODY) | owners
        self._introduce(names)

    def another(self, value: Any, caller: Any) -> str | None:
        """Return the first text in a JSON value that belongs to others, none of whom the caller knows."""
        own = self._known.get(caller, NOBODY) | {caller}
        return next((text for text in _texts(value) if (owners := self._owners.get(text)) and not owners & own), None)

    def callers_of(self, value: Any) -> list[Callers]:
        """Return to whom each text in a JSON value belongs; texts that are nobody's are left out."""
        return [self._owners[text] for text in _texts(value) if text in self._owners]

    def _add_callers(self, table: Table, key: str) -> None:
        """Enter each caller's key, and the texts of every column in which no two callers hold the same."""
        rows = list(table.rows)
        self._rows[table.name] = {row[key]: frozenset([row[key]]) for row in rows}
        for column in table.columns:
            held = {row[column.name]: row[key] for row in rows if isinstance(row[column.name], str)}
            if len(held) == len(rows):
                for text, caller in held.items():
                    self._owners[text] = self._owners.get(text, NOBODY) | {caller}

    def _follow_the_keys(self) -> bool:
        """Find owners of rows whose foreign keys lead to owned rows; tell whether some are new."""
        before = sum(len(owners) for rows in self._rows.values() for owners in rows.values())
        for table in self._tables:
            links = self._links(table)
            if len(table.pks) == 1 and links:
                rows = self._rows.setdefault(table.name, {})
                for row in table.rows:
                    key = row[table.pks[0]]
                    rows[key] = rows.get(key, NOBODY) | self._led_to(row, links)
        return sum(len(owners) for rows in self._rows.values() for owners in rows.values()) > before

    def _introduce(self, names: dict[Any, Callers]) -> None:
        """Let the callers know each other who own one row or are named in it."""
        for table in self._tables:
            links = self._links(table)
            for row in table.rows if links else ():
                here = self._led_to(row, links).union(*(names.get(value, NOBODY) for value in row.values()))
                for caller in here if len(here) > 1 else ():
                    self._known[caller] = self._known.get(caller, NOBODY) | here

    def _links(self, table: Table) -> list[ForeignKey]:
        return [link for link in table.foreign_keys if link.column and link.other_table in self._rows]

    def _led_to(self, row: dict[str, Any], links: list[ForeignKey]) -> Callers:
        return NOBODY.union(*(self._rows[link.other_table].get(row[str(link.column)], NOBODY) for link in links))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
