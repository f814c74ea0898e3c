"""What a database holds, whatever its file looks like: tables, keys, rows, and the hash of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import apsw

from toolscale.canonical import canonical_json


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order, the positions of its primary key, the tables that its foreign keys name.

    Rows follow a parent's if a delete or an update of the parent's row acts on them (`ON DELETE CASCADE`).
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]
    strict: bool
    parents: frozenset[str]
    follows: frozenset[str]


def tables(connection: apsw.Connection) -> dict[str, Table]:
    """Return the ordinary tables by name, sorted. The connection must not be locked."""
    found = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'")
    result = {}
    for name, strict in sorted((str(name), bool(strict)) for name, strict in found):
        if name.startswith("sqlite_"):
            continue
        columns = connection.execute("SELECT name, pk FROM pragma_table_info(?)", (name,)).fetchall()
        key = [(int(str(pk)), place) for place, (_, pk) in enumerate(columns) if pk]
        parents = connection.execute(
            "SELECT \"table\", on_delete = 'NO ACTION' AND on_update = 'NO ACTION' FROM pragma_foreign_key_list(?)",
            (name,),
        ).fetchall()
        result[name] = Table(
            name,
            columns=tuple(str(c) for c, _ in columns),
            key=tuple(p for _, p in sorted(key)),
            strict=strict,
            parents=frozenset(str(parent) for parent, _ in parents),
            follows=frozenset(str(parent) for parent, inert in parents if not inert),
        )
    return result


def rows(connection: apsw.Connection, table: Table) -> Iterator[tuple[object, ...]]:
    """Yield a table's rows in the order of its primary key."""
    order = ", ".join(f'"{table.columns[place]}"' for place in table.key)
    names = ", ".join(f'"{column}"' for column in table.columns)
    yield from connection.execute(f'SELECT {names} FROM "{table.name}" ORDER BY {order}')  # noqa: S608


def content_hash(connection: apsw.Connection) -> str:
    """Return the SHA-256 (64 hex digits) of definitions and rows, which no page layout or insertion order changes."""
    digest = hashlib.sha256()
    for definition in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name"):
        digest.update(canonical_json(definition).encode())
    for table in tables(connection).values():
        digest.update(canonical_json([table.name, table.columns]).encode())
        for row in rows(connection, table):
            digest.update(canonical_json([v.hex() if isinstance(v, bytes) else v for v in row]).encode())
    return digest.hexdigest()


def row_counts(connection: apsw.Connection) -> dict[str, int]:
    """Return the number of rows of each table."""
    return {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').get)  # noqa: S608
        for name in tables(connection)
    }
