"""A real Prefect server and worker on loopback, as `make ui` starts them: deployed, scheduled, watched, cancelled, retried."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

import toolscale
from tests.conftest import LIBRARY
from tests.prefect_service import Service, await_that
from toolscale.shards.build import Build

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect server")]
TRAINING = {
    "tiny": {
        "hidden": 32,
        "layers": 2,
        "heads": 2,
        "key_value_heads": 1,
        "head_width": 16,
        "feed_forward": 64,
        "words": 300,
    },
    "sft": {"passes": 1, "device_batch": 8, "reports": []},
    "evaluate": {"splits": ["test"], "turns": 2, "turn_tokens": 16},
}
TINY: dict[str, Any] = {"domains": [str(LIBRARY)], "tasks": 20, "seed": 5, "tasks_per_database": 5}


def test_the_deployments_of_prefect_yaml_are_there_with_their_time_zones(service: Service) -> None:
    nightly, weekly = service.deployment("build/nightly-small"), service.deployment("release/weekly")
    assert [item["schedule"]["timezone"] for item in (*nightly["schedules"], *weekly["schedules"])] == [
        "Europe/Berlin"
    ] * 2
    for name in ("build/model-written", "validate/on-demand", "publish/on-demand", "train/on-demand"):
        assert service.deployment(name)["schedules"] == []


def test_bad_values_are_rejected_before_anything_runs(service: Service) -> None:
    deployment = service.deployment("build/nightly-small")["id"]
    for wrong in ({"tasks": 0}, {"taks": 5}, {"domains": []}):
        content = {"parameters": {"configuration": {**TINY, **wrong}}, "enforce_parameter_schema": True}
        refused = httpx.post(f"{service.api}/deployments/{deployment}/create_flow_run", json=content, timeout=60)
        assert refused.status_code in {409, 422}, refused.text


def test_a_schedule_fires_a_build_and_its_artifacts_are_there(service: Service, tmp_path: Path) -> None:
    out = tmp_path / "scheduled"
    deployment = service.deployment("build/nightly-small")
    changed = httpx.patch(
        f"{service.api}/deployments/{deployment['id']}",
        json={"parameters": {"configuration": TINY, "out": str(out), "running": {"workers": 1}}},
        timeout=60,
    )
    assert changed.is_success, changed.text
    soon = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
    often = {"interval": 7 * 86400, "anchor_date": soon, "timezone": "UTC"}
    (schedule,) = service.post(f"/deployments/{deployment['id']}/schedules", [{"schedule": often, "active": True}])

    def fired() -> list[dict[str, Any]]:
        of_it = {"deployments": {"id": {"any_": [deployment["id"]]}}, "sort": "EXPECTED_START_TIME_ASC", "limit": 1}
        found: list[dict[str, Any]] = service.post("/flow_runs/filter", of_it)
        return [run for run in found if run["auto_scheduled"] and run["state_type"] == "COMPLETED"]

    await_that(fired)
    (run,) = fired()
    assert run["name"] == "build library: 20 tasks, seed 5"
    artifacts = service.artifacts(run["id"])
    assert {
        "build-progress",
        "build-summary",
        "build-yield",
        "build-rejections",
        "build-readme",
        "build-report",
    } <= artifacts.keys()
    assert artifacts["build-progress"]["data"] == 100
    assert '"accepted": 20' in artifacts["build-yield"]["data"]
    assert Build(out).manifest["tasks"] == 20
    httpx.delete(
        f"{service.api}/deployments/{deployment['id']}/schedules/{schedule['id']}", timeout=60
    ).raise_for_status()


def test_a_cancelled_build_keeps_the_units_that_are_done(service: Service, tmp_path: Path) -> None:
    out, parts = tmp_path / "cancelled", tmp_path / "parts"
    much = {**TINY, "tasks": 4_000, "tasks_per_database": 5}
    run = service.run(
        "build/nightly-small", configuration=much, out=str(out), running={"workers": 1, "parts": str(parts)}
    )
    service.wait(run, "RUNNING")
    await_that(lambda: any(parts.glob("*/part.json")))
    service.post(f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})
    service.wait(run, "CANCELLED")
    kept = len(list(parts.glob("*/part.json")))
    time.sleep(2)
    assert len(list(parts.glob("*/part.json"))) == kept, "the workers went on"
    assert kept > 0
    assert not out.exists()
    await_that(lambda: "build-failure" in service.artifacts(run))
    assert "units are in" in service.artifacts(run)["build-failure"]["data"]


def test_a_failed_release_is_retried_once_the_cause_is_gone(service: Service, tmp_path: Path) -> None:
    """The whole chain: build, validate, publish, and where PyTorch is installed train and evaluate."""
    out, to = tmp_path / "out", tmp_path / "releases"
    out.mkdir()
    run = service.run(
        "release/weekly",
        configuration=TINY,
        out=str(out),
        to=str(to),
        running={"workers": 1},
        training=TRAINING if find_spec("torch") else None,
    )
    service.wait(run, "FAILED")
    assert "no manifest.json" in service.artifacts(run)["release-failure"]["data"]
    out.rmdir()
    environment = {**os.environ, "PREFECT_API_URL": service.api, "PREFECT_HOME": str(service.cache / "cli")}
    retry = [sys.executable, "-m", "prefect", "--no-prompt", "flow-run", "retry", run]
    subprocess.run(retry, check=True, env=environment, capture_output=True)
    await_that(lambda: service.state(run) != "FAILED")
    service.wait(run, "COMPLETED")
    assert "v1.0.0" in service.artifacts(run)["release"]["description"]
    assert toolscale.load(to, revision="v1.0.0").manifest["tasks"] == TINY["tasks"]
    if find_spec("torch"):
        trained = tmp_path / "out-v1.0.0-trained"
        (report,) = (item for item in service.named_artifacts("evaluation-report") if str(trained) in item["data"])
        assert "success" in service.artifacts(report["flow_run_id"])["evaluation"]["description"]
