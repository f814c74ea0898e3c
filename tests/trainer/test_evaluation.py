"""Evaluation: intervals and pass^k, failures by kind, what is unseen, an endpoint in the same way, the report."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.endpoint import Body, Reply, Script, scripted_endpoint
from tests.trainer.playing_reference import played, spoken, turns_of_reference
from toolscale.cli.train import configured
from toolscale.errors import ToolscaleError, TrainingError
from toolscale.orchestration.presentation import system_prompt, tool_schemas
from toolscale.shards.build import Build
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Task
from toolscale.trainer.evaluate import EvaluationConfiguration, reference_rollout, run
from toolscale.trainer.failures import failure
from toolscale.trainer.intervals import Share, pass_hat
from toolscale.trainer.outcomes import outcome, read_outcomes
from toolscale.trainer.summary import summaries, summary
from toolscale.trainer.tokens import ConversationTokenizer
from toolscale.trainer.unseen import EXPERTS, INTENTS, TEST, TOOLS, Seen


@given(st.integers(0, 300), st.integers(0, 300))
def test_wilsons_interval_holds_the_share_and_solves_its_equation(hits: int, misses: int) -> None:
    share = Share(hits, hits + misses)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    if share.trials:
        assert low - 1e-9 <= share.value <= high + 1e-9
        for bound in (low, high):  # (p - bound)^2 = z^2 bound (1 - bound) / n defines both ends
            spread = 1.959963984540054**2 * bound * (1 - bound) / share.trials
            assert (share.value - bound) ** 2 == pytest.approx(spread, abs=1e-9)


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=4), st.integers(1, 5))
def test_pass_hat_is_the_share_of_choices_of_k_attempts_that_all_succeed(tasks: list[list[bool]], k: int) -> None:
    choices = [all(chosen) for task in tasks for chosen in itertools.combinations(task, k)]
    counted = pass_hat([sum(task) for task in tasks], 5, k)
    assert counted == pytest.approx(sum(choices) / (len(tasks) * math.comb(5, k)))


def test_pass_hat_needs_as_many_attempts_as_it_asks_for() -> None:
    with pytest.raises(ValueError, match="3 attempts"):
        pass_hat([1], 2, 3)


@pytest.fixture(scope="module")
def renewal(built: Build) -> Task:
    """A task with one request whose reference writes and reports."""
    return next(
        task
        for task in built.tasks()
        if len(task.scenario.requests) == 1 and any(call.writes for call in task.reference) and task.criteria.statements
    )


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ("all", None),
        ("none", "missing write"),
        ("no report", "not said"),
        ("unconfirmed", "rule broken"),
        ("broken calls", "malformed calls"),
        ("endless", "ran out of turns"),
    ],
)
def test_failures_are_told_apart(
    built: Build, tokenizer: ConversationTokenizer, renewal: Task, turns: str, expected: str | None
) -> None:
    reference = turns_of_reference(built, renewal, tokenizer)
    bye = spoken(tokenizer, "Is there anything else?")
    calls = [ids for ids in reference if "<tool_call>" in tokenizer.text(ids)]
    given = {
        "all": reference,
        "none": [bye] * 9,
        "no report": [*reference[:-1], bye],
        "unconfirmed": [*calls, reference[-1]],
        "broken calls": [*[spoken(tokenizer, "<tool_call>{")] * 2, *[bye] * 9],
        "endless": [spoken(tokenizer, "One moment, please.")] * 90,
    }[turns]
    assert failure(played(built, renewal, tokenizer, given)) == expected


def test_a_write_with_another_value_is_a_wrong_row(built: Build, tokenizer: ConversationTokenizer) -> None:
    for task in built.tasks():
        if len(task.scenario.requests) > 1 or [call.tool for call in task.reference if call.writes] != ["pay_fees"]:
            continue
        turns = turns_of_reference(built, task, tokenizer)
        amount = next(call.arguments["amount"] for call in task.reference if call.writes)
        texts = [tokenizer.text(ids) for ids in turns]
        spoilt = [text.replace(f'"amount":{amount}', '"amount":0.01') for text in texts]
        assert spoilt != texts
        given = [spoken(tokenizer, text) for text in spoilt]
        assert failure(played(built, task, tokenizer, given)) == "wrong row"
        return
    pytest.fail("the build has no task of one payment")


def test_what_training_never_showed_is_told_apart(built: Build) -> None:
    seen = Seen.in_training(built)
    for task in built.tasks("test"):
        assert INTENTS not in seen.splits(task, "test")
    for task in built.tasks("test_unseen"):
        assert INTENTS in seen.splits(task, "test_unseen")
    everything = Seen(*(frozenset() for _ in range(3)))
    one = next(task for task in built.tasks("test") if task.orchestration)
    assert everything.splits(one, "test") == (INTENTS, TOOLS, EXPERTS)
    known = next(task for task in built.tasks("train"))
    assert seen.splits(known, "test") == (TEST,)


def test_the_reference_solves_its_task_and_ends_and_is_what_attempts_are_compared_to(
    built: Build, tokenizer: ConversationTokenizer
) -> None:
    task = next(task for task in built.tasks("train") if task.orchestration)
    base = reference_rollout(task, built.environment_for(task), built.trajectory(task.id))
    assert base.outcome == 1
    assert base.ended
    one = outcome(played(built, task, tokenizer, turns_of_reference(built, task, tokenizer)), 0, [TEST], base)
    assert one.solved == 1
    assert one.preference > 0


def knows_references(built: Build, attempts: int) -> Script:
    """A model that plays references; at `renew_one_book` it asks an expert first, at refusals it gives up."""
    known: dict[tuple[str, str, str], Task] = {}
    words: dict[str, list[dict[str, Any]]] = {}
    for task in (task for split in ("test", "test_unseen") for task in built.tasks(split)):
        environment = built.environment_for(task)
        told, tools = system_prompt(task, environment), json.dumps(tool_schemas(task, environment))
        for number in range(attempts):
            known[told, tools, ScriptedUser(task.scenario, key=f"evaluation/{number}").opening().text] = task
        words[task.id] = [one for one in built.trajectory(task.id).messages if one["role"] == "assistant"]

    def script(body: Body, number: int) -> Reply:
        told, opening = (message["content"] for message in body["messages"][:2])
        task = known[told, json.dumps(body["tools"]), opening]
        place = sum(message["role"] == "assistant" for message in body["messages"])
        if task.wishes:
            return Reply("I am sorry. Anything else?")
        if "renew_one_book" in task.intents and task.orchestration:
            if place == 0:
                question = {"expert": task.orchestration.experts[0].name, "question": "What is the next step?"}
                return Reply(tool_calls=[("ask_expert", json.dumps(question))])
            place -= 1
        message = words[task.id][min(place, len(words[task.id]) - 1)]
        calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or ()]
        return Reply(message["content"], tool_calls=calls)

    return script


def test_an_endpoint_is_evaluated_in_the_same_way_and_reported_beside_another(built: Build, tmp_path: Path) -> None:
    with scripted_endpoint(knows_references(built, 2)) as endpoint:
        configuration = EvaluationConfiguration(
            build=str(built.folder),
            model="openai:reference",
            base_url=endpoint.base_url,
            out=tmp_path / "first",
            attempts=2,
        )
        first = run(configuration)
        told: list[tuple[int, int]] = []
        second = run(
            configuration.model_copy(
                update={"out": tmp_path / "second", "name": "again", "beside": (tmp_path / "first",)}
            ),
            tell=lambda over, of: told.append((over, of)),
        )
    tasks = [task for split in ("test", "test_unseen") for task in built.tasks(split)]
    solvable = [task for task in tasks if not task.wishes]
    assert first.total.success.hits == 2 * len(solvable)
    assert first.total.success.trials == 2 * len(tasks)
    assert first.total.passes == (len(solvable) / len(tasks),) * 2
    asked = [one for one in first.outcomes if one.asked]
    assert all(sum(one.asked.values()) == 1 and one.dollars > 0 for one in asked)
    assert {one.task_id for one in asked} == {task.id for task in solvable if "renew_one_book" in task.intents}
    assert told[-1] == (2 * len(tasks), 2 * len(tasks))
    assert read_outcomes(tmp_path / "first" / "attempts.jsonl") == list(first.outcomes)
    page, text = (second.report.parent / name for name in ("report.html", "report.md"))
    for part in ("again", "first", INTENTS, "Success against cost", "library", "always the strongest", "oracle"):
        assert part in page.read_text()
    assert "| again | " in text.read_text()
    assert "| first | " in text.read_text()
    assert second.report == page


def test_parts_add_up_to_the_whole(built: Build, tokenizer: ConversationTokenizer) -> None:
    outcomes = []
    for number, task in enumerate(built.tasks("test")):
        base = reference_rollout(task, built.environment_for(task), built.trajectory(task.id))
        turns = turns_of_reference(built, task, tokenizer) if number % 2 else [spoken(tokenizer, "Anything else?")] * 9
        outcomes.append(outcome(played(built, task, tokenizer, turns), 0, [TEST], base))
    parts = summaries(outcomes, lambda one: (one.level,))
    whole = summary(outcomes)
    assert sum(part.success.hits for part in parts.values()) == whole.success.hits > 0
    assert sum(part.success.trials for part in parts.values()) == whole.success.trials
    assert sum(whole.failures.values()) == whole.success.trials - whole.success.hits


def test_an_address_without_an_endpoint_and_a_folder_without_an_evaluation_are_refused(
    built: Build, tmp_path: Path
) -> None:
    settings = {"build": str(built.folder), "out": tmp_path}
    with pytest.raises(TrainingError, match="openai:NAME"):
        run(EvaluationConfiguration(model="here", base_url="http://localhost/v1", **settings))
    with pytest.raises(TrainingError, match="no evaluation"):
        run(EvaluationConfiguration(model="openai:x", beside=(tmp_path / "nothing",), **settings))


def test_an_unknown_setting_is_an_error_that_names_the_nearest() -> None:
    from toolscale.trainer.sft import SftConfiguration

    with pytest.raises(ToolscaleError, match="learning_rate"):
        configured(SftConfiguration, None, ["learnin_rate=1"])


def test_settings_come_from_a_file_then_from_words_then_from_options(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("build: a\nmodel: b\nout: c\nattempts: 2\ntasks: {levels: [easy]}\n")
    chosen = configured(EvaluationConfiguration, file, ["attempts=3", "tasks.most=7"], model="d")
    assert (chosen.build, chosen.model, chosen.attempts) == ("a", "d", 3)
    assert (chosen.tasks.levels, chosen.tasks.most) == (("easy",), 7)
