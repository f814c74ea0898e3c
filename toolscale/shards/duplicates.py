"""Duplicates: tasks of a build that say and do nearly the same as another one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolscale.shards.diversity import similar_pairs
from toolscale.shards.parts import read_part


def words(task: Mapping[str, Any], trajectory: Mapping[str, Any]) -> str:
    """Return what a task's user says and what its reference does, as one text; both are rows."""
    said = [message["content"] for message in trajectory["messages"] if message["role"] == "user"]
    done = [f"{call['name']} {call['arguments']}" for call in task["reference"]]
    return " ".join([*said, *done])


def repeated(texts: Sequence[str]) -> set[int]:
    """Return the places of the texts that are nearly the same as an earlier one which is not itself a repetition."""
    found: set[int] = set()
    for one, other in sorted(similar_pairs(texts)):
        if one not in found:
            found.add(other)
    return found


def repeated_draws(parts: Iterable[Path]) -> dict[Path, tuple[int, ...]]:
    """Return by part the draws of the tasks that repeat a task of an earlier part of the same domain, or of the same."""
    by_domain: dict[str, list[tuple[Path, int, str]]] = {}
    for part in parts:
        tasks = read_part(part, "tasks").select(["domain", "origin", "reference"]).to_pylist()
        trajectories = read_part(part, "trajectories").select(["messages"]).to_pylist()
        for task, trajectory in zip(tasks, trajectories, strict=True):
            entry = (part, int(task["origin"]["draw"]), words(task, trajectory))
            by_domain.setdefault(task["domain"], []).append(entry)
    found: dict[Path, list[int]] = {}
    for entries in by_domain.values():
        for place in sorted(repeated([text for _, _, text in entries])):
            part, draw, _ = entries[place]
            found.setdefault(part, []).append(draw)
    return {part: tuple(draws) for part, draws in found.items()}
