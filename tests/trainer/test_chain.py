"""The whole chain by its commands: a model from nothing, supervised training, three steps of reinforcement, evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import toolscale
import toolscale.cli.train  # (registers the commands)
from tests.direct_build import built_directly
from toolscale.cli.app import app
from toolscale.release import publish
from toolscale.shards.build import Build
from toolscale.synthesis.plan import BuildConfiguration
from toolscale.validators.build_validation import prove


def train(stage: str, *words: str | Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["train", stage, "--json", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version v1.0.0 of 200 bank tasks, in a local release folder."""
    work = tmp_path_factory.mktemp("bank")
    configuration = BuildConfiguration(domains=("bank",), tasks=200, seed=5, tasks_per_database=75)
    build = built_directly(configuration, work)
    publish(build.folder, f"{work}/release", "v1.0.0", proof=prove(build.folder))
    return work / "release"


@pytest.mark.slow
def test_from_a_release_of_200_bank_tasks_to_a_report_by_four_commands(release: Path, tmp_path: Path) -> None:
    build = ("--build", release, "--set", "revision=v1.0.0")
    shape = ("hidden=32", "layers=2", "heads=2", "key_value_heads=1", "head_width=16", "feed_forward=64", "words=300")
    short = ("turns=4", "turn_tokens=24", "length=1200", "at_once=8", "tasks.levels=[easy]")
    tiny = train("tiny", *build, "--out", tmp_path / "tiny", *(word for one in shape for word in ("--set", one)))
    assert tiny["parameters"] > 50_000
    sft = train(
        *("sft", *build, "--model", tmp_path / "tiny", "--out", tmp_path / "sft", "--set", "passes=1"),
        *("--set", "packing=false", "--set", "device_batch=4", "--set", "learning_rate=0.003", "--set", "asking=0.2"),
    )
    first = json.loads((tmp_path / "sft" / "metrics.jsonl").read_text().splitlines()[0])
    assert sft["loss"] < first["loss"]
    limits = [word for one in short for word in ("--set", one)]
    rl = train(
        *("rl", *build, "--model", tmp_path / "sft", "--out", tmp_path / "rl", *limits),
        *("--set", "steps=3", "--set", "groups=2", "--set", "rollouts=2", "--set", "device_batch=4"),
    )
    assert rl["step"] == 3
    assert 0 <= rl["success"] <= 1
    for name, beside in (("sft", ()), ("rl", ("--beside", tmp_path / "report-sft"))):
        report = train(
            "evaluate", *build, "--model", tmp_path / name, "--out", tmp_path / f"report-{name}", *limits, *beside
        )
        assert report["attempts"] == sum(1 for _ in easy(toolscale.load(release, revision="v1.0.0")))
        assert report["solved"] + sum(report["failures"].values()) == report["attempts"]
    page = Path(report["report"]).read_text()
    assert "report-sft" in page
    assert "tokens_per_second" in page  # the curves of the model's own training


def easy(built: Build) -> list[str]:
    return [
        task.id for split in ("test", "test_unseen") for task in built.tasks(split) if task.difficulty.level == "easy"
    ]
