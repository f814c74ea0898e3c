"""`toolscale validate`: proves a build again, from its rows alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson, JUnitFile, Workers
from toolscale.cli.progress import progress

if TYPE_CHECKING:
    from toolscale.validators.build_validation import BuildFault, RuleCounts

_SHOWN = 20


@app.command(epilog="Example: toolscale validate data/builds/demo --json")
def validate(
    build: Annotated[Path, typer.Argument(help="The folder of a build.")],
    workers: Workers = None,
    as_json: AsJson = False,
    junit: JUnitFile = None,
) -> None:
    """Check every file's hash and execute every task again; no domain folder is looked at.

    Exit code 1 if anything fails, 2 if rows can't even be read.
    """
    from toolscale.registry import load
    from toolscale.validators import build_validation as validation
    from toolscale.validators.junit import write

    opened = load(build)
    with progress("tasks", int(opened.manifest["tasks"])) as seen:
        found = validation.validate_build(opened, workers or os.cpu_count() or 1, seen)
    tasks, faults, counts = found.tasks, found.faults, found.counts
    if as_json:
        typer.echo(json.dumps(validation.report(tasks, faults, counts), indent=2))
    else:
        _print(tasks, faults, counts)
    if junit is not None:
        write(junit, "toolscale validate", validation.as_suites(faults, counts))
    if faults:
        raise typer.Exit(2 if found.unread else 1)


def _print(tasks: int, faults: Sequence[BuildFault], counts: RuleCounts) -> None:
    from toolscale.validators import task_rules
    from toolscale.validators.printable import unlike_a_command

    console = Console(soft_wrap=True, highlight=False)
    for fault in faults[:_SHOWN]:
        shown = unlike_a_command(f"{fault.where}: {fault.evidence}").replace("\n", "\n  ")
        console.print(f"[bold red]{fault.rule}[/] {escape(shown)}")
    if len(faults) > _SHOWN:
        console.print(f"... and {len(faults) - _SHOWN} more (--json lists all)")
    table = Table("rule", "", "tasks judged", "passed", "variants played")
    for rule in task_rules():
        judged, passed, variants = (of[rule.name] for of in (counts.judged, counts.passed, counts.variants))
        table.add_row(rule.code, rule.name, f"{judged:,}", f"{passed:,}", f"{variants:,}" if variants else "")
    console.print(table, soft_wrap=False)
    wrong, right = counts.variants["mutants"], counts.variants["equivalents"]
    console.print(
        f"In the tasks that pass {wrong:,} wrong variants of the references all score 0 and {right:,} right ones all score 1"
    )
    console.print(f"{tasks} tasks executed again, {len(faults)} faults")
