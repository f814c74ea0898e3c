"""A Prefect server and worker on loopback, as `make ui` starts them: one a session, for all tests that need one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parent.parent
PATIENCE = 300.0  # seconds for what takes some on a free machine
ASKED_AGAIN = 10
KEY = "the-key-that-nobody-shows"
"""The key of a model endpoint, in the environment of the worker."""


@dataclass(frozen=True, slots=True)
class Service:
    """The API of the server, and the folder of its caches."""

    api: str
    cache: Path

    def get(self, path: str) -> Any:
        return self._asked("GET", path).json()

    def post(self, path: str, content: Any) -> Any:
        return self._asked("POST", path, content).json()

    def _asked(self, method: str, path: str, content: Any = None) -> httpx.Response:
        """Ask again while the server is too busy to answer (503: its database is locked), as Prefect's client does."""
        for _ in range(ASKED_AGAIN):
            answer = httpx.request(method, f"{self.api}{path}", json=content, timeout=60)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return answer.raise_for_status()

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

    def logs(self, run: str) -> list[str]:
        listed = self.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}})
        return [str(line["message"]) for line in listed]

    def set_variable(self, name: str, value: Any) -> None:
        self._asked("PATCH", f"/variables/name/{name}", {"value": value})

    def artifacts(self, run: str) -> dict[str, dict[str, Any]]:
        listed = self.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
        return {item["key"]: item for item in listed}

    def named_artifacts(self, key: str) -> list[dict[str, Any]]:
        """The artifacts of all runs that have this key."""
        listed: list[dict[str, Any]] = self.post("/artifacts/filter", {"artifacts": {"key": {"any_": [key]}}})
        return listed


def await_that(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.5)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    cache = tmp_path_factory.mktemp("cache")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = cache / "log"
    impatient = {
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_INSERT_BATCH_SIZE": "5",
        "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    with log.open("wb") as stream:
        running = subprocess.Popen(
            [sys.executable, "-m", "toolscale.flows.local_service", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **impatient, "TOOLSCALE_CACHE": str(cache), "OPENAI_API_KEY": KEY},
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
