"""Tools, calls and episodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import LIBRARY
from tests.test_domain_loading import replace
from toolscale.domain import load
from toolscale.environment.compiled import compiled
from toolscale.environment.environment import Environment
from toolscale.environment.episode import CallRecord, Episode
from toolscale.errors import DomainError

ENVIRONMENT = Environment.of(load(str(LIBRARY)), seed=1)


def error(record: CallRecord) -> str:
    assert not record.ok
    return str(record.value["error"])


def rows(episode: Episode, query: str) -> list[dict[str, Any]]:
    return list(episode.rows(query, {}))


def borrower(episode: Episode) -> dict[str, Any]:
    """A member who may borrow, with a book that is there."""
    query = """
        SELECT member_id, book_id, copies FROM members JOIN books WHERE status = 'active' AND copies > 1
          AND fees_cents < 1000 AND (member_id, book_id) NOT IN (SELECT member_id, book_id FROM loans) LIMIT 1"""
    return rows(episode, query)[0]


def lend(episode: Episode, who: dict[str, Any], **more: Any) -> CallRecord:
    return episode.call("lend_book", {"member_id": who["member_id"], "book_id": who["book_id"], **more})


def test_a_call_returns_json_and_changes_rows() -> None:
    with ENVIRONMENT.episode() as episode:
        who = borrower(episode)
        record = lend(episode, who)
        assert record.ok
        assert record.writes
        assert record.value["due_on"] == "2025-03-31"
        changes = {(c.table, c.operation): c for c in episode.difference().changes}
        assert changes["books", "update"].after == {"copies": who["copies"] - 1}
        assert changes["loans", "insert"].key == (record.value["loan_id"],)


def test_ending_an_episode_undoes_all_it_did() -> None:
    with ENVIRONMENT.episode() as episode:
        who = borrower(episode)
        lend(episode, who)
    with ENVIRONMENT.episode() as episode:
        assert borrower(episode) == who
        assert episode.difference().changes == ()
        assert rows(episode, "SELECT * FROM calls") == []


def test_episodes_at_the_same_time_are_independent() -> None:
    with ENVIRONMENT.episode() as one, ENVIRONMENT.episode() as other:
        lend(one, borrower(one))
        assert other.difference().changes == ()
        assert one.difference().changes != ()


def test_a_failed_call_changes_nothing() -> None:
    with ENVIRONMENT.episode() as episode:
        who = borrower(episode)
        record = episode.call("pay_fees", {"member_id": who["member_id"], "amount": 10**6})
        assert "less than the payment" in error(record)
        assert episode.difference().changes == ()


def test_an_effect_that_breaks_a_constraint_half_way_is_undone(copy: Path) -> None:
    replace(copy / "tools.yaml", "      error: The member has this book already.", "      error: never")
    replace(copy / "tools.yaml", '    - that: ":held_id IS NULL"', '    - that: "TRUE"')
    environment = Environment.of(load(str(copy)), seed=1)
    with environment.episode() as episode:
        who = borrower(episode)
        assert lend(episode, who).ok
        before = episode.difference()
        assert "inconsistent" in error(lend(episode, who))
        assert episode.difference() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "missing field 'member_id'"),
        ({"member_id": "M-0001", "amuont": 2}, "unknown field 'amuont'. Did you mean 'amount'?"),
        ({"member_id": "M-0001", "amount": "2"}, "field 'amount'"),
        ({"member_id": "M-0001", "amount": 0}, "field 'amount'"),
        ({"member_id": "M-0001", "amount": 0.005}, "two decimals"),
        ({"member_id": "M-0001", "amount": 10**30}, "too large"),
        ({"member_id": "M\0", "amount": 1}, "cannot be stored"),
        ("not an object", "one JSON object"),
        (None, "one JSON object"),
    ],
)
def test_bad_arguments_are_errors_that_name_the_field(arguments: Any, said: str) -> None:
    with ENVIRONMENT.episode() as episode:
        assert said in error(episode.call("pay_fees", arguments))


def test_an_unknown_tool_is_an_error_that_suggests_the_nearest() -> None:
    with ENVIRONMENT.episode() as episode:
        assert "Did you mean 'renew_loan'" in error(episode.call("renew_loans", {}))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*ENVIRONMENT.compiled.tools, "nothing"]),
    st.dictionaries(
        st.sampled_from(["member_id", "loan_id", "amount", "title", "email", "expression", "reason"]), VALUES
    )
    | VALUES,
)
def test_no_arguments_whatever_make_a_call_raise(tool: str, arguments: Any) -> None:
    with ENVIRONMENT.episode() as episode:
        record = episode.call(tool, arguments)
        json.loads(record.result)
        if not record.ok:
            assert episode.difference().changes == ()


def test_new_ids_do_not_depend_on_the_order_of_calls_or_on_free_text() -> None:
    with ENVIRONMENT.episode() as episode:
        first = borrower(episode)
        second = rows(
            episode,
            "SELECT book_id FROM books WHERE copies > 0 AND book_id <> '" + first["book_id"] + "' AND book_id NOT IN "
            "(SELECT book_id FROM loans WHERE member_id = '" + first["member_id"] + "') LIMIT 1",
        )[0]
    differences = set()
    for order, note in (((first, {**first, **second}), "a"), (({**first, **second}, first), "b")):
        with ENVIRONMENT.episode() as episode:
            for who in order:
                assert lend(episode, who, note=note).ok
            differences.add(episode.difference().canonical)
    assert len(differences) == 1


def test_the_same_call_twice_gets_two_ids() -> None:
    with ENVIRONMENT.episode() as episode:
        ids = {
            episode.call("escalate_to_human", {"reason": "other", "summary": "x"}).value["escalation_id"] for _ in "ab"
        }
        assert len(ids) == 2


def test_an_escalation_is_a_row_whose_summary_is_not_compared() -> None:
    differences = set()
    for summary in ("long story", "short"):
        with ENVIRONMENT.episode() as episode:
            episode.call("escalate_to_human", {"reason": "two-renewals", "summary": summary})
            differences.add(episode.difference().canonical)
    assert len(differences) == 1
    assert "two-renewals" in differences.pop()


def test_an_escalation_needs_a_reason_that_the_policy_knows() -> None:
    with ENVIRONMENT.episode() as episode:
        assert "reason" in error(episode.call("escalate_to_human", {"reason": "kind", "summary": ""}))


def test_changes_that_cancel_out_are_no_difference() -> None:
    with ENVIRONMENT.episode() as episode:
        record = episode.trial("escalate_to_human", {"reason": "other", "summary": "x"})
        assert record.ok
        assert episode.difference().changes == ()


def test_a_row_changed_in_free_text_only_is_still_a_touched_row(copy: Path) -> None:
    tools = copy / "tools.yaml"
    tools.write_text(
        tools.read_text()
        + "annotate_loan:\n  description: Write a note.\n  parameters:\n    loan_id: {type: string}\n"
        + "    note: {type: string, free_text: true}\n  effect: UPDATE loans SET note = :note WHERE loan_id = :loan_id\n"
        + "  result: SELECT 1\n  summary: write a note\n"
    )
    environment = Environment.of(load(str(copy)), seed=1)
    with environment.episode() as episode:
        loan = rows(episode, "SELECT loan_id FROM loans LIMIT 1")[0]["loan_id"]
        episode.call("annotate_loan", {"loan_id": loan, "note": "torn page"})
        (change,) = episode.difference().changes
        assert (change.key, change.after) == ((loan,), {})


def test_reading_and_writing_are_told_by_sqlite() -> None:
    tools = ENVIRONMENT.compiled.tools
    assert tools["lend_book"].writes == {"books", "loans"}
    assert tools["search_books"].writes == frozenset()


def test_the_schema_is_openais_function_format() -> None:
    schema = next(s for s in ENVIRONMENT.tool_schemas if s["function"]["name"] == "lend_book")
    assert schema["type"] == "function"
    assert schema["function"]["parameters"]["required"] == ["member_id", "book_id"]
    assert "free_text" not in json.dumps(schema)


def broken(copy: Path, old: str, new: str, file: str = "tools.yaml") -> str:
    replace(copy / file, old, new)
    folder = load(str(copy))
    with pytest.raises(DomainError) as caught:
        compiled(folder.domain, folder.place)
    return str(caught.value)


def test_a_tool_that_writes_under_a_reading_name_is_refused(copy: Path) -> None:
    text = broken(copy, "renew_loan:\n", "get_renewed_loan:\n")
    assert "named like a tool that only reads, and writes to loans" in text
    assert "tools.yaml:" in text


def test_a_result_that_writes_is_refused(copy: Path) -> None:
    text = broken(
        copy,
        "  result: SELECT json_object('fees'",
        "  result: UPDATE members SET name = '' RETURNING json_object('fees'",
    )
    assert "UPDATE is not allowed here" in text or "syntax" in text


def test_a_tool_that_reads_the_wall_clock_is_refused(copy: Path) -> None:
    assert "wall clock" in broken(copy, "date(today(), '+21 days'), :note", "date('now', '+21 days'), :note")


def test_a_misspelt_table_names_the_line(copy: Path) -> None:
    text = broken(copy, "FROM loans JOIN books USING", "FROM laons JOIN books USING")
    assert "no such table: laons" in text
    assert "tools.yaml:19 (list_loans.result)" in text


def test_a_misspelt_parameter_suggests_the_nearest(copy: Path) -> None:
    assert "Did you mean 'loan_id'" in broken(
        copy, "FROM loans WHERE loan_id = :loan_id\n", "FROM loans WHERE loan_id = :laon_id\n"
    )


def test_a_rule_for_an_unknown_tool_suggests_the_nearest(copy: Path) -> None:
    assert "Did you mean 'lend_book'" in broken(copy, "[lend_book]", "[lend_books]", "policy.yaml")


def test_a_predicate_judges_the_state_before_the_call() -> None:
    with ENVIRONMENT.episode() as episode:
        query = "SELECT loan_id, email FROM loans JOIN members USING (member_id) WHERE renewals = 1 LIMIT 1"
        found = rows(episode, query)[0]
        loan = {"loan_id": found["loan_id"]}
        assert "own-loans" in episode.call("renew_loan", loan).broken_rules
        episode.call("find_member", {"email": found["email"]})
        assert episode.call("renew_loan", loan).broken_rules == ("two-renewals",)


def test_a_call_that_fails_breaks_no_rule() -> None:
    with ENVIRONMENT.episode() as episode:
        assert episode.call("renew_loan", {"loan_id": "L-none"}).broken_rules == ()


def test_calculate_is_exact() -> None:
    with ENVIRONMENT.episode() as episode:
        assert episode.call("calculate", {"expression": "0.1 + 0.2"}).value == 0.3
        assert "error" in episode.call("calculate", {"expression": "__import__('os')"}).value
