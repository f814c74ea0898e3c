"""`toolscale report`: a build as one HTML page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.options import AsJson
from toolscale.cli.progress import progress
from toolscale.errors import BuildError


@app.command(epilog="Example: toolscale report data/builds/demo --out demo.html")
def report(
    build: Annotated[Path, typer.Argument(help="The folder of a build, or a release.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it is written; report.html in the build by default.")
    ] = None,
    tasks: Annotated[
        int | None,
        typer.Option(min=1, help="Tasks in the page, 5,000 by default; of a larger build the first of each group."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write one self-contained HTML page: figures, and a browser of the tasks. It asks for nothing over a network."""
    from toolscale.registry import load
    from toolscale.report import MOST_TASKS, write_report

    opened = load(build)
    if out is None and not (build / "manifest.json").is_file():
        raise BuildError(
            f"{build} is no folder of a build to write into", remedy="Say with --out where the report goes."
        )
    file = out or build / "report.html"
    if not file.parent.is_dir():
        raise BuildError(f"there is no folder {file.parent}", remedy="Make it, or name another file.")
    most = tasks or MOST_TASKS
    with progress("tasks", min(most, int(opened.manifest["tasks"]))) as seen:
        written = write_report(opened, file, most, seen=seen)
    size = file.stat().st_size
    if as_json:
        typer.echo(json.dumps({"file": str(file), "bytes": size, "tasks": written.shown, "left_out": written.left_out}))
        return
    left = f", {written.left_out:,} left out (--tasks)" if written.left_out else ""
    typer.echo(f"{file}: {written.shown:,} tasks{left}, {size / 1e6:.1f} MB")
