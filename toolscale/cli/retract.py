"""`toolscale retract`: takes a wrong task out of a release, by a patch version."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.options import AsJson


@app.command(
    epilog='Example: toolscale retract ./releases/demo@v1.0.0 bank-1f2e3d4c5b6a --reason "the fee is not in the policy"'
)
def retract(
    release: Annotated[str, typer.Argument(help="The version to patch; without @ the newest.")],
    task_id: Annotated[str, typer.Argument(help="The task.")],
    reason: Annotated[str, typer.Option(help="What is wrong with it, for its users to read.")],
    public: Annotated[bool, typer.Option("--public", help="The repository on the Hub is public.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the patch version whose manifest lists the task as retracted: loading it leaves the task out."""
    from toolscale.release.errata import retract as retracted
    from toolscale.release.pulling import Address

    made = retracted(Address.of(release), task_id, reason, public=public)
    typer.echo(json.dumps(asdict(made)) if as_json else f"{made.address} ({made.commit[:12]}), without {task_id}")
