"""A real MCP client, over real pipes and sockets, plays a task that `toolscale serve` offers."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from tests.interop.playing_reference import a_writing_task, calls_of
from toolscale.environment.environment import Environment
from toolscale.formats.calls_only import SAY_TO_USER, CallsOnlyEpisode
from toolscale.formats.mcp_server import mcp_server
from toolscale.shards.build import Build
from toolscale.task import Task


async def _plays(server: Any, calls: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Make the calls and return what they gave."""
    async with Client(server) as client:
        given = []
        for name, arguments in calls:
            result = await client.call_tool(name, arguments)
            given.append(result.content[0].text)
        return given


def _serve(built: Build, task: Task, *options: str) -> list[str]:
    return [sys.executable, "-m", "toolscale", "serve", str(built.folder), task.id, *options]


@pytest.mark.slow
def test_a_client_solves_a_task_over_stdio(built: Build, tmp_path: Path) -> None:
    task = a_writing_task(built)
    command = _serve(built, task, "--result", str(tmp_path / "result.json"))
    calls = calls_of(built.trajectory(task.id))
    given = anyio.run(_plays, StdioServerParameters(command=command[0], args=command[1:]), calls)
    assert len(given) == len(calls)
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["task_id"], result["score"], result["ending"]) == (task.id, 1, "user"), result["explanation"]


@pytest.mark.slow
def test_a_client_solves_a_task_over_http_and_the_server_ends_with_the_call(built: Build, tmp_path: Path) -> None:
    task = a_writing_task(built)
    port = _free_port()
    command = _serve(built, task, "--http", f"127.0.0.1:{port}", "--result", str(tmp_path / "result.json"))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            _wait_for(port, server)
            anyio.run(_plays, f"http://127.0.0.1:{port}/mcp", calls_of(built.trajectory(task.id)))
            _, said = server.communicate(timeout=60)
        finally:
            server.kill()
    assert server.returncode == 0
    assert f"{task.id}: score 1" in said
    assert json.loads((tmp_path / "result.json").read_text())["score"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_in_the_middle_of_a_call_tells_the_score_so_far(
    built: Build, tmp_path: Path, told: signal.Signals
) -> None:
    task = a_writing_task(built)
    port = _free_port()
    command = _serve(built, task, "--http", f"127.0.0.1:{port}", "--result", str(tmp_path / "result.json"))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            _wait_for(port, server)
            anyio.run(_plays, f"http://127.0.0.1:{port}/mcp", calls_of(built.trajectory(task.id))[:2])
            server.send_signal(told)
            _, said = server.communicate(timeout=60)
        finally:
            server.kill()
    assert "Traceback" not in said
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["score"], result["calls"], result["ending"]) == (0, 2, None)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[str]) -> None:
    for _ in range(600):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None
        time.sleep(0.1)
    raise TimeoutError


def test_the_tools_are_the_rows_own_schemas_and_the_user_and_none_tells_a_score(built: Build) -> None:
    task = a_writing_task(built)
    row = built.row("trajectories", "task_id", task.id)
    offered = {tool["function"]["name"]: tool["function"] for tool in json.loads(row["tools"])}

    async def listed(played: CallsOnlyEpisode) -> Any:
        async with Client(mcp_server(played)) as client:
            capabilities = client.server_capabilities
            assert capabilities.resources is None
            assert capabilities.prompts is None
            return (await client.list_tools()).tools, client.instructions

    with CallsOnlyEpisode(task, built.environment_for(task), key="mcp") as played:
        tools, instructions = anyio.run(listed, played)
    assert {tool.name for tool in tools} == {*offered, SAY_TO_USER}
    for tool in tools:
        if tool.name != SAY_TO_USER:
            assert tool.input_schema == offered[tool.name]["parameters"]
            assert tool.description == offered[tool.name]["description"]
    assert task.scenario.requests[0].reason in instructions


@pytest.mark.parametrize("name", ["score", "result", "get_reward", "no_such_tool"])
def test_a_call_that_asks_for_the_score_is_an_error_that_tells_nothing(built: Build, name: str) -> None:
    task = a_writing_task(built)

    async def asked(played: CallsOnlyEpisode) -> Any:
        async with Client(mcp_server(played)) as client:
            return await client.call_tool(name, {})

    with CallsOnlyEpisode(task, built.environment_for(task), key="mcp") as played:
        result = anyio.run(asked, played)
    assert result.is_error
    assert "There is no tool" in result.content[0].text


def test_a_client_that_does_nothing_scores_nothing(built: Build, environment: Environment) -> None:
    task = a_writing_task(built)
    with CallsOnlyEpisode(task, built.environment_for(task), key="mcp") as played:
        anyio.run(_plays, mcp_server(played), [(SAY_TO_USER, {"text": "Anything else?"})])
        assert played.result()["score"] == 0


def test_after_the_end_of_the_call_nothing_is_carried_out(built: Build) -> None:
    task = a_writing_task(built)
    calls = calls_of(built.trajectory(task.id))
    with CallsOnlyEpisode(task, built.environment_for(task), key="mcp") as played:
        for name, arguments in calls:
            played.call(name, arguments)
        assert played.over
        made = len(played.live.episode.calls)
        answer = played.call(*next(call for call in calls if call[0] != SAY_TO_USER))
        assert (answer.ok, answer.text) == (False, "The call has ended.")
        assert len(played.live.episode.calls) == made
