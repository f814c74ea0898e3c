"""`toolscale domains`: what there is."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson, DomainsFolder

_COLUMNS = ("version", "tables", "tools", "write_tools", "rules", "rules_with_predicate", "intents", "refusals", "rows")


@app.command(epilog="Example: toolscale domains --json")
def domains(domains_folder: DomainsFolder = None, as_json: AsJson = False) -> None:
    """List the domains with their sizes; rows are those of a database at scale 1."""
    from toolscale.domain import available

    described = [_described(str(path)) for path in available(domains_folder).values()]
    if as_json:
        typer.echo(json.dumps(described, indent=2))
        return
    table = Table("domain", *(name.replace("_", " ") for name in _COLUMNS), title="Domains")
    for item in described:
        table.add_row(item["name"], *(str(item[name]) for name in _COLUMNS))
    Console().print(table)


def _described(path: str) -> dict[str, Any]:
    from toolscale.domain import load
    from toolscale.environment.environment import Environment

    folder = load(path)
    environment = Environment.of(folder, seed=1)
    own = {name: tool for name, tool in environment.compiled.tools.items() if name in folder.domain.tools}
    rows = {name: count for name, count in environment.database.rows.items() if name != "escalations"}
    return {
        "name": folder.name,
        "title": folder.domain.about.title,
        "version": folder.domain.about.version,
        "tables": len(rows),
        "tools": len(own),
        "write_tools": sum(bool(tool.writes) for tool in own.values()),
        "rules": len(folder.domain.policy),
        "rules_with_predicate": sum(rule.broken_if is not None for rule in folder.domain.policy),
        "intents": len(folder.intents),
        "refusals": sum(intent.refused is not None for intent in folder.intents.values()),
        "conditionals": sum(any(step.when for step in intent.reference) for intent in folder.intents.values()),
        "rows": sum(rows.values()),
    }
