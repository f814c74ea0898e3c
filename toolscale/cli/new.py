"""`toolscale new`: a scaffold for a domain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app


@app.command(epilog="Example: toolscale new bike_shop --into ./my-domains")
def new(
    name: Annotated[str, typer.Argument(help="The domain's name, which is its folder's too.")],
    into: Annotated[Path, typer.Option(help="The folder to make it in.")] = Path(),
) -> None:
    """Write a small sound domain to start from: it passes `check` and builds as it is."""
    from toolscale.domain.scaffold import write_scaffold

    folder = write_scaffold(name, into)
    path = folder if folder.is_absolute() else f"./{folder}"  # a bare name would be looked up, not opened
    typer.echo(
        f"{folder} is there. Next: toolscale check {path}; then rewrite it file by file (docs/adding-a-domain.md)."
    )
