"""Solving a build: a scripted teacher that knows the references, and sometimes fails."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.conftest import LIBRARY
from tests.endpoint import Body, Reply, Script, scripted_endpoint
from tests.report_pages import Page
from toolscale.domain import load
from toolscale.errors import BuildError
from toolscale.flows.units import build_unit, part_folder
from toolscale.models import Ledger, ModelClient, ModelSettings
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.synthesis.plan import BuildConfiguration, units
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import REFERENCE, Task
from toolscale.teaching.pass_at_k import pass_at
from toolscale.teaching.solved_build import Selection, write_solved
from toolscale.teaching.solving import Solved, SolvingPlan, chosen, estimate, solve
from toolscale.validators.build_validation import BUILD_CHECKS, validate_tasks

K = 3
GIVES_UP = "I am sorry, I give up. Anything else?"
Spoil = Callable[[Task, int], Reply | None]
"""What to send instead of the reference's message: by task and the place of the message."""


def teacher(build: Build, spoil: Spoil = lambda task, place: None) -> Script:
    """Play the references: the task is known by the words with which its user opens the call."""
    known: dict[str, Task] = {}
    words: dict[str, list[dict[str, Any]]] = {}
    for task, trajectory in zip(build.tasks(), build.trajectories(), strict=True):
        for number in range(3 * K):
            known[ScriptedUser(task.scenario, key=f"{task.id} {number}").opening().text] = task
        words[task.id] = [message for message in trajectory.messages if message["role"] == "assistant"]

    def script(body: Body, number: int) -> Reply:
        opening = next(message["content"] for message in body["messages"] if message["role"] == "user")
        task = known[opening]
        own = [message for message in body["messages"] if message["role"] == "assistant"]
        place = len(own)
        if own and own[0]["content"] == GIVES_UP:
            return Reply(GIVES_UP)
        spoilt = spoil(task, place)
        if spoilt is not None:
            return spoilt
        message = words[task.id][min(place, len(words[task.id]) - 1)]
        calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or ()]
        return Reply(message["content"], tool_calls=calls)

    return script


def solved_by(script: Script, build: Build, plan: SolvingPlan, **settings: Any) -> tuple[Solved, Ledger]:
    async def run(base_url: str) -> tuple[Solved, Ledger]:
        given = {"model": "teacher", "base_url": base_url, "backoff": 0.001, **settings}
        async with ModelClient(ModelSettings(**given)) as client:
            return await solve(build, plan, client), client.ledger

    with scripted_endpoint(script) as endpoint:
        return asyncio.run(run(endpoint.base_url))


def kind_of(task_id: str) -> int:
    return int(task_id[-1], 36) % 3


def sometimes() -> Spoil:
    """Solve a third of the tasks never, a third at the first attempt, a third always."""
    begun: Counter[str] = Counter()

    def spoil(task: Task, place: int) -> Reply | None:
        begun[task.id] += place == 0
        kind = kind_of(task.id)
        return Reply(GIVES_UP) if place == 0 and (kind == 0 or (kind == 1 and begun[task.id] > 1)) else None

    return spoil


@pytest.fixture(scope="module")
def solved(built: Build) -> Solved:
    return solved_by(teacher(built, sometimes()), built, SolvingPlan(k=K))[0]


def test_each_task_has_k_attempts_and_as_many_passes_as_the_teacher_made(built: Build, solved: Solved) -> None:
    assert list(solved.outcomes) == [task.id for task in built.tasks()]
    for outcome in solved.outcomes.values():
        assert (outcome.attempts, outcome.solved) == (K, (0, 1, K)[kind_of(outcome.task_id)]), outcome.reasons
        assert len(outcome.solutions) == outcome.solved
        assert sum(outcome.reasons.values()) == K - outcome.solved


