"""`toolscale publish`: validates a build and makes it a version of a release."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.options import AsJson, Workers
from toolscale.cli.progress import progress


@app.command(epilog="Example: toolscale publish data/builds/demo --to ./releases/demo --version v1.0.0")
def publish(
    build: Annotated[Path, typer.Argument(help="The folder of a build.")],
    version: Annotated[str, typer.Option(help="The version to make, such as v1.0.0; it must not exist.")],
    to: Annotated[
        str, typer.Option(help="A release folder, such as ./releases/demo, or org/name on the Hub.")
    ] = "./releases",
    public: Annotated[bool, typer.Option("--public", help="Let everybody read the repository on the Hub.")] = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Validate a build, then publish it: one commit and one tag, or one folder. A version is never overwritten.

    Exit code 1 if a rule fails. After an interruption the same command finishes what it began.
    """
    from toolscale import release
    from toolscale.release.store import store_of
    from toolscale.release.versions import Version
    from toolscale.shards.build import Build
    from toolscale.validators.build_validation import prove

    Version.of(version)
    store_of(to, public=public)
    with progress("tasks", int(Build(build).manifest["tasks"])) as seen:
        proof = prove(build, workers or os.cpu_count() or 1, seen)
    made = release.publish(build, to, version, proof=proof, public=public)
    typer.echo(json.dumps(asdict(made)) if as_json else f"{made.address} ({made.commit[:12]}), {proof.tasks} tasks")
