"""`toolscale version`."""

from __future__ import annotations

import json
import platform

import apsw
import typer

from toolscale import __version__
from toolscale.cli.app import app
from toolscale.cli.options import AsJson
from toolscale.shards.rows import ROW_FORMAT


@app.command(epilog="Example: toolscale version --json")
def version(as_json: AsJson = False) -> None:
    """Print the versions of toolscale, its row format, Python and SQLite."""
    versions = {
        "toolscale": __version__,
        "row_format": ROW_FORMAT,
        "python": platform.python_version(),
        "sqlite": apsw.sqlite_lib_version(),
    }
    typer.echo(json.dumps(versions) if as_json else "\n".join(f"{name} {value}" for name, value in versions.items()))
