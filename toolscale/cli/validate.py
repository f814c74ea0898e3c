"""`toolscale validate`: proves a build again, from its rows alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from toolscale.cli.app import app
from toolscale.cli.options import AsJson

_SHOWN = 20


@app.command(epilog="Example: toolscale validate data/builds/demo --json")
def validate(
    build: Annotated[Path, typer.Argument(help="The folder of a build.")],
    as_json: AsJson = False,
) -> None:
    """Check every file's hash and execute every task again; no domain folder is looked at. Exit code 1 if anything fails."""
    from toolscale.registry import load
    from toolscale.validators import build_validation as validation

    opened = load(build)
    console = Console(soft_wrap=True, highlight=False)
    faults = [*validation.validate_files(opened), *validation.validate_environments(opened)]
    total = int(opened.manifest["tasks"])
    tasks = 0
    judged = validation.validate_tasks(opened)
    bar = Console(stderr=True)
    for _, found in track(judged, "tasks", total=total, console=bar, disable=as_json or not bar.is_terminal):
        tasks += 1
        faults += found
    if tasks != total:
        faults.append(validation.BuildFault("manifest", "manifest.json", f"it counts {total} tasks, there are {tasks}"))
    if as_json:
        typer.echo(json.dumps(validation.report(tasks, faults), indent=2))
    else:
        for fault in faults[:_SHOWN]:
            console.print(f"[bold red]{fault.rule}[/] {fault.where}: {fault.evidence}".replace("\n", "\n  "))
        if len(faults) > _SHOWN:
            console.print(f"... and {len(faults) - _SHOWN} more (--json lists all)")
        console.print(f"{tasks} tasks executed again, {len(faults)} faults")
    if faults:
        raise typer.Exit(1)
