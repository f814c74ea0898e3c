"""The task rules: mutants die, equivalents live, and planted faults are found by the rule that is made for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.test_domain_loading import replace as edit
from toolscale.domain import load
from toolscale.scoring.said import Statement
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.task import Criteria, Task, Trajectory
from toolscale.validators import judge_task
from toolscale.validators.equivalents import equivalents_of
from toolscale.validators.mutants import mutants_of
from toolscale.validators.variants import outcomes


@pytest.fixture(scope="module")
def lending(accepted: list[Accepted]) -> Accepted:
    return next(c for c in accepted if any(call.tool == "lend_book" for call in c.task.reference))


@pytest.fixture(scope="module")
def refusal(accepted: list[Accepted]) -> Accepted:
    return next(c for c in accepted if c.task.intents == ("borrow_while_owing",))


def kinds(author: ProceduralAuthor, candidates: list[Accepted]) -> set[str]:
    return {
        mutant.kind.split(":")[0] for c in candidates for mutant in mutants_of(c.task, c.trajectory, author.environment)
    }


def failed(author: ProceduralAuthor, task: Task, trajectory: Trajectory) -> str:
    return next(v.rule for v in judge_task(task, trajectory, author.environment) if not v.passed)


def test_every_mutant_dies(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    for c in accepted:
        mutants = mutants_of(c.task, c.trajectory, author.environment)
        for mutant, outcome in outcomes(c.task, author.environment, mutants):
            assert outcome.score.value == 0, (c.task.id, mutant.kind)


def test_every_equivalent_lives(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    for c in accepted:
        equivalents = equivalents_of(c.task, c.trajectory, author.environment)
        for variant, outcome in outcomes(c.task, author.environment, equivalents):
            assert outcome.score.value == 1, (c.task.id, variant.kind)


def test_mutants_are_of_many_kinds(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    assert kinds(author, accepted) >= {
        "nothing done", "only talked", "only read", "write left out", "write made twice", "null-padded", "misnamed tool",
        "neighbouring row", "an extra write", "nobody asked", "forbidden wish fulfilled", "demanded read left out", "not said",
        "said wrong", "never read",
    }  # fmt: skip


def test_verdicts_count_the_variants_that_were_played(accepted: list[Accepted]) -> None:
    for c in accepted:
        tried = {verdict.rule: verdict.tried for verdict in c.verdicts}
        assert tried["mutants"] >= 5
        assert tried["equivalents"] >= 5


def test_a_result_that_is_not_what_the_call_gives_is_found(author: ProceduralAuthor, lending: Accepted) -> None:
    first = replace(lending.task.reference[0], result='{"member_id":"M-0000"}')
    task = replace(lending.task, reference=(first, *lending.task.reference[1:]))
    assert failed(author, task, lending.trajectory) == "replays"


def test_a_state_difference_that_the_reference_does_not_make_is_found(
    author: ProceduralAuthor, lending: Accepted
) -> None:
    change = lending.task.criteria.difference.changes[0]
    wrong = replace(lending.task.criteria.difference, changes=(replace(change, after={**change.after, "copies": 99}),))
    task = replace(lending.task, criteria=replace(lending.task.criteria, difference=wrong))
    assert failed(author, task, lending.trajectory) == "replays"


def test_a_task_that_demands_nothing_is_found(author: ProceduralAuthor, refusal: Accepted) -> None:
    task = replace(refusal.task, criteria=Criteria(refusal.task.criteria.difference, ()))
    assert failed(author, task, refusal.trajectory) == "no-op-fails"


def test_a_statement_that_the_reference_does_not_make_is_found(author: ProceduralAuthor, refusal: Accepted) -> None:
    demand = Statement("text", "a unicorn", "the animal")
    task = replace(refusal.task, criteria=replace(refusal.task.criteria, statements=(demand,)))
    assert failed(author, task, refusal.trajectory) == "reference-scores-one"


def test_a_conversation_without_a_call_of_the_reference_is_found(author: ProceduralAuthor, refusal: Accepted) -> None:
    kept = [m for m in refusal.trajectory.messages if "search_books" not in str(m.get("tool_calls"))]
    kept = [m for m in kept if m.get("name") != "search_books"]
    assert failed(author, refusal.task, replace(refusal.trajectory, messages=tuple(kept))) == "conversation"


def test_a_tool_result_that_answers_no_call_is_found(author: ProceduralAuthor, refusal: Accepted) -> None:
    messages = [dict(m) for m in refusal.trajectory.messages]
    next(m for m in messages if m["role"] == "tool")["tool_call_id"] = "call_99"
    assert failed(author, refusal.task, replace(refusal.trajectory, messages=tuple(messages))) == "conversation"


def test_a_tool_that_ignores_an_amount_is_caught_by_a_mutant(copy: Path) -> None:
    edit(copy / "tools.yaml", "fees_cents - cents(:amount)", "fees_cents - 100")
    author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=True)
    drawn = [author.candidate(number, judge_task) for number in range(20)]
    found = [c for c in drawn if isinstance(c, Rejection) and c.rule == "mutants"]
    assert found
    assert "other value" in found[0].evidence


def test_wording_that_changes_the_state_is_caught_by_an_equivalent(copy: Path) -> None:
    """A note that enters a compared column makes the wording matter."""
    edit(copy / "domain.yaml", "not_compared: [loans.note]", "not_compared: []")
    author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=False)
    drawn = [author.candidate(number, judge_task) for number in range(20)]
    found = [c for c in drawn if isinstance(c, Rejection) and c.rule == "equivalents"]
    assert found
    assert "other free text" in found[0].evidence
