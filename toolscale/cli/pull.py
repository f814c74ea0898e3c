"""`toolscale pull`: fetches a version of a release and checks every hash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.options import AsJson


@app.command(epilog="Example: toolscale pull org/name@v1.0.0 --into data/builds/pulled")
def pull(
    release: Annotated[str, typer.Argument(help="org/name@v1.0.0 or ./folder@v1.0.0; without @ the newest version.")],
    into: Annotated[
        Path | None, typer.Option(help="The folder to make; without it the files stay where they are kept.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a version of a release, check every file's hash, and print its folder.

    After an interruption or a full disk the same command goes on with what it has.
    """
    from toolscale.release.pulling import Address
    from toolscale.release.pulling import pull as pulled
    from toolscale.shards.build import Build

    folder = pulled(Address.of(release), into)
    if not as_json:
        typer.echo(folder)
        return
    manifest = Build(folder).manifest
    version = manifest.get("release", {}).get("version")
    typer.echo(json.dumps({"folder": str(folder), "version": version, "tasks": manifest["tasks"]}))
