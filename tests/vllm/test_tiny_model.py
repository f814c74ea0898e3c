"""A real vLLM with a tiny random model, in this process and behind `vllm serve`: `make test-vllm`.

Decoding by JSON Schema makes even that model's answers valid, so that the whole way is gone for real.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.vllm.tiny_model import write_tiny_model
from toolscale.models import ModelAnswer, ModelClient, ModelError, ModelRequest, ModelSettings, ask_all
from toolscale.models.faults import Truncated
from toolscale.models.structure import structure
from toolscale.shards.build import Build
from toolscale.teaching.solving import Solved, SolvingPlan, solve

ENGINE = {"max_model_len": 24_000, "enforce_eager": True, "dtype": "float32"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["loan", "fine"]},
        "amount": {"type": "integer", "minimum": 0, "maximum": 999},
        "sure": {"type": "boolean"},
    },
    "required": ["kind", "amount", "sure"],
    "additionalProperties": False,
}
START_SECONDS = 600


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def in_process(model: Path, built: Build) -> tuple[list[ModelAnswer | ModelError], Solved]:
    """Structured answers, and attempts at a task, by a model in this process: it is loaded once."""

    async def run() -> tuple[list[ModelAnswer | ModelError], Solved]:
        settings = ModelSettings(model=str(model), backend="vllm", engine=ENGINE, temperature=1, max_tokens=600)
        async with ModelClient(settings) as client:
            answers = await client.answers(requests(8))
            plan = SolvingPlan(k=2, limit=1, splits=("train",), most_turns=3)
            return answers, await solve(built, plan, client)

    return asyncio.run(run())


@pytest.fixture(scope="session")
def address(model: Path) -> Iterator[str]:
    """The address of a `vllm serve` of the model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--port", str(port)]
    command += ["--served-model-name", "tiny", "--max-model-len", "24000", "--enforce-eager", "--dtype", "float32"]
    with subprocess.Popen(command) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "vllm serve ended"
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(1)
    pytest.fail(f"vllm serve did not start in {START_SECONDS} s")


def requests(count: int) -> list[ModelRequest]:
    message = {"role": "user", "content": "A row, please."}
    return [ModelRequest([message], "draft", schema=SCHEMA, seed=1, attempt=number) for number in range(count)]


def check(answers: list[ModelAnswer | ModelError]) -> None:
    """Whatever a random model writes is valid, or was cut off: it may fill the answer with white space."""
    valid = [answer for answer in answers if isinstance(answer, ModelAnswer)]
    assert all(isinstance(answer, Truncated) for answer in answers if isinstance(answer, ModelError)), answers
    assert len(valid) >= len(answers) // 2
    for answer in valid:
        assert structure(SCHEMA).value(answer.text) == answer.value
        assert answer.tokens_in > 0
        assert answer.tokens_out > 0
    assert len({answer.text for answer in valid}) > 1, "attempts differ"


def test_in_process_every_answer_satisfies_its_schema(
    in_process: tuple[list[ModelAnswer | ModelError], Solved],
) -> None:
    check(in_process[0])


def test_in_process_attempts_at_a_task_are_played_to_their_end(
    in_process: tuple[list[ModelAnswer | ModelError], Solved],
) -> None:
    (outcome,) = in_process[1].outcomes.values()
    assert (outcome.attempts, outcome.solved, outcome.void) == (2, 0, 0), in_process[1].void


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_behind_an_address_every_answer_satisfies_its_schema(address: str, stream: bool) -> None:
    settings = ModelSettings(
        model="tiny", base_url=address, structured="native", stream=stream, temperature=1, max_tokens=600
    )
    check(ask_all(settings, requests(8)))
