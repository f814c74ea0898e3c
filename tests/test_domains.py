"""The built-in domains: as large and as sound as they claim to be."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from toolscale.database.inspection import opened
from toolscale.domain import DomainFolder, available, load
from toolscale.domain.domain import Domain
from toolscale.environment.compiled import compile_afresh
from toolscale.environment.environment import Environment
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.phrases import age_or_sex_in
from toolscale.validators import judge_task

BUILT_IN = sorted(available())
LEAST = {
    "tables": 8, "tools": 24, "writing tools": 9, "rules": 18, "predicates": 12, "intents": 26, "refusals": 6,
    "conditionals": 4, "rows": 2000,
}  # fmt: skip
LEAST_OF_BANK = {
    "tables": 9, "tools": 26, "writing tools": 10, "rules": 20, "predicates": 14, "intents": 28, "refusals": 7,
    "conditionals": 5, "rows": 3000,
}  # fmt: skip


@functools.cache
def environment(name: str) -> tuple[DomainFolder, Environment]:
    folder = load(name)
    return folder, Environment.of(folder, seed=1)


def rows(name: str, query: str) -> list[dict[str, Any]]:
    return list(opened(environment(name)[1].database.image).query(query))


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_domain_is_large_enough(name: str) -> None:
    folder, world = environment(name)
    counts = world.database.rows
    tools = [tool for key, tool in world.compiled.tools.items() if key in folder.domain.tools]
    intents = folder.intents.values()
    found = {
        "tables": len(counts) - 1,
        "tools": len(tools),
        "writing tools": sum(bool(tool.writes) for tool in tools),
        "rules": len(folder.domain.policy),
        "predicates": sum(rule.broken_if is not None for rule in folder.domain.policy),
        "intents": len(folder.intents),
        "refusals": sum(intent.refused is not None for intent in intents),
        "conditionals": sum(any(step.when for step in intent.reference) for intent in intents),
        "rows": sum(counts.values()),
    }
    least = LEAST_OF_BANK if name == "bank" else LEAST
    assert {key: count for key, count in found.items() if count < least[key]} == {}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_writing_tool_is_confirmed(name: str) -> None:
    folder, world = environment(name)
    writing = {key for key, tool in world.compiled.tools.items() if tool.writes and key in folder.domain.tools}
    assert writing <= world.compiled.policy.confirmed_tools


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_domain_is_the_same_after_travelling_in_a_row(name: str) -> None:
    """Let rows may use the columns of earlier ones, so the order of keys must survive."""
    _, world = environment(name)
    arrived = Domain.from_texts(world.domain.as_texts(), row="a row")
    assert arrived.fingerprint == world.domain.fingerprint
    assert arrived is not world.domain
    assert [list(tool.let) for tool in arrived.tools.values()] == [
        list(tool.let) for tool in world.domain.tools.values()
    ]
    assert compile_afresh(arrived, lambda *_: None).tool_schemas == world.tool_schemas


@pytest.mark.parametrize("name", BUILT_IN)
def test_most_candidates_become_tasks(name: str) -> None:
    author = ProceduralAuthor(load(name), seed=21, database_seed=21, unseen=False)
    drawn = [author.candidate(number, judge_task) for number in range(60)]
    refused = [candidate for candidate in drawn if not isinstance(candidate, Accepted)]
    assert len(refused) <= 12, {(candidate.rule, candidate.reason) for candidate in refused}


@pytest.mark.parametrize("name", BUILT_IN)
def test_personas_leave_age_and_sex_to_the_callers_records(name: str) -> None:
    folder, world = environment(name)
    author = ProceduralAuthor(folder, seed=1, database_seed=1, unseen=False, environment=world)
    drawn = [author.candidate(number, lambda *_: ()) for number in range(12)]
    told = [candidate.task.scenario.persona for candidate in drawn if isinstance(candidate, Accepted)]
    assert told
    assert [persona for persona in told if age_or_sex_in(persona)] == []


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_two_domains_share_a_run_of_lines(name: str) -> None:
    """What all domains share belongs in the library: eight equal lines in a row of SQL or YAML are a copy."""
    own = runs(name)
    for other in BUILT_IN:
        if other != name:
            assert len(own & runs(other)) == 0, (name, other, sorted(own & runs(other))[:1])


@functools.cache
def runs(name: str, length: int = 8) -> frozenset[str]:
    found = set()
    for file in ("schema.sql", "records.sql", "tools.yaml", "policy.yaml", "intents.yaml"):
        lines = [line.strip() for line in (load(name).path / file).read_text().splitlines() if line.strip()]
        found |= {"\n".join(lines[place : place + length]) for place in range(len(lines) - length + 1)}
    return frozenset(found)


def test_the_banks_balances_are_the_sums_of_its_transactions() -> None:
    query = """
        SELECT account_id, balance_cents FROM accounts a WHERE balance_cents <>
        (SELECT coalesce(sum(amount_cents), 0) FROM transactions t WHERE t.account_id = a.account_id AND t.status = 'posted')"""
    assert rows("bank", query) == []


def test_the_banks_card_numbers_pass_luhns_test() -> None:
    numbers = [
        row["card_number"] for row in rows("bank", "SELECT card_number FROM cards WHERE card_number IS NOT NULL")
    ]
    assert numbers
    for number in numbers:
        doubled = [sum(divmod(2 * int(d), 10)) if place % 2 else int(d) for place, d in enumerate(reversed(number))]
        assert sum(doubled) % 10 == 0, number


def test_the_banks_dates_are_in_order() -> None:
    assert rows("bank", "SELECT * FROM transactions WHERE posted_at > '2025-06-16 09:30:00'") == []
    assert rows("bank", "SELECT * FROM accounts JOIN clients USING (client_id) WHERE opened_on < joined_on") == []
