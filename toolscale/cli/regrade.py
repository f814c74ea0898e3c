"""`toolscale regrade`: scores saved trajectories again under another version."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.options import AsJson

_SAYS = {
    "same": "with the same score",
    "other": "with another score",
    "new": "that had no score",
    "retracted": "of a retracted task",
    "unknown": "of a task that the version does not have",
}


@app.command(epilog="Example: toolscale regrade ./releases/demo@v1.1.0 runs/model.jsonl --out runs/model.v1.1.0.jsonl")
def regrade(
    release: Annotated[
        str, typer.Argument(help="The version (./folder@v1.1.0, org/name@v1.1.0) or folder of a build.")
    ],
    trajectories: Annotated[
        Path, typer.Argument(help="A .jsonl file with task_id, messages and score, or .parquet.", dir_okay=False)
    ],
    out: Annotated[Path | None, typer.Option(help="Write each trajectory's scores, as JSON Lines.")] = None,
    as_json: AsJson = False,
) -> None:
    """Replay each trajectory's calls on its task in this version, and score it: the agent is not asked again."""
    from toolscale.registry import load
    from toolscale.release.regrading import regrade as regraded
    from toolscale.release.regrading import saved_trajectories

    found = list(regraded(load(release), saved_trajectories(trajectories)))
    if out is not None:
        out.write_text("".join(json.dumps(asdict(item)) + "\n" for item in found), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps([asdict(item) for item in found], indent=2))
        return
    states: Counter[str] = Counter(item.state for item in found)
    for state, says in _SAYS.items():
        if states[state]:
            typer.echo(f"{states[state]:,} {says}")
    for word in ("before", "after"):
        scores = [score for item in found if (score := getattr(item, word)) is not None]
        if scores:
            typer.echo(f"{word}: {sum(scores):,} of {len(scores):,} solved ({sum(scores) / len(scores):.1%})")
