"""Filling databases: the same from the same seed, sound, and hashed by what they hold."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_domain_loading import replace
from toolscale.database import content
from toolscale.database.drawing import Drawing, luhn
from toolscale.database.filling import fill
from toolscale.database.inspection import opened
from toolscale.domain import DomainFolder, load
from toolscale.errors import DomainError

CLOCK = "2025-06-16 09:30:00"


def drawing(seed: int = 1) -> Drawing:
    return Drawing(seed=seed, clock=CLOCK, locale="en_US")


def fault(folder: Path) -> str:
    with pytest.raises(DomainError) as caught:
        fill(load(str(folder)), seed=1)
    return str(caught.value)


def test_the_same_seed_gives_the_same_bytes(library: DomainFolder) -> None:
    assert fill(library, seed=4).image == fill(library, seed=4).image


def test_another_seed_gives_another_database(library: DomainFolder) -> None:
    assert fill(library, seed=4).content_hash != fill(library, seed=5).content_hash


def test_the_scale_multiplies_the_counts_that_grow(library: DomainFolder) -> None:
    rows = fill(library, seed=1, scale=3).rows
    assert rows["members"] == 180
    assert rows["books"] == 90


def test_the_content_hash_does_not_depend_on_the_order_of_insertion() -> None:
    hashes = set()
    for order in ("ASC", "DESC"):
        connection = apsw.Connection(":memory:")
        connection.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT) STRICT; CREATE TABLE s (x TEXT PRIMARY KEY)"
        )
        connection.execute(
            "INSERT INTO s SELECT 'k' || value FROM json_each('[1, 2, 3]') ORDER BY value " + order + ";"
            "INSERT INTO t SELECT value, 'v' FROM json_each('[1, 2, 3]') ORDER BY value " + order
        )
        hashes.add(content.content_hash(connection))
    assert len(hashes) == 1


def test_the_content_hash_sees_a_single_changed_value(library: DomainFolder) -> None:
    database = fill(library, seed=1)
    connection = apsw.Connection(":memory:")
    connection.deserialize("main", database.image)
    connection.execute("UPDATE members SET fees_cents = fees_cents + 1 WHERE member_id = 'M-0001'")
    assert content.content_hash(connection) != database.content_hash


def test_an_image_opens_in_sqlite_utils(library: DomainFolder) -> None:
    assert opened(fill(library, seed=1).image)["members"].count == 60


def test_json_records_are_loaded_before_records_sql(copy: Path) -> None:
    (copy / "records").mkdir()
    row = {"member_id": "X-1", "name": "Ada", "email": "a@b.c", "card_number": "1", "status": "active", "fees_cents": 0}
    (copy / "records" / "members.json").write_text(json.dumps([row]))
    assert fill(load(str(copy)), seed=1).rows["members"] == 61


def test_a_json_record_with_an_unknown_column_suggests_the_nearest(copy: Path) -> None:
    (copy / "records").mkdir()
    (copy / "records" / "books.json").write_text('[{"book_id": "B-1", "titel": "x", "copies": 1}]')
    assert "Did you mean 'title'" in fault(copy)


def test_an_sql_error_in_records_names_its_line(copy: Path) -> None:
    replace(copy / "records.sql", "INSERT INTO books", "INSERT INTO boks")
    assert "records.sql:8: SQL error: no such table: boks" in fault(copy)


def test_an_unknown_count_suggests_the_nearest(copy: Path) -> None:
    replace(copy / "records.sql", "series(:members)", "series(:membres)")
    assert "Did you mean 'members'" in fault(copy)


def test_a_table_must_be_strict(copy: Path) -> None:
    replace(copy / "schema.sql", ") STRICT;", ");")
    assert "is not STRICT" in fault(copy)


def test_a_table_must_have_a_primary_key(copy: Path) -> None:
    replace(copy / "schema.sql", "book_id TEXT PRIMARY KEY", "book_id TEXT UNIQUE")
    assert "books has no primary key" in fault(copy)


def test_a_row_that_points_nowhere_is_refused(copy: Path) -> None:
    replace(copy / "records.sql", "1 + n % :members", "9999 + n")
    assert "FOREIGN KEY" in fault(copy)


def test_a_trigger_is_refused(copy: Path) -> None:
    schema = copy / "schema.sql"
    schema.write_text(schema.read_text() + "CREATE TRIGGER x AFTER INSERT ON books BEGIN DELETE FROM loans; END;")
    assert "TRIGGER is not allowed" in fault(copy)


def test_fakers_clock_is_refused() -> None:
    with pytest.raises(ValueError, match="wall clock"):
        drawing().faker("date_this_year", 1)


def test_a_birth_date_is_counted_from_the_domains_clock() -> None:
    dates = [str(drawing().faker("date_of_birth", key, '{"minimum_age": 18, "maximum_age": 30}')) for key in range(200)]
    assert min(dates) >= "1994-06-16"
    assert max(dates) <= "2007-06-16"


def test_unique_emails_never_collide() -> None:
    draw = drawing()
    assert len({draw.faker("unique.email", key) for key in range(3000)}) == 3000


def test_the_order_of_drawing_changes_nothing() -> None:
    forward = [drawing().faker("name", key) for key in range(20)]
    backward = [drawing().faker("name", key) for key in reversed(range(20))]
    assert forward == backward[::-1]


@settings(max_examples=30)
@given(st.integers(1, 300), st.text(max_size=5))
def test_permuted_is_a_permutation(size: int, key: str) -> None:
    draw = drawing()
    assert sorted(draw.permuted(index, size, key) for index in range(size)) == list(range(size))


@given(st.text("0123456789", min_size=1, max_size=20))
def test_luhn_numbers_pass_luhns_test(digits: str) -> None:
    number = luhn(digits)
    doubled = [sum(divmod(2 * int(d), 10)) if place % 2 else int(d) for place, d in enumerate(reversed(number))]
    assert sum(doubled) % 10 == 0


@given(st.integers(0, 10**6), st.integers(0, 50), st.integers(0, 50))
def test_uniform_stays_within_its_bounds(key: int, low: int, span: int) -> None:
    assert low <= drawing().uniform(low, low + span, key) <= low + span
