"""TS208: what is criterion is checked, and there is something to check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from toolscale.canonical import canonical_json
from toolscale.environment.builtin import ESCALATE
from toolscale.environment.environment import Environment
from toolscale.scoring.said import Statement, is_said
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule

SHORTEST_TEXT = 3


@task_rule("TS208", "criteria")
def criteria(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """There is something to do or to say, every statement can be told from chance, and each refusal leaves a trace.

    A text to be said has three characters or more, a number its unit; no two statements are the same; the agent says each of
    them in the trajectory; a refusal has a statement or an escalation; rows that must change are rows of tables that exist.

    Why: components of a score that are listed and empty always pass, and "must be said" strings of one or two characters match by
    chance. A refusal that leaves nothing to say and no escalation is what an agent that does nothing looks like.

    Fails: `{text: "no"}`; a number without its unit; the same statement twice; a refused wish with nothing to report.
    Passes: "12 points", money, dates, times, texts that mean something.
    """
    statements, difference = task.criteria.statements, task.criteria.difference
    if not statements and not difference.changes:
        yield "nothing must be changed and nothing must be said"
    for listed, count in Counter((s.kind, str(s.value), s.unit, s.about) for s in statements).items():
        if count > 1:
            yield f"the statement {listed} is listed {count} times"
    for statement in statements:
        if fault := _by_chance(statement):
            yield f"{statement.about}: {fault}"
        if not any(
            is_said(statement, str(m.get("content") or "")) for m in trajectory.messages if m["role"] == "assistant"
        ):
            yield f"{statement.about}: the trajectory does not say {statement.value}"
    for change in difference.changes:
        table = environment.compiled.tables.get(change.table)
        unknown = {*change.before, *change.after} - set(table.columns if table else ())
        if table is None or unknown or len(change.key) != len(table.key):
            yield f"{change.table} {canonical_json(change.key)}: there is no such table, key or column {sorted(unknown)}"
    if task.wishes and not statements and not any(call.tool == ESCALATE for call in task.reference):
        yield f"the refusal of {task.wishes[0].tool} has nothing to say and no escalation"


def _by_chance(statement: Statement) -> str | None:
    if statement.kind == "text" and len(str(statement.value).strip()) < SHORTEST_TEXT:
        return f"the text {statement.value!r} is said by chance"
    if statement.kind == "number" and not statement.unit:
        return f"the number {statement.value} has no unit"
    return None
