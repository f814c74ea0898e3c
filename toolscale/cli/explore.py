"""`toolscale explore`: a build's databases in Datasette."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app


@app.command(epilog="Example: toolscale explore data/builds/demo --environment bank-f57a215aaf000327")
def explore(
    build: Annotated[Path, typer.Argument(help="The folder of a build, or a release.")],
    environment: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The database of this environment only; a task's row names its own."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = 8001,
    no_open: Annotated[bool, typer.Option("--no-open", help="Open no browser.")] = False,
) -> None:
    """Open the databases of a build in Datasette, read-only, until Ctrl-C. It needs the extra `explore`."""
    from toolscale.explore.databases import write_databases
    from toolscale.explore.datasette import serve
    from toolscale.registry import load

    files = write_databases(load(build), environment)
    serve(files, title=f"Databases of {build.resolve().name}", port=port, open_browser=not no_open)
