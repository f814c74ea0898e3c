"""Regrading: saved trajectories are replayed and scored again on the tasks of another version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from toolscale.errors import BuildError, Place, ToolscaleError
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build

State = Literal["same", "other", "new", "retracted", "unknown"]


class SavedTrajectory(BaseModel):
    """One line of a file of trajectories: the task, the conversation, and the score that it had; there may be other fields."""

    model_config = ConfigDict(extra="allow", frozen=True)

    task_id: str
    messages: list[dict[str, Any]]
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Regraded:
    """A trajectory's scores, before and now. `state` says how they compare: `new` if there was none before, `retracted` or
    `unknown` if the version has no such task, so that there is none now. `failed` names the parts of the score that failed.
    """

    task_id: str
    before: int | None
    after: int | None
    state: State
    failed: tuple[str, ...] = ()


def saved_trajectories(path: Path) -> Iterator[SavedTrajectory]:
    """Yield the trajectories of a JSON Lines file, or of a Parquet file such as those of `trajectories`.

    Raises ToolscaleError with the line of what does not read.
    """
    try:
        for number, row in enumerate(_rows(path), 1):
            try:
                yield SavedTrajectory.model_validate(row)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, first["loc"]))
                raise ToolscaleError(
                    f"no trajectory: {first['msg']}",
                    remedy="A line holds task_id and messages, and score if there is one.",
                    place=Place(str(path), number, where or None),
                ) from None
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ToolscaleError(f"{path} can't be read: {error}", remedy="Give a .jsonl or a .parquet file.") from None


def regrade(build: Build, trajectories: Iterable[SavedTrajectory]) -> Iterator[Regraded]:
    """Yield each trajectory's scores, in their order; the tasks are those of `build`."""
    for saved in trajectories:
        if saved.task_id in build.retracted:
            yield Regraded(saved.task_id, saved.score, None, "retracted")
            continue
        try:
            task = build.task(saved.task_id)
        except BuildError:
            yield Regraded(saved.task_id, saved.score, None, "unknown")
            continue
        found = score_trajectory(task, build.environment_for(task), saved.messages)
        state: State = "new" if saved.score is None else "same" if saved.score == found.value else "other"
        yield Regraded(saved.task_id, saved.score, found.value, state, found.failed)


def _rows(path: Path) -> Iterator[Any]:
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches(256):
            for row in batch.to_pylist():
                given = [{name: value for name, value in m.items() if value is not None} for m in row["messages"]]
                yield {**row, "messages": given}
        return
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
