"""The calls of a reference, with what it says to the user as calls too: what any client of an episode has to make."""

from __future__ import annotations

from typing import Any

from toolscale.formats.calls_only import SAY_TO_USER
from toolscale.scoring.score import tool_calls
from toolscale.shards.build import Build
from toolscale.task import Task, Trajectory


def calls_of(trajectory: Trajectory) -> list[tuple[str, dict[str, Any]]]:
    made: list[tuple[str, dict[str, Any]]] = []
    for message in trajectory.messages:
        if message["role"] == "assistant":
            if message.get("content"):
                made.append((SAY_TO_USER, {"text": message["content"]}))
            made.extend(tool_calls([message]))
    return made


def a_writing_task(built: Build) -> Task:
    return next(task for task in built.tasks("train") if task.criteria.difference.changes and task.criteria.statements)