def test_a_solved_build_is_accepted_with_passes_and_solutions_beside_the_references(
    built: Build, solved: Solved, tmp_path: Path
) -> None:
    write_solved(
        built, tmp_path / "out", solved, SolvingPlan(k=K), model="teacher", user="scripted", selection=Selection()
    )
    new = Build(tmp_path / "out")
    assert [fault for check in BUILD_CHECKS for fault in check(new)] == []
    assert [fault for _, faults in validate_tasks(new) for fault in faults] == []
    assert [task.id for task in new.tasks()] == [task.id for task in built.tasks()]
    for row in new.rows("tasks"):
        passes = solved.outcomes[row["task_id"]].solved
        assert row["solved"] == [{"model": "teacher", "user": "scripted", "attempts": K, "solved": passes}]
    sources = [row["source"] for row in new.rows("trajectories")]
    assert sources.count(REFERENCE) == built.manifest["tasks"]
    assert sources.count("teacher") == sum(outcome.solved for outcome in solved.outcomes.values())
    ids = [row["trajectory_id"] for row in new.rows("trajectories")]
    assert len(set(ids)) == len(ids)
    assert "teacher made" in (new.folder / "README.md").read_text()
    assert new.manifest["fingerprint"] != built.manifest["fingerprint"]


def test_writing_the_same_attempts_twice_gives_the_same_bytes(built: Build, solved: Solved, tmp_path: Path) -> None:
    plan = SolvingPlan(k=K)
    one, two = (
        write_solved(built, tmp_path / name, solved, plan, model="m", user="scripted", selection=Selection())
        for name in ("one", "two")
    )
    assert one == two


def test_a_solution_that_was_tampered_with_is_a_fault(built: Build, solved: Solved, tmp_path: Path) -> None:
    winner = next(outcome for outcome in solved.outcomes.values() if outcome.solutions)
    loser = next(o for o in solved.outcomes.values() if o.task_id != winner.task_id and not o.solved)
    swapped = Solved(outcomes={**solved.outcomes, loser.task_id: winner})
    swapped.outcomes[loser.task_id] = winner
    write_solved(built, tmp_path / "out", swapped, SolvingPlan(k=K), model="m", user="scripted", selection=Selection())
    faults = [fault for check in BUILD_CHECKS for fault in check(Build(tmp_path / "out"))]
    assert {(fault.rule, fault.where) for fault in faults} == {
        ("solutions", f"{loser.task_id}-m-{solution.number}") for solution in winner.solutions
    }


def test_tasks_that_nobody_solves_or_that_are_too_easy_become_rejections(
    built: Build, solved: Solved, tmp_path: Path
) -> None:
    selection = Selection(drop_unsolved=True, drop_above=0.9)
    manifest = write_solved(
        built, tmp_path / "out", solved, SolvingPlan(k=K), model="teacher", user="scripted", selection=selection
    )
    new = Build(tmp_path / "out")
    assert [fault for check in BUILD_CHECKS for fault in check(new)] == []
    assert [fault for _, faults in validate_tasks(new) for fault in faults] == []
    kept = {task.id for task in new.tasks()}
    assert kept == {o.task_id for o in solved.outcomes.values() if 0 < o.solved < K}
    rejected = {r["rejection_id"]: r for r in new.rows("rejections") if r["rule"] in ("unsolved", "too-easy")}
    assert kept | rejected.keys() == solved.outcomes.keys()
    assert all(f"{solved.outcomes[name].solved} of {K}" in row["evidence"] for name, row in rejected.items())
    (domain,) = manifest["domains"].values()
    assert domain["drawn"] == domain["accepted"] + sum(domain["rejected"].values())
    assert domain["drawn"] == next(iter(built.manifest["domains"].values()))["drawn"]


def test_dropping_every_task_is_refused(built: Build, solved: Solved, tmp_path: Path) -> None:
    selection = Selection(drop_unsolved=True, drop_above=0)
    with pytest.raises(BuildError, match="would be left"):
        write_solved(built, tmp_path / "out", solved, SolvingPlan(k=K), model="m", user="s", selection=selection)
    assert not list(tmp_path.iterdir())


def test_a_solved_build_can_be_solved_again_by_another_model(built: Build, solved: Solved, tmp_path: Path) -> None:
    plan = SolvingPlan(k=K)
    for name, source in (("one", built), ("two", None)):
        write_solved(
            source or Build(tmp_path / "one"),
            tmp_path / name,
            solved,
            plan,
            model=name,
            user="scripted",
            selection=Selection(),
        )
    new = Build(tmp_path / "two")
    assert [fault for check in BUILD_CHECKS for fault in check(new)] == []
    assert all([passes["model"] for passes in row["solved"]] == ["one", "two"] for row in new.rows("tasks"))
    sources = {row["source"] for row in new.rows("trajectories")}
    assert sources == {REFERENCE, "one", "two"}


