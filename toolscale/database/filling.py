"""From a domain folder and a seed to a database: schema, fixed records, records.sql, and proof that it holds together."""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from toolscale.database import content
from toolscale.database.drawing import Drawing
from toolscale.database.inspection import tidied
from toolscale.database.lockdown import (
    FILL_TICKS,
    ForbiddenSqlError,
    Locked,
    Proof,
    Purpose,
    connect,
    lock,
    prove,
)
from toolscale.domain.folder import DomainFolder
from toolscale.domain.format import RowCount
from toolscale.errors import DomainError, Place, nearest

LIBRARY_SCHEMA = """
CREATE TABLE escalations (
  escalation_id TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  summary TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Database:
    """A filled database: its bytes, the hash of what it holds, rows by table."""

    image: bytes
    content_hash: str
    rows: dict[str, int]


def fill(folder: DomainFolder, *, seed: int, scale: float = 1) -> Database:
    """Fill the domain's database from `seed` at `scale` (1 is the size that domain.yaml names).

    Raises DomainError with the file and line of the statement that fails.
    """
    about = folder.domain.about
    locked = connect(Purpose.SCHEMA, clock=about.clock)
    _define(locked, folder)
    tables = content.tables(locked.connection)
    _check_tables(folder, tables)
    _load_fixed_records(locked, folder)
    locked.authorizer.become(Purpose.RECORDS)
    drawing = Drawing(seed=seed, clock=about.clock, locale=about.locale)
    drawing.register(locked.connection)
    counts = {
        name: _scaled(count if isinstance(count, RowCount) else RowCount(count=count), scale)
        for name, count in about.rows.items()
    }
    locked.connection.execute("BEGIN")
    lock(locked)
    _run_records(locked, folder, drawing, counts)
    locked.connection.authorizer = None
    locked.connection.execute("COMMIT")
    _check_integrity(locked.connection, folder)
    return Database(
        image=_image(locked.connection),
        content_hash=content.content_hash(locked.connection),
        rows=content.row_counts(locked.connection),
    )


def _scaled(rows: RowCount, scale: float) -> int:
    return max(1, round(rows.count * scale)) if rows.grows and rows.count else rows.count


def _define(locked: Locked, folder: DomainFolder) -> None:
    locked.connection.execute(LIBRARY_SCHEMA)
    lock(locked)
    sql = folder.domain.schema_sql
    remaining = sql
    while remaining.strip():
        offset = len(sql) - len(remaining.lstrip())
        place = folder.place_in_sql("schema.sql", offset)
        proof = _first_proof(locked, remaining, place)
        if proof.reads_only and proof.columns:
            raise DomainError("a query in schema.sql", remedy="schema.sql only defines tables.", place=place)
        locked.connection.execute(proof.sql)
        remaining = remaining[len(proof.sql) :]
    locked.connection.authorizer = None


def _first_proof(locked: Locked, sql: str, place: Place) -> Proof:
    try:
        return prove(locked, sql, most=1)[0]
    except ForbiddenSqlError as error:
        raise DomainError(str(error), remedy="See docs/domain-format.md.", place=place) from None
    except apsw.Error as error:
        raise DomainError(f"SQL error: {error}", remedy="The statement that begins here fails.", place=place) from None


def _check_tables(folder: DomainFolder, tables: dict[str, content.Table]) -> None:
    for table in tables.values():
        if not table.key:
            raise DomainError(
                f"the table {table.name} has no primary key",
                remedy="State differences are told by key: add a PRIMARY KEY.",
                place=folder.place_in_sql("schema.sql", 0),
            )
        if not table.strict:
            raise DomainError(
                f"the table {table.name} is not STRICT",
                remedy="End its definition with `) STRICT;`, so that types are kept.",
                place=folder.place_in_sql("schema.sql", max(0, folder.domain.schema_sql.find(table.name))),
            )
    caller = folder.domain.about.caller
    if caller.table not in tables:
        raise DomainError(
            f"the caller's table '{caller.table}' is not in schema.sql",
            remedy=nearest(caller.table, tables),
            place=folder.place("domain.yaml", "caller", "table"),
        )
    for index, name in enumerate(folder.domain.about.not_compared):
        table_name, _, column = name.partition(".")
        if table_name not in tables or column not in tables[table_name].columns:
            known = [f"{t.name}.{c}" for t in tables.values() for c in t.columns]
            raise DomainError(
                f"not_compared names '{name}', which is no column",
                remedy=nearest(name, known),
                place=folder.place("domain.yaml", "not_compared", index),
            )


def _load_fixed_records(locked: Locked, folder: DomainFolder) -> None:
    # Foreign keys may point at rows that records.sql makes: they are checked once all is filled.
    locked.connection.execute("PRAGMA foreign_keys = OFF")
    for table, records in folder.records.items():
        place = Place(str(folder.path / "records" / f"{table}.json"), 1)
        for row in tidied(folder.domain.schema_sql, table, records, place):
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            try:
                locked.connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(row.values()))  # noqa: S608
            except apsw.Error as error:
                raise DomainError(f"a record does not fit '{table}': {error}", place=place) from None
    locked.connection.execute("PRAGMA foreign_keys = ON")


def _run_records(locked: Locked, folder: DomainFolder, drawing: Drawing, counts: dict[str, int]) -> None:
    sql = folder.records_sql
    remaining = sql
    salts: dict[str, int] = {}
    while remaining.strip():
        place = folder.place_in_sql("records.sql", len(sql) - len(remaining.lstrip()))
        proof = _first_proof(locked, remaining, place)
        target = ",".join(sorted(proof.writes))
        salts[target] = salts.get(target, 0) + 1
        drawing.salt = f"{target}:{salts[target]}"
        for name in sorted(proof.parameters - counts.keys()):
            raise DomainError(f"unknown count :{name}", remedy=nearest(name, counts), place=place)
        locked.meter.refill(FILL_TICKS)
        try:
            locked.connection.execute(proof.sql, {name: counts[name] for name in proof.parameters}).fetchall()
        except apsw.InterruptError:
            raise DomainError(
                "the statement runs too long", remedy="Does a join lack an index or a condition?", place=place
            ) from None
        except (apsw.Error, ForbiddenSqlError, ValueError, TypeError, KeyError) as error:
            raise DomainError(
                f"SQL error: {error}", remedy="The statement that begins here fails.", place=place
            ) from None
        remaining = remaining[len(proof.sql) :]


def _check_integrity(connection: apsw.Connection, folder: DomainFolder) -> None:
    place = folder.place_in_sql("records.sql", 0)
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        table, _, parent, _ = broken[0]
        raise DomainError(
            f"{len(broken)} rows point at rows that do not exist, first from {table} to {parent}",
            remedy="Insert parents before children, and only keys that exist.",
            place=place,
        )
    sound = connection.execute("PRAGMA integrity_check").get
    if sound != "ok":
        raise DomainError(f"the filled database is not sound: {sound}", place=place)


def _image(connection: apsw.Connection) -> bytes:
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 1)  # VACUUM works through one
    connection.execute("VACUUM")
    return bytes(connection.serialize("main"))
