"""`toolscale simulate`: what simple policies of asking experts come to on a build, in closed form."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson
from toolscale.errors import ToolscaleError

if TYPE_CHECKING:
    from toolscale.orchestration.policies import Outlook, PolicyFigures
    from toolscale.shards.build import Build


@app.command(epilog="Example: toolscale simulate data/builds/demo --plot policies.svg")
def simulate(
    build: Annotated[Path, typer.Argument(help="The folder of a build.")],
    split: Annotated[str, typer.Option(help="The split whose tasks count.")] = "test",
    tasks: Annotated[
        int | None, typer.Option(min=1, help="So many tasks at most, evenly spread; all by default.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw cost against success (.svg, .png, .pdf).", dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what policies of asking would come to: never, always, on hard steps, with foresight; success, dollars, seconds.

    `asked` counts questions, `score` is the paper's preference evaluation against never asking, `reward` the expected training
    reward with these policies as the group.
    """
    from toolscale.orchestration.policies import figures
    from toolscale.registry import load

    opened = load(build)
    outlooks = _outlooks(opened, split, tasks)
    found = figures(outlooks)
    if plot is not None:
        from toolscale.orchestration.policy_plot import draw

        draw(found, plot, title=f"{opened.folder.name}, {split}")
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    console = Console(highlight=False)
    console.print(_table(found, f"Means of {len(outlooks)} tasks of {split}, with simulated experts"))
    console.print(_room(found))


def _outlooks(build: Build, split: str, most: int | None) -> list[Outlook]:
    from toolscale.orchestration.policies import outlook

    rows = list(zip(build.tasks(split), build.trajectories(split), strict=True))
    rows = [(task, trajectory) for task, trajectory in rows if task.orchestration is not None]
    if not rows:
        raise ToolscaleError(
            f"{build.folder} has no tasks with experts in {split}",
            remedy="Build it with this toolscale, or name a --split.",
        )
    step = 1 if most is None else -(-len(rows) // most)
    console = Console(stderr=True)
    shown = track(rows[::step], "tasks", console=console, disable=not console.is_terminal, transient=True)
    return [outlook(task, trajectory, build.environment_for(task)) for task, trajectory in shown]


def _table(found: list[PolicyFigures], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("policy", no_wrap=True)
    for name in ("solved", "dollars", "seconds", "asked", "score", "reward"):
        table.add_column(name, justify="right")
    for one in found:
        table.add_row(
            one.policy,
            f"{one.success:.1%}",
            f"{one.dollars:.4f}",
            f"{one.seconds:.0f}",
            f"{one.questions:.1f}",
            f"{one.score:.2f}",
            f"{one.reward:.2f}",
        )
    return table


def _room(found: list[PolicyFigures]) -> str:
    """Say what training can gain over the best policy that needs no foresight, and whether the calibration makes sense."""
    *plain, bound = found
    best = max(plain, key=lambda one: one.reward)
    return (
        f"Room: the best policy without foresight is '{best.policy}' with a reward of {best.reward:.2f}; the bound is "
        f"{bound.reward:.2f}, at {bound.success:.1%} solved for {bound.dollars:.4f} dollars a task."
    )
