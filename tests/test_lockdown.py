"""The locked-down connection: what plugin SQL may not do."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolscale.database.lockdown import (
    CALL_TICKS,
    ForbiddenSqlError,
    Locked,
    Purpose,
    cents,
    connect,
    dollars,
    lock,
    prove,
)

CLOCK = "2025-06-16 09:30:00"


def locked(purpose: Purpose) -> Locked:
    opened = connect(purpose, clock=CLOCK)
    opened.connection.execute("CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER) STRICT; INSERT INTO t VALUES ('a', 1)")
    lock(opened)
    return opened


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH ':memory:' AS other",
        "PRAGMA user_version",
        "SELECT * FROM pragma_table_info('t')",
        "SELECT * FROM sqlite_master",
        "SELECT load_extension('x')",
        "SELECT random()",
        "SELECT randomblob(4)",
        "SELECT datetime('now')",
        "SELECT strftime('%Y', 'NOW', '+1 day')",
        "SELECT date()",
        "SELECT CURRENT_TIMESTAMP",
        "SELECT pick('[1, 2]', 3)",
        "CREATE TABLE u (x)",
        "DROP TABLE t",
        "SAVEPOINT s",
        "COMMIT",
        "VACUUM",
    ],
)
@pytest.mark.parametrize("purpose", [Purpose.QUERY, Purpose.EFFECT])
def test_a_tools_sql_may_not(purpose: Purpose, sql: str) -> None:
    with pytest.raises((ForbiddenSqlError, apsw.SQLError)):
        prove(locked(purpose), sql)


@pytest.mark.parametrize("sql", ["UPDATE t SET n = 2", "DELETE FROM t", "INSERT INTO t VALUES ('b', 2) RETURNING id"])
def test_a_query_may_not_write(sql: str) -> None:
    with pytest.raises(ForbiddenSqlError, match="not allowed here"):
        prove(locked(Purpose.QUERY), sql)


def test_an_effect_may_not_answer_a_conflict_by_ending_the_episode() -> None:
    with pytest.raises(ForbiddenSqlError, match="whole episode"):
        prove(locked(Purpose.EFFECT), "INSERT OR ROLLBACK INTO t VALUES ('b', 2)")


def test_a_cached_statement_is_not_prepared_again_for_other_values() -> None:
    opened = connect(Purpose.RUN, clock=CLOCK)
    opened.connection.execute(
        "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER) STRICT; CREATE INDEX i ON t (n) WHERE id > 'a'"
    )
    lock(opened)
    opened.connection.execute("SELECT n FROM t WHERE id > :id", {"id": "a"}).fetchall()
    asked = opened.authorizer.asked
    opened.authorizer.become(Purpose.RUN)
    opened.connection.execute("SELECT n FROM t WHERE id > :id", {"id": "b"}).fetchall()
    assert opened.authorizer.asked == asked


def test_an_effect_may_write_and_its_tables_are_told() -> None:
    (proof,) = prove(locked(Purpose.EFFECT), "UPDATE t SET n = n + :by WHERE id = :id")
    assert proof.writes == {"t"}
    assert proof.parameters == {"by", "id"}


def test_the_wall_clock_is_refused_however_it_is_spelt() -> None:
    with pytest.raises(ForbiddenSqlError, match="wall clock"):
        locked(Purpose.RUN).connection.execute("SELECT date('no' || 'w')").fetchall()


def test_dates_with_explicit_arguments_work() -> None:
    connection = locked(Purpose.RUN).connection
    assert connection.execute("SELECT date(now(), '+14 days')").get == "2025-06-30"


def test_an_endless_statement_is_ended() -> None:
    opened = locked(Purpose.RUN)
    opened.meter.refill(CALL_TICKS)
    with pytest.raises(apsw.InterruptError):
        opened.connection.execute(
            "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r"
        ).fetchall()


def test_a_huge_value_is_refused() -> None:
    with pytest.raises(apsw.Error):
        locked(Purpose.RUN).connection.execute("SELECT replace(hex(zeroblob(1900000)), '0', '00')").fetchall()


def test_a_third_decimal_is_refused() -> None:
    with pytest.raises(ValueError, match="two decimals"):
        cents(1.005)


@given(st.integers(-(10**12), 10**12))
def test_cents_undo_dollars(amount: int) -> None:
    assert cents(dollars(amount)) == amount
