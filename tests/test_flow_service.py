"""A real Prefect server and worker on loopback, as `make ui` starts them: deployed, scheduled, watched, cancelled, retried."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import LIBRARY
from toolscale.shards.build import Build

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect server")]
ROOT = Path(__file__).parent.parent
PATIENCE = 240.0  # seconds for what takes some on a free machine
TINY = {"domains": [str(LIBRARY)], "tasks": 20, "seed": 5, "tasks_per_database": 5}


@dataclass(frozen=True, slots=True)
class Service:
    """The API of the server, and the folder of its caches."""

    api: str
    cache: Path

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.api}{path}", timeout=60).raise_for_status().json()

    def post(self, path: str, content: Any) -> Any:
        return httpx.post(f"{self.api}{path}", json=content, timeout=60).raise_for_status().json()

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/deployments/name/{name}")
        return found

    def run(self, name: str, **parameters: Any) -> str:
        created = self.post(f"/deployments/{self.deployment(name)['id']}/create_flow_run", {"parameters": parameters})
        return str(created["id"])

    def state(self, run: str) -> str:
        return str(self.get(f"/flow_runs/{run}")["state_type"])

    def wait(self, run: str, *states: str) -> None:
        final = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        await_that(lambda: self.state(run) in {*states, *final})
        assert self.state(run) in states, self.get(f"/flow_runs/{run}")["state"]

    def artifacts(self, run: str) -> dict[str, dict[str, Any]]:
        listed = self.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
        return {item["key"]: item for item in listed}


def await_that(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.5)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    cache = tmp_path_factory.mktemp("cache")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = cache / "log"
    impatient = {
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_INSERT_BATCH_SIZE": "5",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    with log.open("wb") as stream:
        running = subprocess.Popen(
            [sys.executable, "-m", "toolscale.flows.local_service", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **impatient, "TOOLSCALE_CACHE": str(cache)},
            stdout=stream,
            stderr=stream,
        )
    try:
        await_that(lambda: "Prefect's UI" in log.read_text() or running.poll() is not None)
        assert running.poll() is None, log.read_text()
        yield Service(f"http://127.0.0.1:{port}/api", cache)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=90)


def test_the_deployments_of_prefect_yaml_are_there_with_their_time_zones(service: Service) -> None:
    nightly, weekly = service.deployment("build/nightly-small"), service.deployment("release/weekly")
    assert [item["schedule"]["timezone"] for item in (*nightly["schedules"], *weekly["schedules"])] == [
        "Europe/Berlin"
    ] * 2
    for name in ("validate/on-demand", "publish/on-demand"):
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
    assert {"build-progress", "build-summary", "build-yield", "build-rejections", "build-readme"} <= artifacts.keys()
    assert artifacts["build-progress"]["data"] == 100
    assert '"accepted": 20' in artifacts["build-yield"]["data"]
    assert Build(out).manifest["tasks"] == 20
    httpx.delete(
        f"{service.api}/deployments/{deployment['id']}/schedules/{schedule['id']}", timeout=60
    ).raise_for_status()


def test_a_cancelled_build_keeps_the_units_that_are_done(service: Service, tmp_path: Path) -> None:
    out, parts = tmp_path / "cancelled", tmp_path / "parts"
    much = {**TINY, "tasks": 100_000, "tasks_per_database": 5}
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


def test_a_failed_run_is_retried_once_the_cause_is_gone(service: Service, built: Build, tmp_path: Path) -> None:
    folder = tmp_path / "late"
    run = service.run("validate/on-demand", folder=str(folder), workers=1)
    service.wait(run, "FAILED")
    shutil.copytree(built.folder, folder)
    environment = {**os.environ, "PREFECT_API_URL": service.api, "PREFECT_HOME": str(service.cache / "cli")}
    retry = [sys.executable, "-m", "prefect", "--no-prompt", "flow-run", "retry", run]
    subprocess.run(retry, check=True, env=environment, capture_output=True)
    await_that(lambda: service.state(run) != "FAILED")
    service.wait(run, "COMPLETED")
    rules = service.artifacts(run)["validate-rules"]
    assert rules["description"] == "40 tasks executed again"
