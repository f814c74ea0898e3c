"""`toolscale rules`: what the validators check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson
from toolscale.errors import ToolscaleError


@app.command(epilog="Example: toolscale rules --json")
def rules(
    write: Annotated[
        Path | None, typer.Option(metavar="PAGE", help="Bring the page of all rules up to date.", dir_okay=False)
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(metavar="PAGE", help="Say whether the page is out of date (exit code 1).", dir_okay=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the rules; or write the page that explains them, or say whether it is out of date."""
    from toolscale.validators import rules_page

    if write is not None and check is not None:
        raise ToolscaleError("--write and --check are given", remedy="Give one of them.")
    if write is not None:
        stale = rules_page.is_stale(write)
        if stale:
            write.parent.mkdir(parents=True, exist_ok=True)
            write.write_text(rules_page.page(), encoding="utf-8")
        typer.echo(f"written: {write}" if stale else "up to date")
    elif check is not None:
        if rules_page.is_stale(check):
            typer.echo(f"out of date: {check}\nRun: toolscale rules --write {check}")
            raise typer.Exit(1)
        typer.echo("up to date")
    else:
        _list(as_json)


def _list(as_json: bool) -> None:
    from toolscale.validators import rules as every_rule

    if as_json:
        listed = [{"code": r.code, "name": r.name, "scope": r.scope, "title": r.title} for r in every_rule()]
        typer.echo(json.dumps(listed, indent=2))
        return
    table = Table("code", "name", "judges a", "what is checked")
    for rule in every_rule():
        table.add_row(rule.code, rule.name, rule.scope, escape(rule.title))
    Console(highlight=False).print(table)
