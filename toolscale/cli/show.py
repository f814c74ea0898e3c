"""`toolscale show`: one task as a person wants to read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson
from toolscale.orchestration.offer import ASPECTS

if TYPE_CHECKING:
    from toolscale.task import Task, Trajectory

_RESULT_SHOWN = 400


@app.command(epilog="Example: toolscale show data/builds/demo bank-1f2e3d4c5b6a")
def show(
    build: Annotated[Path, typer.Argument(help="The folder of a build.")],
    task_id: Annotated[str, typer.Argument(help="The task.")],
    as_json: AsJson = False,
) -> None:
    """Show one task: scenario, tools, experts, prices, preference, conversation, state difference, statements, verdicts."""
    from toolscale.registry import load
    from toolscale.shards.rows import task_of, trajectory_of

    opened = load(build)
    row = opened.row("tasks", "task_id", task_id)
    trajectory_row = opened.row("trajectories", "task_id", task_id)
    if as_json:
        typer.echo(json.dumps({"task": row, "trajectory": trajectory_row}, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    task = task_of(row)
    _scenario(console, task, row["user_scenario"])
    _offer(console, task)
    _conversation(console, trajectory_of(trajectory_row))
    _criteria(console, task)
    verdicts = Table("rule", "passed", "evidence", title="Verdicts", title_justify="left")
    for verdict in row["verdicts"]:
        verdicts.add_row(verdict["rule"], "yes" if verdict["passed"] else "no", escape(verdict["evidence"]))
    console.print(verdicts)


def _scenario(console: Console, task: Task, scenario: dict[str, str]) -> None:
    counts = task.difficulty
    console.print(
        f"[bold]{task.id}[/]  {task.domain}: {', '.join(task.intents)}\n"
        f"{counts.level}: {counts.calls} calls, {counts.writes} writes, {counts.joins} joins, {counts.rules} rules, "
        f"{counts.requests} requests, {counts.turns} turns"
    )
    console.print(
        Panel(escape(f"{scenario['persona']}\n\n{scenario['task_instructions']}"), title="User", title_align="left")
    )
    if scenario["known_info"]:
        console.print(Panel(escape(scenario["known_info"]), title="Knows", title_align="left"))


def _offer(console: Console, task: Task) -> None:
    needed = {*(call.tool for call in task.reference), *(wish.tool for wish in task.wishes)}
    others = [name for name in task.tools if name not in needed]
    console.print(
        f"[bold]Tools[/] it needs {', '.join(name for name in task.tools if name in needed)}; "
        f"it also offers {', '.join(others) or 'none'}"
    )
    offer = task.orchestration
    if offer is None:
        return
    table = Table(title_justify="left")
    table.title = f"Experts (dollars per million tokens, list prices of {offer.provider} on {offer.priced_on})"
    table.add_column("expert", no_wrap=True)
    table.add_column("kind")
    for name in ("$ in", "$ out", "tok/s", "first"):
        table.add_column(name, justify="right")
    for model, kind in offer.described:
        figures = [f"{n:g}" for n in (model.dollars_in, model.dollars_out, model.tokens_per_second)]
        style = "dim" if model is offer.orchestrator else None
        table.add_row(model.name, kind, *figures, f"{model.seconds_to_first_token:g} s", style=style)
    console.print(table)
    weights = offer.preference.weights
    aspects = ", ".join(f"{name} {weights[name]:g}" for name in ASPECTS)
    wanted = ", ".join(f"{name} {weights[name]:g}" for name in task.weighed if weights[name]) or "no tool or expert"
    console.print(
        f"[bold]Preference[/] [green]{escape(offer.preference.instruction)}[/]  [dim]({offer.preference.pair})[/]"
    )
    console.print(f"  weighs {aspects}; prefers {wanted}")


def _conversation(console: Console, trajectory: Trajectory) -> None:
    console.print("[bold]Conversation[/]")
    for message in trajectory.messages[1:]:
        if message["role"] == "tool":
            text = message["content"]
            shown = text if len(text) <= _RESULT_SHOWN else text[:_RESULT_SHOWN] + " ..."
            console.print(f"[dim]    -> {escape(shown)}[/]")
            continue
        for call in message.get("tool_calls") or ():
            console.print(f"[cyan]  {call['function']['name']}[/]({escape(call['function']['arguments'])})")
        if message["content"]:
            style = "green" if message["role"] == "user" else "blue"
            console.print(f"[{style}]{message['role']:>9}[/] {escape(message['content'])}")


def _criteria(console: Console, task: Task) -> None:
    changes = Table("table", "key", "change", "before", "after", title="State difference", title_justify="left")
    for change in task.criteria.difference.changes:
        key = ", ".join(str(part) for part in change.key)
        before, after = (
            "\n".join(f"{name} = {value}" for name, value in side.items()) for side in (change.before, change.after)
        )
        changes.add_row(change.table, key, change.operation, escape(before), escape(after))
    console.print(changes if task.criteria.difference.changes else "State difference: none")
    said = Table("about", "kind", "value", title="Must be said", title_justify="left")
    for statement in task.criteria.statements:
        unit = f" {statement.unit}" if statement.unit else ""
        said.add_row(escape(statement.about), statement.kind, f"{statement.value}{unit}")
    if task.criteria.statements:
        console.print(said)