def test_a_malformed_call_is_answered_by_an_error_and_the_attempt_goes_on(built: Build) -> None:
    def broken_first(task: Task, place: int) -> Reply | None:
        return Reply("", tool_calls=[(task.tools[0], "{not json"), ("no_such_tool", "{}")]) if place == 0 else None

    def script(body: Body, number: int) -> Reply:
        own = [message for message in body["messages"] if message["role"] == "assistant"]
        if own and own[0].get("tool_calls") and "not_json" in own[0]["tool_calls"][0]["function"]["arguments"]:
            rest = [message for message in body["messages"] if message is not own[0]]
            return plain({**body, "messages": rest}, number)
        return spoilt(body, number)

    plain, spoilt = teacher(built), teacher(built, broken_first)
    result, _ = solved_by(script, built, SolvingPlan(k=1, limit=3, splits=("train",)))
    assert [outcome.solved for outcome in result.outcomes.values()] == [1, 1, 1]
    for outcome in result.outcomes.values():
        errors = [message["content"] for message in outcome.solutions[0].messages if message["role"] == "tool"][:2]
        assert all("error" in json.loads(text) for text in errors)


def test_an_attempt_that_the_endpoint_spoilt_does_not_count(built: Build) -> None:
    def script(body: Body, number: int) -> Reply:
        return Reply("no such thing", status=400) if number == 0 else play(body, number)

    play = teacher(built)
    plan = SolvingPlan(k=2, limit=1, splits=("train",))
    result, _ = solved_by(script, built, plan, concurrency_start=1, concurrency_max=1)
    (outcome,) = result.outcomes.values()
    assert (outcome.attempts, outcome.solved, outcome.void) == (1, 1, 1)
    assert result.stopped is None


def test_a_budget_stops_the_run_and_a_rerun_pays_only_for_the_rest(built: Build, tmp_path: Path) -> None:
    plan = SolvingPlan(k=2, limit=4, splits=("train",))
    settings: dict[str, Any] = {"price": (1000, 1000), "cache": tmp_path / "answers.sqlite", "max_tokens": 200}
    whole, ledger = solved_by(teacher(built), built, plan, **settings, concurrency_max=4, concurrency_start=4)
    settings["cache"] = tmp_path / "other.sqlite"
    half = ledger.dollars / 2
    stopped, spent = solved_by(
        teacher(built), built, plan, **settings, budget_usd=half, concurrency_max=4, concurrency_start=4
    )
    assert stopped.stopped is not None
    assert stopped.left + len(stopped.void) + sum(o.attempts for o in stopped.outcomes.values()) == 8
    assert 0 < spent.dollars <= half
    rest, later = solved_by(teacher(built), built, plan, **settings)
    assert later.dollars == pytest.approx(ledger.dollars - spent.dollars)
    assert {o.task_id: o.solved for o in rest.outcomes.values()} == {
        o.task_id: o.solved for o in whole.outcomes.values()
    }


def test_an_estimate_is_near_what_solving_as_the_reference_does_costs(built: Build) -> None:
    plan = SolvingPlan(k=2, limit=2, splits=("train",))
    tasks = list(chosen(built, plan))
    _, ledger = solved_by(teacher(built), built, plan, price=(1, 1))
    spent = ledger.of("teach", "teacher")
    guess = estimate(built, plan, None)
    assert len(tasks) == 2
    assert guess.requests == spent.answers
    assert guess.dollars is None
    assert guess.tokens_out > 0


@pytest.mark.parametrize(("k", "attempts", "solved", "expected"), [(1, 8, 2, 0.25), (8, 8, 0, 0.0), (8, 8, 1, 1.0)])
def test_pass_at_k_is_the_unbiased_estimate(k: int, attempts: int, solved: int, expected: float) -> None:
    assert pass_at(k, attempts, solved) == pytest.approx(expected)


