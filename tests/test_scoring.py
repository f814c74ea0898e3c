"""The score: what solves a task, what does not, and what is said about it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import LIBRARY
from toolscale.domain import load
from toolscale.scoring.said import is_said, occurs_in_data
from toolscale.scoring.score import Score, score_trajectory
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.validators import judge_task

AUTHOR = ProceduralAuthor(load(str(LIBRARY)), seed=11, database_seed=11, unseen=False)
TASKS = [c for c in (AUTHOR.candidate(n, judge_task) for n in range(60)) if isinstance(c, Accepted)]
Messages = list[dict[str, Any]]


def some(**wanted: Any) -> Accepted:
    """The first task whose intents are just these."""
    return next(c for c in TASKS if all(getattr(c.task, name) == value for name, value in wanted.items()))


@pytest.fixture
def lending() -> Accepted:
    return next(c for c in TASKS if any(call.tool == "lend_book" for call in c.task.reference))


@pytest.fixture
def refusal() -> Accepted:
    return some(refused=("fees-before-loans",))


def messages(candidate: Accepted) -> Messages:
    return copy.deepcopy(list(candidate.trajectory.messages))


def scored(candidate: Accepted, edited: Messages) -> Score:
    return score_trajectory(candidate.task, AUTHOR.environment, edited)


def without(edited: Messages, tool: str) -> Messages:
    ids = {c["id"] for m in edited for c in m.get("tool_calls", ()) if c["function"]["name"] == tool}
    return [
        m
        for m in edited
        if m.get("tool_call_id") not in ids and not any(c["id"] in ids for c in m.get("tool_calls", ()))
    ]


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": tool, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "extra", "type": "function", "function": function}],
    }


def test_every_reference_scores_one() -> None:
    assert {scored(c, messages(c)).value for c in TASKS} == {1}


def test_a_missing_write_fails_execution_and_completeness(lending: Accepted) -> None:
    verdict = scored(lending, without(messages(lending), "lend_book"))
    assert {"execution", "completeness"} <= set(verdict.failed)
    assert "loans" in verdict.explain()
    assert "missing" in verdict.explain()


def test_a_write_too_many_fails_execution(lending: Accepted) -> None:
    extra = call("escalate_to_human", reason="other", summary="just in case")
    verdict = scored(lending, [*messages(lending), extra])
    assert verdict.failed == ("execution",)
    assert "not wanted" in verdict.explain()


def test_other_free_text_is_no_difference(lending: Accepted) -> None:
    edited = messages(lending)
    for message in edited:
        for made in message.get("tool_calls", ()):
            if made["function"]["name"] == "lend_book":
                made["function"]["arguments"] = json.dumps(
                    {**json.loads(made["function"]["arguments"]), "note": "hello"}
                )
    assert scored(lending, edited).value == 1


def test_an_extra_read_is_no_difference(lending: Accepted) -> None:
    assert scored(lending, [*messages(lending), call("search_books", title="The")]).value == 1


def test_a_failed_call_is_no_difference(lending: Accepted) -> None:
    assert scored(lending, [*messages(lending), call("renew_loan", loan_id="L-none")]).value == 1


def test_a_silent_agent_fails_fidelity(refusal: Accepted) -> None:
    edited = messages(refusal)
    for message in edited:
        if message["role"] == "assistant":
            message["content"] = "Hm."
    verdict = scored(refusal, edited)
    assert verdict.failed == ("fidelity",)
    assert "what is owed" in verdict.explain()


def test_an_answer_that_was_never_read_fails_grounding(refusal: Accepted) -> None:
    edited = without(without(messages(refusal), "find_member"), "search_books")
    assert "grounding" in scored(refusal, edited).failed


def test_a_value_may_be_worded_otherwise(refusal: Accepted) -> None:
    value = float(refusal.task.criteria.statements[0].value)
    edited = messages(refusal)
    for message in edited:
        if message["role"] == "assistant" and message["content"]:
            message["content"] = "One moment."
    edited.append({"role": "assistant", "content": f"You owe us **{value} dollars**, sorry!"})
    assert scored(refusal, edited).value == 1


def test_the_right_state_by_a_call_that_breaks_a_rule_fails_policy(lending: Accepted) -> None:
    edited = without(messages(lending), "find_member")
    verdict = scored(lending, edited)
    assert "policy" in verdict.failed
    assert "find-first" in verdict.explain()


def test_a_write_before_the_user_agreed_fails_policy(lending: Accepted) -> None:
    edited = [m for m in messages(lending) if m["role"] != "user"]
    assert "was called before the user had agreed to it" in scored(lending, edited).explain()


def test_doing_nothing_scores_zero() -> None:
    assert {scored(c, []).value for c in TASKS} == {0}


JUNK = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["assistant", "user", "tool", "nobody"]) | st.none(),
        "content": st.text(max_size=20) | st.none() | st.integers(),
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "function": st.fixed_dictionaries(
                        {},
                        optional={
                            "name": st.sampled_from([*AUTHOR.environment.compiled.tools, "x"]) | st.none(),
                            "arguments": st.text(max_size=30)
                            | st.just("[" * 100_000)
                            | st.dictionaries(st.text(), st.integers()),
                        },
                    )
                },
            ),
            max_size=2,
        )
        | st.none(),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(TASKS) - 1), st.lists(JUNK, max_size=4))
def test_scoring_never_raises(number: int, junk: Messages) -> None:
    candidate = TASKS[number]
    assert scored(candidate, [*messages(candidate), *junk]).value in (0, 1)


ARGUMENTS = sorted({
    value
    for c in TASKS
    for made in c.task.reference
    for value in made.arguments.values()
    if isinstance(value, str | int | float)
}, key=str)  # fmt: skip
WORDS = ["Very well.", "", "$17.50", "June 3, 2025", "0 copies", "All done, you owe nothing."]


def _with_other_argument(message: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    edited = copy.deepcopy(message)
    for made in edited["tool_calls"]:
        arguments = json.loads(made["function"]["arguments"])
        name = data.draw(st.sampled_from(sorted(arguments)))
        arguments[name] = data.draw(st.sampled_from(ARGUMENTS) | st.none())
        made["function"]["arguments"] = json.dumps(arguments)
    return edited


def edited_at_random(given: Messages, data: st.DataObject) -> Messages:
    """Leave out, double, swap or change some messages, or add one of another task."""
    edited = [message for message in given if message["role"] != "tool"]
    strangers = [m for c in TASKS[:10] for m in c.trajectory.messages if m.get("tool_calls")]
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(edited) - 1))
        kind = data.draw(st.sampled_from(["left out", "doubled", "swapped", "changed", "stranger"]))
        if kind == "left out" and len(edited) > 1:
            del edited[place]
        elif kind == "doubled":
            edited.insert(place, edited[place])
        elif kind == "swapped":
            other = data.draw(st.integers(0, len(edited) - 1))
            edited[place], edited[other] = edited[other], edited[place]
        elif kind == "changed" and edited[place].get("tool_calls"):
            edited[place] = _with_other_argument(edited[place], data)
        elif kind == "changed":
            edited[place] = {**edited[place], "content": data.draw(st.sampled_from(WORDS))}
        elif kind == "stranger":
            edited.insert(place, data.draw(st.sampled_from(strangers)))
    return edited


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(TASKS) - 1), st.data())
def test_a_score_of_one_means_the_same_state_and_all_the_rest(number: int, data: st.DataObject) -> None:
    """What the parts stand for is looked at here by other means than the scorer's own."""
    candidate = TASKS[number]
    edited = edited_at_random(messages(candidate), data)
    verdict = scored(candidate, edited)
    with AUTHOR.environment.episode() as episode:
        told: list[tuple[str, list[str]]] = []
        for message in edited:
            if message["role"] == "assistant" and message["content"]:
                told.append((message["content"], [record.result for record in episode.calls if record.ok]))
            for one in message.get("tool_calls", ()):
                if one["function"]["name"] in candidate.task.tools:  # what the task does not offer is refused
                    episode.call(one["function"]["name"], json.loads(one["function"]["arguments"]))
        same = episode.difference().canonical == candidate.task.criteria.difference.canonical
        kept = not any(record.broken_rules for record in episode.calls)
    policy = AUTHOR.environment.compiled.policy.text
    said = all(
        any(
            is_said(statement, text)
            and (is_said(statement, policy) or any(occurs_in_data(statement, json.loads(r)) for r in read))
            for text, read in told
        )
        for statement in candidate.task.criteria.statements
    )
    assert verdict.value == 0 or (same and kept and said)
    assert verdict.value == 1 or not (same and kept and said) or "before the user had agreed" in verdict.explain()


def test_random_edits_give_scores_of_both_kinds() -> None:
    """The law above would hold of a scorer that never says 1: some edits are harmless, and some are not."""
    scores = set()

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.integers(0, len(TASKS) - 1), st.data())
    def collect(number: int, data: st.DataObject) -> None:
        scores.add(scored(TASKS[number], edited_at_random(messages(TASKS[number]), data)).value)

    collect()
    assert scores == {0, 1}
