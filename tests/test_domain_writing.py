"""A domain written by a model, from the recorded answers of tests/recordings/library: its mistakes, repairs, and the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.endpoint import Body, Reply, Script, ScriptedEndpoint, scripted_endpoint
from tests.recorded_domain import bad_answers, good, recorded
from toolscale.authoring.domain_steps import STEPS
from toolscale.authoring.domain_writer import STATE, DomainWriter, WritingState
from toolscale.cli.app import COMMANDS, app
from toolscale.domain import load
from toolscale.errors import DomainError, ToolscaleError
from toolscale.flows.units import build_unit, part_folder
from toolscale.models import ModelSettings
from toolscale.shards.parts import read_summary
from toolscale.synthesis.plan import BuildConfiguration, units
from toolscale.validators.writing import faults

BRIEF = "a public library"
whole_run = pytest.mark.xdist_group("domain writing")  # one process runs it, for all its tests


@pytest.fixture(autouse=True, scope="module")
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "scripted")
        yield


def writer_in(into: Path, endpoint: ScriptedEndpoint, *, brief: str = BRIEF) -> DomainWriter:
    settings = ModelSettings(
        model="recorded", base_url=endpoint.base_url, cache=into / "answers.sqlite", retries=0, backoff=0.001
    )
    return DomainWriter("library", brief, into, settings, faults)


def step_of(body: Body) -> str:
    return str(body["response_format"]["json_schema"]["name"])


def until(step: str, then: Reply) -> Script:
    """Return the recorded answers up to a step, and from there on another one."""
    answers = recorded()

    def script(body: Body, number: int) -> Reply:
        return then if step_of(body) == step else answers(body, number)

    return script


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, WritingState]:
    into = tmp_path_factory.mktemp("written")
    with scripted_endpoint(recorded()) as endpoint:
        writer = writer_in(into, endpoint)
        state = writer.write()
    return writer.target, state


@whole_run
@pytest.mark.slow
def test_the_domain_keeps_every_rule_after_its_repairs(written: tuple[Path, WritingState]) -> None:
    folder, state = written
    assert state.passed
    assert {name: (folder / name).read_text(encoding="utf-8") for name in good()} == good()


@whole_run
@pytest.mark.slow
@pytest.mark.parametrize("step", [*STEPS, "mend"])
def test_each_bad_answer_was_sent_back_for_what_is_wrong_with_it(step: str, written: tuple[Path, WritingState]) -> None:
    expected = [edit["fault"] for edit in bad_answers()[step] if not edit.get("accepted")]
    found = written[1].steps[step].faults
    if step == "mend":
        assert [each["rule"] for each in found.pop(0)] == ["TS115"]  # what the whole is judged for first
    assert len(found) == len(expected) + 1
    for wanted, told in zip(expected, found, strict=False):
        assert told[0]["rule"] == wanted["rule"]
        assert wanted["cause"] in told[0]["cause"]
    assert found[-1] == []


@whole_run
@pytest.mark.slow
def test_its_report_lies_beside_it(written: tuple[Path, WritingState]) -> None:
    folder, state = written
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert report["brief"] == BRIEF
    told = (folder / "report.md").read_text(encoding="utf-8")
    assert "keeps every rule" in told
    assert state.steps["tools"].faults[0][0]["cause"] in told
    assert not folder.with_name("library.writing").exists()


@whole_run
@pytest.mark.slow
def test_it_builds(written: tuple[Path, WritingState], tmp_path: Path) -> None:
    folder, _ = written
    for unit in units(BuildConfiguration(domains=(str(folder),), tasks=20, seed=3)):
        build_unit(unit, tmp_path)
        summary = read_summary(part_folder(unit, load(str(folder)).fingerprint, tmp_path))
        assert summary is not None
        assert summary.accepted == unit.tasks


def test_a_run_that_was_killed_goes_on_and_pays_for_nothing_twice(tmp_path: Path) -> None:
    reached = threading.Event()
    answers = recorded()

    def hang(body: Body, number: int) -> Reply:
        if step_of(body) == "policy":
            reached.set()
            return Reply(delay=60)
        return answers(body, number)

    with scripted_endpoint(hang) as endpoint:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "toolscale", "new", "library", "--author", "llm", "--brief", BRIEF),
                *("--model", "recorded", "--base-url", endpoint.base_url, "--into", str(tmp_path)),
                *("--cache", str(tmp_path / "answers.sqlite"), "--set", "retries=0"),
            ],
            env={**os.environ, "TOOLSCALE_CACHE": str(tmp_path / "cache")},
            stderr=subprocess.PIPE,
        )
        assert reached.wait(120)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        before = Counter(step_of(body) for body in endpoint.requests)
    work = tmp_path / "library.writing"
    state = json.loads((work / STATE).read_text(encoding="utf-8"))
    assert [step for step in STEPS if state["steps"].get(step, {}).get("accepted")] == ["schema", "records", "tools"]
    with scripted_endpoint(until("intents", Reply(refusal="Enough."))) as endpoint:
        with pytest.raises(DomainError, match="intents is not accepted"):
            writer_in(tmp_path, endpoint).write()
        after = Counter(step_of(body) for body in endpoint.requests)
    assert before == {"schema": 3, "records": 3, "tools": 3, "policy": 1}
    assert after == {"policy": 2, "intents": 1}
    assert not (tmp_path / "library").exists()


def test_a_step_can_be_written_afresh(tmp_path: Path) -> None:
    with scripted_endpoint(until("tools", Reply(refusal="Enough."))) as endpoint:
        with pytest.raises(DomainError, match="tools"):
            writer_in(tmp_path, endpoint).write()
        first = Counter(step_of(body) for body in endpoint.requests)
        with pytest.raises(DomainError, match="tools"):
            writer_in(tmp_path, endpoint).write(again_from="records")
        again = Counter(step_of(body) for body in endpoint.requests)
    assert first == {"schema": 3, "records": 3, "tools": 1}
    assert again == {"schema": 3, "records": 6, "tools": 2}


def test_a_step_that_stays_bad_ends_the_work_with_the_reason(tmp_path: Path) -> None:
    files = [
        {"file": "domain.yaml", "text": good()["domain.yaml"]},
        {"file": "schema.sql", "text": "CREATE VIEW x AS SELECT 1;"},
    ]

    with scripted_endpoint(lambda body, number: Reply(json.dumps({"files": files}))) as endpoint:
        with pytest.raises(DomainError, match=r"schema is not accepted after 4 answers.*patrons"):
            writer_in(tmp_path, endpoint).write()
        assert len(endpoint.requests) == 4
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["library.writing"]


def test_a_file_that_is_missing_from_the_answer_is_asked_for(tmp_path: Path) -> None:
    def script(body: Body, number: int) -> Reply:
        half = [{"file": "domain.yaml", "text": good()["domain.yaml"]}]
        return Reply(json.dumps({"files": half})) if number == 0 else Reply(refusal="Enough.")

    with scripted_endpoint(script) as endpoint:
        writer = writer_in(tmp_path, endpoint)
        with pytest.raises(DomainError):
            writer.write()
    assert writer.state.steps["schema"].faults[0] == [
        {"rule": "answer", "place": "schema.sql", "cause": "the file is missing from the answer", "remedy": ""}
    ]


def test_work_from_another_brief_is_not_mixed_in(tmp_path: Path) -> None:
    with scripted_endpoint(until("schema", Reply(refusal="Enough."))) as endpoint:
        with pytest.raises(DomainError):
            writer_in(tmp_path, endpoint).write()
        with pytest.raises(DomainError, match="the same --brief"):
            writer_in(tmp_path, endpoint, brief="a zoo")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--author", "llm"], "no brief is given"),
        (["--author", "llm", "--brief", "a zoo"], "no model is named"),
        (["--author", "lmm"], "Did you mean 'llm'?"),
        (["--author", "llm", "--brief", "a zoo", "--model", "m", "--again-from", "tolls"], "Did you mean 'tools'?"),
    ],
)
def test_a_wrong_option_is_told_with_its_remedy(options: list[str], told: str, tmp_path: Path) -> None:
    for name in COMMANDS:
        import_module(f"toolscale.cli.{name}")
    result = CliRunner().invoke(app, ["new", "zoo", "--into", str(tmp_path), *options])
    assert isinstance(result.exception, ToolscaleError)
    assert result.exception.exit_code == 2
    assert told in str(result.exception)