def test_the_command_writes_a_build_that_validate_accepts(
    built: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from toolscale.cli import solve as _solve_command  # noqa: F401
    from toolscale.cli import validate as _validate_command  # noqa: F401
    from toolscale.cli.app import app

    monkeypatch.setenv("TOOLSCALE_CACHE", str(tmp_path / "cache"))
    runner = CliRunner()
    out = tmp_path / "solved"
    with scripted_endpoint(teacher(built, sometimes())) as endpoint:
        arguments = ["solve", str(built.folder), "--model", "teacher", "--base-url", endpoint.base_url, "--k", "2"]
        estimated = runner.invoke(app, [*arguments, "--estimate", "--json"])
        assert estimated.exit_code == 0, estimated.output
        assert endpoint.requests == []
        done = runner.invoke(app, [*arguments, "--split", "test", "--out", str(out), "--json"])
        assert done.exit_code == 0, done.output
        cached = len(endpoint.requests)
        shown = runner.invoke(app, [*arguments, "--split", "test"])
        assert shown.exit_code == 0, shown.output
        assert "pass@2" in shown.stdout
        assert len(endpoint.requests) == cached, "all answers were in the cache"
        poor = [*arguments, "--split", "train", "--budget-usd", "0.01", "--set", "price=[1000,1000]"]
        stopped = runner.invoke(app, poor)
        assert stopped.exit_code == 1
        assert "--budget-usd" in stopped.stderr
    report = json.loads(done.stdout)
    assert {task["attempts"] for task in report["tasks"]} == {2}
    assert report["missing"] == 0
    page = Page((out / "report.html").read_text())
    assert "Solved by models" in page.text
    shown = {task["id"] for task in page.details if "teacher" in [said["source"] for said in task["conversations"]]}
    assert shown == {task["task_id"] for task in report["tasks"] if task["solved"]}
    assert runner.invoke(app, ["validate", str(out), "--workers", "1"]).exit_code == 0


def _asks_an_expert_first(build: Build) -> Script:
    plain = teacher(build)

    def script(body: Body, number: int) -> Reply:
        own = [message for message in body["messages"] if message["role"] == "assistant"]
        offered = [tool["function"] for tool in body["tools"] if tool["function"]["name"] == "ask_expert"]
        if offered and not own:
            expert = offered[0]["parameters"]["properties"]["expert"]["enum"][0]
            return Reply("", tool_calls=[("ask_expert", json.dumps({"expert": expert, "question": "What is next?"}))])
        rest = [message for message in body["messages"] if not offered or message is not own[0]]
        return plain({**body, "messages": rest}, number)

    return script


def test_experts_answer_and_what_they_said_is_kept(built: Build, tmp_path: Path) -> None:
    plan = SolvingPlan(k=2, limit=8, splits=("train",))
    offering = {task.id for task in chosen(built, plan) if "ask_expert" in task.tools}
    assert offering
    solved, _ = solved_by(_asks_an_expert_first(built), built, plan)
    for outcome in solved.outcomes.values():
        assert outcome.solved == 2, outcome.reasons
        if outcome.task_id in offering:
            said = [next(m["content"] for m in s.messages if m["role"] == "tool") for s in outcome.solutions]
            assert not any("error" in text for text in said)
    write_solved(built, tmp_path / "out", solved, plan, model="m", user="scripted", selection=Selection())
    assert [fault for check in BUILD_CHECKS for fault in check(Build(tmp_path / "out"))] == []


@pytest.mark.slow
def test_references_of_several_domains_keep_their_places_before_the_solutions(
    tmp_path: Path,
) -> None:
    other = tmp_path / "archive"
    shutil.copytree(LIBRARY, other)
    about = (other / "domain.yaml").read_text()
    (other / "domain.yaml").write_text(about.replace("name: library", "name: archive"))
    configuration = BuildConfiguration(domains=(str(other), str(LIBRARY)), tasks=8, seed=5, tasks_per_database=8)
    parts = []
    for unit in units(configuration):
        build_unit(unit, tmp_path / "parts")
        parts.append(part_folder(unit, load(unit.domain).fingerprint, tmp_path / "parts"))
    assemble(configuration, parts, tmp_path / "build")
    build, plan = Build(tmp_path / "build"), SolvingPlan(k=1)
    solved, _ = solved_by(teacher(build), build, plan)
    assert all(outcome.solved for outcome in solved.outcomes.values())
    selection = Selection()
    write_solved(build, tmp_path / "out", solved, plan, model="m", user="scripted", selection=selection)
    new = Build(tmp_path / "out")
    assert [fault for check in BUILD_CHECKS for fault in check(new)] == []
    judged = list(validate_tasks(new))
    assert len(judged) == 16
    assert [fault for _, faults in judged for fault in faults] == []
