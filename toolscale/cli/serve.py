"""`toolscale serve`: one task's tools and user for an MCP client."""

from __future__ import annotations

import json
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from toolscale.cli.app import app
from toolscale.errors import ToolscaleError


class UserKind(StrEnum):
    """Who may play the caller."""

    SCRIPTED = "scripted"


@app.command(
    epilog="Example: toolscale serve data/builds/demo bank-1f2e3d4c5b6a --http 127.0.0.1:8000 --result result.json"
)
def serve(
    build: Annotated[str, typer.Argument(help="The folder of a build or release, or org/name@version.")],
    task_id: Annotated[str, typer.Argument(help="The task.")],
    http: Annotated[
        str | None, typer.Option("--http", metavar="HOST:PORT", help="Streamable HTTP at /mcp; stdio without it.")
    ] = None,
    user: Annotated[UserKind, typer.Option(help="Who plays the caller.")] = UserKind.SCRIPTED,
    key: Annotated[str, typer.Option(help="Varies the caller's words, and what simulated experts get wrong.")] = "mcp",
    result: Annotated[
        Path | None, typer.Option("--result", metavar="FILE", help="Write score and conversation here.", dir_okay=False)
    ] = None,
) -> None:
    """Serve one episode over MCP. It ends with the call, or when the client hangs up; the score is not told to the agent.

    The caller is the tool say_to_user. Score and reason go to standard error, and with the conversation into --result.
    """
    import anyio

    from toolscale.formats.calls_only import CallsOnlyEpisode
    from toolscale.formats.mcp_server import PATH, serve_http, serve_stdio
    from toolscale.registry import load

    address = _address(http) if http is not None else None
    opened = load(build)
    task = opened.task(task_id)
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # clients stop servers with it; the score is told all the same
    with CallsOnlyEpisode(task, opened.environment_for(task), key=key) as played:
        try:
            if address is None:
                anyio.run(serve_stdio, played)
            else:
                typer.echo(f"http://{address[0]}:{address[1]}{PATH}", err=True)
                anyio.run(serve_http, played, *address)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
        _tell(played.result(), result)


def _tell(outcome: dict[str, Any], file: Path | None) -> None:
    typer.echo(f"{outcome['task_id']}: score {outcome['score']}\n{outcome['explanation']}", err=True)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(outcome, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ToolscaleError(f"'{text}' is no HOST:PORT", remedy="Such as 127.0.0.1:8000.")
    return host.strip("[]"), int(port)
