"""A unit of work that a model drafts with a fifth of its answers faulty: killed, run again, and accounted for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.conftest import LIBRARY
from tests.endpoint import FAULTS, Body, Reply, ScriptedEndpoint, scripted_endpoint
from tests.scripted_author import SPOILT, some_faulty
from toolscale.authoring.author import ModelAuthor
from toolscale.authoring.funnel import Funnel
from toolscale.authoring.report import as_markdown
from toolscale.authoring.session import Session
from toolscale.canonical import fingerprint
from toolscale.cli.app import COMMANDS, app
from toolscale.domain import load
from toolscale.errors import ToolscaleError
from toolscale.flows.units import build_unit, part_folder
from toolscale.models import ModelSettings
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.shards.parts import read_part, read_summary
from toolscale.shards.rows import task_of, trajectory_of
from toolscale.synthesis.author import Accepted
from toolscale.synthesis.plan import Authoring, BuildConfiguration, Unit, build_fingerprint, units
from toolscale.validators import judge_task
from toolscale.validators.build_validation import validate_tasks

TASKS = 24
AT_ONCE = 4
DO = """
import sys
from pathlib import Path
from toolscale.flows.units import build_unit
from tests.test_drafting_run import unit_of
build_unit(unit_of(sys.argv[1], Path(sys.argv[2])), Path(sys.argv[3]))
"""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")


def unit_of(base_url: str, cache: Path) -> Unit:
    models = ModelSettings(
        model="scripted",
        base_url=base_url,
        cache=cache,
        backoff=0.001,
        concurrency_start=AT_ONCE,
        concurrency_max=AT_ONCE,
    )
    configuration = BuildConfiguration(
        domains=(str(LIBRARY),), tasks=TASKS * 4 // 3, seed=5, authoring=Authoring(models=models)
    )
    return units(configuration)[0]


def part_of(unit: Unit, parts: Path) -> Path:
    return part_folder(unit, load(str(LIBRARY)).fingerprint, parts)


def counted(funnel: Funnel, kind: str) -> int:
    return sum(count for name, count in funnel.faults.items() if kind in name)


def told(endpoint: ScriptedEndpoint) -> list[str]:
    return [fingerprint(body["messages"]) for body in endpoint.requests]


@pytest.mark.slow
def test_a_drafted_unit_that_was_killed_ends_as_one_that_was_not(tmp_path: Path) -> None:
    kinds: dict[str, str] = {}
    answer = some_faulty(0.2, kinds.__setitem__)
    reached = threading.Event()
    answered: list[str] = []
    hanging: list[int] = []

    def hang(body: Body, number: int) -> Reply:
        if number >= 12:
            hanging.append(number)
            if len(hanging) == AT_ONCE:
                reached.set()  # nothing is on the line: a request is only sent when another one's answer has come
            return Reply(delay=60)
        reply = answer(body, number)
        if reply.status == 200 and not reply.cut:
            answered.append(fingerprint(body["messages"]))
        return reply

    with scripted_endpoint(hang) as endpoint:
        command = [
            sys.executable,
            "-c",
            DO,
            endpoint.base_url,
            str(tmp_path / "answers.sqlite"),
            str(tmp_path / "parts"),
        ]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        assert reached.wait(120)
        time.sleep(2)  # answers that come together are committed together, a moment later
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with scripted_endpoint(some_faulty(0.2)) as endpoint:
        resumed = unit_of(endpoint.base_url, tmp_path / "answers.sqlite")
        build_unit(resumed, tmp_path / "parts")
        again = told(endpoint)
    with scripted_endpoint(some_faulty(0.2)) as endpoint:
        whole = unit_of(endpoint.base_url, tmp_path / "other.sqlite")
        build_unit(whole, tmp_path / "whole")
    assert answered
    assert not set(answered) & set(again), "an answer that had come was paid for again"
    one, other = part_of(resumed, tmp_path / "parts"), part_of(whole, tmp_path / "whole")
    assert read_summary(one) == read_summary(other)
    for config in ("tasks", "trajectories", "rejections"):
        assert read_part(one, config).equals(read_part(other, config))


@pytest.mark.slow
def test_every_task_is_valid_and_every_fault_is_counted(tmp_path: Path) -> None:
    kinds: Counter[str] = Counter()
    with ExitStack() as stack:
        endpoint = stack.enter_context(scripted_endpoint(some_faulty(0.2, lambda _, kind: kinds.update([kind]))))
        unit = unit_of(endpoint.base_url, tmp_path / "answers.sqlite")
        assert unit.authoring is not None
        session = stack.enter_context(Session(unit.authoring.models))
        author = ModelAuthor(
            load(str(LIBRARY)),
            unit.authoring,
            seed=5,
            database_seed=unit.database_seed,
            unseen=False,
            wanted=TASKS,
            session=session,
        )
        accepted = []
        for candidate in author.candidates(judge_task):
            if isinstance(candidate, Accepted):
                accepted.append(candidate)
            if len(accepted) == TASKS:
                break
    for one in accepted:
        assert all(verdict.passed for verdict in judge_task(one.task, one.trajectory, author.environment))
    assert sum(kinds[kind] for kind in (*FAULTS, *SPOILT)) > 3
    funnel, spent = author.funnel, list(session.ledger.spending.values())
    mended = sum((each.mended for each in spent), Counter[str]())
    assert mended["rate limited"] == kinds["429"]
    assert mended["unreachable"] == sum(kinds[kind] for kind in ("500", "cut before", "cut middle"))
    assert counted(funnel, "refused") == kinds["refusal"]
    assert counted(funnel, "truncated") == kinds["too long"]
    assert counted(funnel, "malformed") == sum(
        kinds[kind] for kind in ("truncated JSON", "wrong types", "no such tool")
    )
    of_answers = sum(counted(funnel, kind) for kind in ("refused", "truncated", "malformed"))
    assert funnel.faults.total() - of_answers == sum(kinds[kind] for kind in SPOILT if kind != "no such tool")


@pytest.mark.slow
def test_a_part_holds_the_funnel_and_rows_that_read_again(tmp_path: Path) -> None:
    with scripted_endpoint(some_faulty(0.1)) as endpoint:
        unit = unit_of(endpoint.base_url, tmp_path / "answers.sqlite")
        assert build_unit(unit, tmp_path)
        asked = len(endpoint.requests)
        assert not build_unit(unit, tmp_path)
        assert len(endpoint.requests) == asked
    part = part_of(unit, tmp_path)
    summary = read_summary(part)
    assert summary is not None
    assert summary.funnel is not None
    funnel = Funnel.from_json(summary.funnel)
    assert funnel.steps["accepted"] >= summary.accepted == unit.tasks
    assert funnel.tokens_in["draft"] > 0
    tasks = [task_of(row) for row in read_part(part, "tasks").to_pylist()]
    trajectories = [trajectory_of(row) for row in read_part(part, "trajectories").to_pylist()]
    assert all("scripted (draft@" in task.origin.author for task in tasks)
    assert [one.task_id for one in trajectories] == [task.id for task in tasks]
    told_of = as_markdown(summary.funnel, ModelSettings(model="scripted", price=(1000, 1000)))
    assert f"drafted {funnel.steps['drafted']}" in told_of
    dollars = (funnel.tokens_in["draft"] + funnel.tokens_out["draft"]) / 1000
    assert f"{dollars:.4f}" in told_of


@pytest.mark.slow
def test_a_whole_build_tells_who_wrote_it_and_validates(tmp_path: Path) -> None:
    with scripted_endpoint(some_faulty(0.2)) as endpoint:
        models = ModelSettings(
            model="scripted", base_url=endpoint.base_url, cache=tmp_path / "answers.sqlite", backoff=0.001
        )
        authoring = Authoring(models=models, evolve=True, rewrite=True)
        configuration = BuildConfiguration(domains=(str(LIBRARY),), tasks=12, seed=5, authoring=authoring)
        for unit in units(configuration):
            build_unit(unit, tmp_path / "parts")
    parts = [part_of(unit, tmp_path / "parts") for unit in units(configuration)]
    assemble(configuration, parts, tmp_path / "whole")
    build = Build(tmp_path / "whole")
    steps = Counter(build.manifest["funnel"]["steps"])
    assert steps["accepted"] >= 12
    assert steps["evolved"] + steps["kept as drafted"] == steps["accepted at once"] + steps.get(
        "accepted after repair", 0
    )
    assert endpoint.base_url not in (build.folder / "manifest.json").read_text(encoding="utf-8")
    card = (build.folder / "README.md").read_text(encoding="utf-8")
    assert "--author llm --evolve --rewrite --model scripted" in card
    assert f"accepted {steps['accepted']}" in card
    judged = [task for task, faults in validate_tasks(build) if not faults]
    assert len(judged) == 12


def test_only_what_decides_answers_is_in_a_build_s_fingerprint() -> None:
    def of(**settings: object) -> str:
        models = ModelSettings.model_validate({"model": "m", **settings})
        return build_fingerprint(BuildConfiguration(domains=("bank",), authoring=Authoring(models=models)), ["x"])

    assert of() == of(base_url="http://elsewhere/v1", budget_usd=3, cache="x.sqlite", concurrency_max=9, timeout=5)
    assert len({of(), of(temperature=0), of(max_tokens=5), of(model="n")}) == 4


def run(*options: str) -> Result:
    for name in COMMANDS:
        import_module(f"toolscale.cli.{name}")
    return CliRunner().invoke(app, ["build", "--domains", str(LIBRARY), *options])


def test_build_says_what_drafting_would_cost_and_sends_nothing(tmp_path: Path) -> None:
    with scripted_endpoint(some_faulty(0)) as endpoint:
        model = [
            "--model",
            "m",
            "--base-url",
            endpoint.base_url,
            "--set",
            "price=[1,2]",
            "--cache",
            str(tmp_path / "a.sqlite"),
        ]
        found = run("--author", "llm", "--tasks", "10", "--estimate", "--json", "--out", str(tmp_path / "b"), *model)
        assert not endpoint.requests
    assert found.exit_code == 0, found.exception
    told = json.loads(found.stdout)
    assert told["requests"] >= 8
    assert told["dollars"] > 0
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--author", "lm"], "Did you mean 'llm'?"),
        (["--author", "llm"], "no model is named"),
        (["--evolve", "--rewrite", "--model", "m"], "evolve works on the model's own drafts"),
        (["--model", "m"], "no model has anything to write"),
    ],
)
def test_build_says_which_option_is_wrong(options: list[str], told: str, tmp_path: Path) -> None:
    result = run("--out", str(tmp_path / "b"), *options)
    assert isinstance(result.exception, ToolscaleError)
    assert told in str(result.exception)
