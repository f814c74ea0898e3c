"""NeMo Gym's own types read the rows, and what the resources server answers. Runs where nemo-gym is installed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("nemo_gym", reason="nemo-gym wants Python 3.13.14: docs/formats.md", exc_type=ImportError)

from fastapi.testclient import TestClient
from nemo_gym.base_resources_server import (
    BaseRunRequest,
    BaseSeedSessionResponse,
    BaseVerifyRequest,
    BaseVerifyResponse,
)

from tests.interop.playing_reference import a_writing_task, calls_of
from toolscale.formats import nemo_gym_files
from toolscale.formats.nemo_gym_server import resources_server
from toolscale.shards.build import Build


def test_every_row_is_a_run_request(built: Build, tmp_path: Path) -> None:
    seen = 0
    for file in nemo_gym_files.write(built, tmp_path):
        for line in file.read_text().splitlines():
            request = BaseRunRequest.model_validate(json.loads(line))
            sent = request.responses_create_params.model_dump(exclude_unset=True)
            assert sent == json.loads(line)["responses_create_params"]
            seen += 1
    assert seen == len([*built.tasks()])


def test_the_answers_of_the_server_are_those_that_agents_expect(built: Build) -> None:
    task = a_writing_task(built)
    row = nemo_gym_files.row_of(built, task)
    response = {
        "id": "resp_1", "created_at": 0, "model": "scripted", "object": "response", "output": [],
        "parallel_tool_calls": False, "tool_choice": "auto", "tools": row["responses_create_params"]["tools"],
    }  # fmt: skip
    asked = BaseVerifyRequest.model_validate({**row, "response": response})
    with TestClient(resources_server(built)) as client:
        BaseSeedSessionResponse.model_validate(client.post("/seed_session", json=row).json())
        for name, arguments in calls_of(built.trajectory(task.id)):
            client.post(f"/{name}", json=arguments)
        verified = client.post("/verify", json=asked.model_dump(mode="json")).json()
    assert BaseVerifyResponse.model_validate(verified).reward == 1.0
