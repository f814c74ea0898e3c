"""`toolscale diff`: what lies between two versions of a release, or two builds."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson

if TYPE_CHECKING:
    from toolscale.release.differences import Difference


@app.command(epilog="Example: toolscale diff ./releases/demo@v1.0.0 ./releases/demo@v1.1.0 --json")
def diff(
    before: Annotated[
        str, typer.Argument(help="A version (./folder@v1.0.0, org/name@v1.0.0) or the folder of a build.")
    ],
    after: Annotated[str, typer.Argument(help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Say which tasks were added, removed or changed, why, and which old results stay valid; --json names every task."""
    from toolscale.registry import load
    from toolscale.release.differences import difference

    found = difference(load(before), load(after))
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2, ensure_ascii=False))
    else:
        _print(found)


def _print(found: Difference) -> None:
    console = Console(highlight=False)
    for name, sides in found.domains.items():
        one, other = (side or "none" for side in sides["version"])
        console.print(f"domain {name}: {one} -> {other}{', other content' if one == other else ''}")
    for name, values in found.generator.items():
        console.print(f"{name.replace('_', ' ')}: {values[0]} -> {values[1]}")
    for word, rules in found.rules.items():
        if rules:
            console.print(f"rules {word}: {', '.join(rules)}")
    counted = Counter((task.kind, task.domain, task.why, task.results) for task in found.tasks)
    table = Table("tasks", "", "domain", "why", "old results")
    for (kind, domain, why, results), number in sorted(counted.items()):
        table.add_row(f"{number:,}", kind, domain, escape(why), "" if kind == "added" else results)
    if counted:
        console.print(table)
    old = found.results
    console.print(
        f"{found.same:,} tasks are the same in {found.before} and {found.after}. Old results: {old['valid']:,} valid, "
        f"{old['regrade']:,} to be graded again (toolscale regrade), {old['lost']:,} lost.",
        soft_wrap=True,
    )
