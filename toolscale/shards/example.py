"""A worked example for the card: one task's conversation, what it changes, and what must be said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from toolscale.canonical import canonical_json
from toolscale.environment.difference import RowChange
from toolscale.shards.rows import Row, task_of
from toolscale.task import Task

_LOOKED_AT = 200
_SHOWN = 160  # characters of a tool's result


@dataclass(frozen=True, slots=True)
class Example:
    """A task as lines of text."""

    id: str
    level: str
    conversation: list[str]
    changes: list[str]
    statements: list[str]


def example(folder: Path) -> Example:
    """Return the shortest of a build's first tasks that change something and have something to be said; any if there is none."""
    tasks, trajectories = (_first_rows(folder, config) for config in ("tasks", "trajectories"))
    said = {row["task_id"]: row["messages"] for row in trajectories}

    def rank(task: Task) -> tuple[bool, int, str]:
        telling = bool(task.criteria.difference.changes and task.criteria.statements)
        return (not telling, len(canonical_json(said[task.id][1:])), task.id)

    chosen = min((task_of(row) for row in tasks if row["task_id"] in said), key=rank)
    return Example(
        id=chosen.id,
        level=chosen.difficulty.level,
        conversation=list(_conversation(said[chosen.id])),
        changes=[_change(change) for change in chosen.criteria.difference.changes] or ["none"],
        statements=[
            f"{statement.about}: {statement.kind} {statement.value}" for statement in chosen.criteria.statements
        ]
        or ["nothing"],
    )


def _first_rows(folder: Path, config: str) -> list[Row]:
    files = sorted((folder / config).glob("train-*.parquet")) or sorted((folder / config).glob("*.parquet"))
    batches = pq.ParquetFile(files[0]).iter_batches(_LOOKED_AT)
    rows: list[Row] = next(batches).to_pylist()
    return rows


def _conversation(messages: list[Row]) -> Iterator[str]:
    for message in messages[1:]:
        if message["role"] == "tool":
            text = message["content"]
            yield f"    -> {text if len(text) <= _SHOWN else text[:_SHOWN] + ' ...'}"
            continue
        if message["content"]:
            yield f"{message['role']:>9} {message['content']}"
        for call in message["tool_calls"] or ():
            yield f"  {call['function']['name']}({call['function']['arguments']})"


def _change(change: RowChange) -> str:
    key = ", ".join(map(str, change.key))
    if change.operation == "update":
        what = ", ".join(f"{name} {change.before[name]} -> {change.after[name]}" for name in change.after)
    else:
        side = change.before if change.operation == "delete" else change.after
        what = ", ".join(f"{name} = {value}" for name, value in side.items())
    return f"{change.table} {key} {change.operation}: {what}"
