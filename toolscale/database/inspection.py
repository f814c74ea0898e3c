"""Databases through sqlite-utils: JSON records in, tables out for people to look at."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from toolscale.errors import DomainError, Place, nearest

if TYPE_CHECKING:
    import sqlite_utils  # imports pandas, which takes a second that whoever only reads rows need not wait


def opened(image: bytes) -> sqlite_utils.Database:
    """Return a database image as a sqlite-utils database in memory, for inspection."""
    import sqlite_utils

    connection = sqlite3.connect(":memory:")
    connection.deserialize(image)
    return sqlite_utils.Database(connection)


def tidied(schema_sql: str, table: str, records: list[dict[str, Any]], place: Place) -> list[dict[str, Any]]:
    """Return JSON records as complete rows of `table`: defaults filled in, nested values as JSON text, in key order.

    Raises DomainError at `place` for an unknown table, an unknown column or a row that the schema refuses.
    """
    import sqlite_utils

    database = sqlite_utils.Database(memory=True)
    database.executescript(schema_sql)
    if table not in database.table_names():
        raise DomainError(f"no table '{table}'", remedy=nearest(table, database.table_names()), place=place)
    target = database.table(table)
    columns = set(target.columns_dict)
    for record in records:
        for column in sorted(record.keys() - columns):
            raise DomainError(f"'{table}' has no column '{column}'", remedy=nearest(column, columns), place=place)
    try:
        for record in records:  # one at a time: rows with different columns keep the schema's defaults
            target.insert(record)
    except sqlite3.Error as error:
        raise DomainError(f"a record does not fit '{table}': {error}", remedy="See schema.sql.", place=place) from None
    return list(target.rows_where(order_by=", ".join(f'"{column}"' for column in target.pks)))
