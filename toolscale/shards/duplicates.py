"""Duplicates: tasks of a build that say and do nearly the same as another one."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from toolscale.shards.diversity import similar_pairs
from toolscale.shards.parts import PartSummary, read_part, read_summary


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
    """Return by part the draws of the tasks that repeat a task of an earlier part of the same domain, or of the same.

    One domain is looked at after the other, so that memory is what one needs.
    """
    by_domain: dict[str, list[Path]] = {}
    for part in parts:
        by_domain.setdefault(_summary(part).domain, []).append(part)
    found: dict[Path, list[int]] = {}
    for members in by_domain.values():
        texts = _TextsOfParts(members)
        for place in sorted(repeated(texts)):
            part, row = texts.at(place)
            draw = read_part(part, "tasks").column("origin")[row]["draw"].as_py()
            found.setdefault(part, []).append(int(draw))
    return {part: tuple(draws) for part, draws in found.items()}


class _TextsOfParts(Sequence[str]):
    """The words of the tasks of some parts, one part in memory at a time."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self._parts = parts
        self._ends = list(itertools.accumulate(_summary(part).accepted for part in parts))
        self._read: tuple[Path, list[str]] | None = None

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        part, row = self.at(place)
        if self._read is None or self._read[0] != part:
            self._read = (part, _texts(part))
        return self._read[1][row]

    def at(self, place: int) -> tuple[Path, int]:
        """Return the part and the row in it of a place."""
        number = bisect.bisect_right(self._ends, place)
        return self._parts[number], place - (self._ends[number - 1] if number else 0)


def _summary(part: Path) -> PartSummary:
    summary = read_summary(part)
    assert summary is not None, f"the part {part} was there when it was made"
    return summary


def _texts(part: Path) -> list[str]:
    tasks = read_part(part, "tasks").select(["reference"]).to_pylist()
    trajectories = read_part(part, "trajectories").select(["messages"]).to_pylist()
    return [words(task, trajectory) for task, trajectory in zip(tasks, trajectories, strict=True)]
