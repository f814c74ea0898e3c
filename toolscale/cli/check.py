"""`toolscale check`: judges domain folders."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

from toolscale.cli.app import app
from toolscale.cli.options import AsJson, DomainsFolder
from toolscale.errors import ToolscaleError


@app.command(epilog="Example: toolscale check bank ./my-domains/library")
def check(
    domains: Annotated[list[str] | None, typer.Argument(help="Domains by name or path; all by default.")] = None,
    domains_folder: DomainsFolder = None,
    as_json: AsJson = False,
    explain: Annotated[str | None, typer.Option(help="Print what a rule (by code or name) checks, and why.")] = None,
) -> None:
    """Judge domain folders by every domain rule. Exit code 1 if a rule fails, 2 if a folder does not even read."""
    from toolscale.domain import available, load
    from toolscale.validators import judge_domain

    if explain is not None:
        _explain(explain)
        return
    console = Console(soft_wrap=True)
    findings: list[dict[str, Any]] = []
    for name in domains or list(available(domains_folder)):
        folder = load(name, domains_folder)
        faults = list(judge_domain(folder))
        if any(rule.code == "TS101" for rule, _ in faults):
            _, fault = faults[0]
            raise ToolscaleError(fault.cause, remedy=fault.remedy, place=fault.place)
        for rule, fault in faults:
            place = fault.place
            findings.append(
                {
                    "domain": folder.name,
                    "rule": rule.code,
                    "name": rule.name,
                    "cause": fault.cause,
                    "remedy": fault.remedy,
                    "file": place.file if place else None,
                    "line": place.line if place else None,
                }
            )
            if not as_json:
                console.print(
                    f"[bold red]{rule.code}[/] {place or folder.path}: {fault.cause}\n  {fault.remedy}", highlight=False
                )
        if not as_json and not faults:
            console.print(f"[green]ok[/] {folder.name}", highlight=False)
    if as_json:
        typer.echo(json.dumps({"passed": not findings, "findings": findings}, indent=2))
    if findings:
        raise typer.Exit(1)


def _explain(code: str) -> None:
    from toolscale.errors import nearest
    from toolscale.validators import rules

    for rule in rules():
        if code in (rule.code, rule.name):
            typer.echo(f"{rule.code} {rule.name} (judges a {rule.scope})\n\n{rule.explanation}")
            return
    raise ToolscaleError(f"there is no rule '{code}'", remedy=nearest(code, [rule.code for rule in rules()]))
