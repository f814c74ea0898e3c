"""verifiers: `vf-validate` and `vf-eval` themselves over an exported package. Runs where verifiers is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("verifiers", reason="verifiers pins the MCP SDK to 2.0.0: docs/formats.md", exc_type=ImportError)

from tests.endpoint import Reply, scripted_endpoint
from tests.interop.playing_reference import calls_of
from toolscale.formats import verifiers_files
from toolscale.shards.build import Build

COMMANDS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def package(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verifiers") / "tasks"
    [*_] = verifiers_files.write(built, str(built.folder), out, split="train")
    return out


def _vf(package: Path, command: str, *words: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{package}{os.pathsep}{Path(__file__).parents[2]}",
        "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}",
        "OPENAI_API_KEY": "none",
    }
    done = subprocess.run(
        [str(COMMANDS / command), "toolscale-tasks", *words],
        env=environment, cwd=package, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def _only(folder: Path, name: str) -> Any:
    [found] = folder.rglob(name)
    return found


@pytest.mark.slow
def test_vf_validate_finds_every_reference_right_and_every_untouched_task_unsolved(
    package: Path, tmp_path: Path
) -> None:
    _vf(package, "vf-validate", "--select.limit", "4", "--runtime.type", "subprocess", "-o", str(tmp_path))
    summary = json.loads(_only(tmp_path, "summary.json").read_text())
    assert summary["checks"]["gold"]["valid"] == 4
    assert summary["checks"]["noop"]["valid"] == 4


@pytest.mark.slow
def test_vf_eval_rewards_a_model_that_makes_the_references_calls(built: Build, package: Path, tmp_path: Path) -> None:
    task = next(built.tasks("train"))
    calls = calls_of(built.trajectory(task.id))

    def reference(body: dict[str, Any], _: int) -> Reply:
        made = sum(len(message.get("tool_calls") or ()) for message in body["messages"])
        if made == len(calls):
            return Reply("Done.")
        name, arguments = calls[made]
        return Reply(tool_calls=[(name, json.dumps(arguments))])

    with scripted_endpoint(reference) as endpoint:
        _vf(
            package, "vf-eval", "--select.limit", "1", "--env.agent.harness.id", "null",
            "--env.agent.model", "scripted", "--env.agent.client.type", "eval",
            "--env.agent.client.base-url", endpoint.base_url, "--env.agent.client.api-key-var", "OPENAI_API_KEY",
            "--env.agent.runtime.type", "subprocess", "-o", str(tmp_path),
        )  # fmt: skip
    [line] = _only(tmp_path, "traces.jsonl").read_text().splitlines()
    episode = json.loads(line)
    assert episode["ok"], episode["traces"][0]["errors"]
    assert episode["task"]["key"] == task.id
    assert episode["traces"][0]["rewards"]["solved"]["score"] == 1.0
    assert episode["traces"][0]["metrics"]["calls"] == len(calls)
