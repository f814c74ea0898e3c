"""NeMo Gym: its rows, checked against the Responses API's own types, and its resources server over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from openai.types.responses import FunctionToolParam, ResponseInputParam
from pydantic import TypeAdapter

from tests.interop.playing_reference import a_writing_task, calls_of
from toolscale.formats import nemo_gym_files
from toolscale.formats.nemo_gym_server import resources_server
from toolscale.shards.build import Build
from toolscale.task import Task


@pytest.fixture(scope="module")
def client(built: Build) -> TestClient:
    return TestClient(resources_server(built))


def _seeded(client: TestClient, built: Build, task: Task) -> None:
    client.cookies.clear()
    row = nemo_gym_files.row_of(built, task)
    assert client.post("/seed_session", json=row).status_code == 200


def test_every_task_is_a_line_that_fits_the_responses_api(built: Build, tmp_path: Path) -> None:
    files = {file.name: file for file in nemo_gym_files.write(built, tmp_path)}
    rows = [json.loads(line) for line in files["train.jsonl"].read_text().splitlines()]
    assert [row["task_id"] for row in rows] == [task.id for task in built.tasks("train")]
    for row in rows:
        asked = row["responses_create_params"]
        TypeAdapter(ResponseInputParam).validate_python(asked["input"])
        TypeAdapter(list[FunctionToolParam]).validate_python(asked["tools"])


def test_the_references_calls_are_rewarded(built: Build, client: TestClient) -> None:
    task = a_writing_task(built)
    _seeded(client, built, task)
    for name, arguments in calls_of(built.trajectory(task.id)):
        assert client.post(f"/{name}", json=arguments).status_code == 200
    verified = client.post("/verify", json={"response": {"output": []}}).json()
    assert verified["reward"] == 1.0
    assert verified["response"] == {"output": []}


def test_an_episode_without_calls_is_not_rewarded_and_verifying_ends_it(built: Build, client: TestClient) -> None:
    _seeded(client, built, a_writing_task(built))
    assert client.post("/verify", json={}).json()["reward"] == 0.0
    assert client.post("/verify", json={}).status_code == 409


def test_sessions_do_not_see_each_other(built: Build) -> None:
    task = a_writing_task(built)
    app = resources_server(built)
    with TestClient(app) as one, TestClient(app) as other:
        _seeded(one, built, task)
        _seeded(other, built, task)
        for name, arguments in calls_of(built.trajectory(task.id)):
            one.post(f"/{name}", json=arguments)
        assert other.post("/verify", json={}).json()["reward"] == 0.0
        assert one.post("/verify", json={}).json()["reward"] == 1.0


def test_an_unknown_task_is_refused_with_the_nearest_id(client: TestClient) -> None:
    refused = client.post("/seed_session", json={"task_id": "library-0"})
    assert refused.status_code == 404
    assert "library-" in refused.json()["detail"]


def test_a_call_without_a_session_is_refused(client: TestClient) -> None:
    client.cookies.clear()
    assert client.post("/calculate", json={"expression": "1"}).status_code == 409
