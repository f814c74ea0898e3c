"""Fixtures: the tiny model, loaded once in this process, and once behind `vllm serve`."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm.tiny_model import write_tiny_model
from toolscale.authoring.session import Session
from toolscale.models import ModelSettings

CONTEXT = 24_000
MOST_TOKENS = 1_500
WHOLE_PROMPTS = {"enable_chunked_prefill": False, "max_num_batched_tokens": CONTEXT}
"""On a CPU vLLM fails where a prompt is read in parts and the request has a seed: CPU generators have no offset to go back to."""
START_SECONDS = 1_800
"""As long as the imports and the start may take on a busy machine."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def in_process(model: Path) -> Iterator[Session]:
    """A session with the model in this process."""
    engine = {"max_model_len": CONTEXT, "enforce_eager": True, "dtype": "float32", **WHOLE_PROMPTS}
    settings = ModelSettings(
        model=str(model), backend="vllm", engine=engine, temperature=1, max_tokens=MOST_TOKENS, price=(1, 2)
    )
    with Session(settings) as session:
        yield session


@pytest.fixture(scope="session")
def address(model: Path) -> Iterator[str]:
    """The address of a `vllm serve` of the model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model), "--port", str(port)]
    command += ["--served-model-name", "tiny", "--max-model-len", str(CONTEXT), "--enforce-eager", "--dtype", "float32"]
    command += ["--no-enable-chunked-prefill", "--max-num-batched-tokens", str(WHOLE_PROMPTS["max_num_batched_tokens"])]
    with subprocess.Popen(command) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def served(request: pytest.FixtureRequest, address: str) -> Iterator[Session]:
    """A session with the model behind the address."""
    settings = ModelSettings(
        model="tiny",
        base_url=address,
        structured="native",
        stream=request.param,
        temperature=1,
        max_tokens=MOST_TOKENS,
        timeout=START_SECONDS,
        price=(1, 2),
    )
    with Session(settings) as session:
        yield session


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "vllm serve ended"
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(1)
    pytest.fail(f"vllm serve did not start in {START_SECONDS} s")
