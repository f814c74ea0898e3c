"""`toolscale check`: judges domain folders."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson, DomainsFolder, JUnitFile, Workers
from toolscale.errors import ToolscaleError

if TYPE_CHECKING:
    from toolscale.validators.domain_validation import DomainReport
    from toolscale.validators.registry import Rule

_WIDTH_OF_LOGS = 160


@app.command(epilog="Example: toolscale check bank ./my-domains/library")
def check(
    domains: Annotated[list[str] | None, typer.Argument(help="Domains by name or path; all by default.")] = None,
    domains_folder: DomainsFolder = None,
    workers: Workers = None,
    as_json: AsJson = False,
    junit: JUnitFile = None,
    github: Annotated[
        bool | None,
        typer.Option(
            "--github/--no-github", help="Annotate the lines on GitHub; by default where GITHUB_ACTIONS=true."
        ),
    ] = None,
    ignore: Annotated[str, typer.Option(help="Codes of rules that are not to judge, by comma.")] = "",
    explain: Annotated[str | None, typer.Option(help="Print what a rule (by code or name) checks, and why.")] = None,
) -> None:
    """Judge domain folders by every domain rule. Exit code 1 if a rule fails, 2 if a folder does not even read."""
    from toolscale.domain import available
    from toolscale.validators import domain_validation as validation
    from toolscale.validators.junit import write

    if explain is not None:
        _explain(explain)
        return
    names = domains or list(available(domains_folder))
    ignored = frozenset(_rule(code).code for code in ignore.split(",") if code)
    judged = validation.validate_domains(names, domains_folder, workers or os.cpu_count() or 1, ignored)
    bar = Console(stderr=True)
    reports = list(track(judged, "domains", total=len(names), console=bar, transient=True, disable=not bar.is_terminal))
    if as_json:
        typer.echo(json.dumps(validation.as_json(reports), indent=2))
    else:
        _print(reports)
    if junit is not None:
        write(junit, "toolscale check", validation.as_suites(reports))
    if github or (github is None and os.environ.get("GITHUB_ACTIONS") == "true"):
        for line in validation.as_annotations(reports):
            typer.echo(line, err=True)  # a runner reads both streams, and --json has the other to itself
    unread = [report for report in reports if not report.reads]
    _say_what_does_not_read(unread)
    if unread:
        raise typer.Exit(2)
    if any(report.findings for report in reports):
        raise typer.Exit(1)


def _print(reports: Sequence[DomainReport]) -> None:
    from toolscale.validators.printable import unlike_a_command

    console = Console(highlight=False, width=None if _has_width() else _WIDTH_OF_LOGS)
    # the frame keeps what a folder says off the start of the line, where a runner looks for commands
    table = Table(box=box.SQUARE, show_lines=True)
    table.add_column("rule", style="bold red", no_wrap=True)
    for column in ("place", "cause", "remedy"):
        table.add_column(column, overflow="fold")
    for report in reports:
        for code, place, finding in report.findings if report.reads else ():
            table.add_row(
                code, *(escape(unlike_a_command(text)) for text in (str(place), finding.cause, finding.remedy))
            )
    if table.row_count:
        console.print(table)
    for report in reports:
        passed, judged = len(report.passed), len(report.judged)
        state = (
            "[bold red]unreadable[/]" if not report.reads else "[red]failed[/]" if report.findings else "[green]ok[/]"
        )
        console.print(
            f"{state} {escape(unlike_a_command(report.name))}: {passed} of {judged} rules passed in {report.seconds:.1f} s",
            soft_wrap=True,
        )


def _has_width() -> bool:
    return sys.stdout.isatty() or "COLUMNS" in os.environ


def _say_what_does_not_read(reports: Sequence[DomainReport]) -> None:
    from toolscale.validators.printable import unlike_a_command

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for report in reports:
        for _, place, finding in report.findings:
            error = ToolscaleError(finding.cause, remedy=finding.remedy, place=place)
            console.print(f"[bold red]error[/] {escape(unlike_a_command(str(error)))}")


def _explain(code: str) -> None:
    rule = _rule(code)
    typer.echo(f"{rule.code} {rule.name} (judges a {rule.scope})\n\n{rule.explanation}")


def _rule(code: str) -> Rule:
    from toolscale.errors import nearest
    from toolscale.validators import rules

    for rule in rules():
        if code.upper() == rule.code or code == rule.name:
            return rule
    if code.upper().startswith("TS"):
        remedy = nearest(code.upper(), [rule.code for rule in rules()])
    else:
        remedy = nearest(code, [rule.name for rule in rules()])
    raise ToolscaleError(f"there is no rule '{code}'", remedy=remedy)
