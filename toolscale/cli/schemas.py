"""`toolscale schemas`: the JSON Schemas of the file and row formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app


@app.command(epilog="Example: toolscale schemas --write")
def schemas(
    write: Annotated[bool, typer.Option("--write", help="Bring the checked-in files up to date.")] = False,
    folder: Annotated[Path | None, typer.Option(help="The folder; the package's own by default.")] = None,
) -> None:
    """Say which schema files are out of date (exit code 1), or write them."""
    from importlib import resources

    from toolscale.domain import schemas as generated

    target = folder or Path(str(resources.files("toolscale") / "schemas"))
    if write:
        changed = generated.write(target)
        typer.echo(f"written: {', '.join(changed)}" if changed else "up to date")
        return
    stale = generated.stale(target)
    if stale:
        typer.echo(f"out of date: {', '.join(stale)}\nRun: toolscale schemas --write")
        raise typer.Exit(1)
    typer.echo("up to date")
