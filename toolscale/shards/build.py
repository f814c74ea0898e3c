"""A build on disk: tasks and trajectories out of Parquet, executable environments out of rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from toolscale.environment.environment import Environment
from toolscale.errors import BuildError, nearest
from toolscale.shards.columns import CONFIGS
from toolscale.shards.rows import (
    ROW_FORMAT,
    Row,
    environment_of,
    task_of,
    trajectory_of,
)
from toolscale.synthesis.plan import SPLITS
from toolscale.task import Task, Trajectory

_ENVIRONMENTS_KEPT = 16
_ROWS_AT_ONCE = 256


class Build:
    """A build folder, read lazily. Everything comes from the rows: no plugin folder is looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = _manifest(folder)
        self._environments: dict[str, Environment] = {}

    def rows(self, config: str, split: str | None = None, columns: list[str] | None = None) -> Iterator[Row]:
        """Yield the rows of a configuration, of one split or of all, as dictionaries."""
        for path in self.files(config, split):
            try:
                for batch in pq.ParquetFile(path).iter_batches(_ROWS_AT_ONCE, columns=columns):
                    yield from batch.to_pylist()
            except (pa.ArrowInvalid, OSError) as error:
                raise BuildError(f"{path} can't be read: {error}", remedy="Fetch or build it again.") from None

    def files(self, config: str, split: str | None = None) -> list[Path]:
        """Return the files of a configuration, in the order of the rows."""
        if config not in CONFIGS:
            raise BuildError(f"there is no configuration '{config}'", remedy=nearest(config, CONFIGS))
        if split is not None and split not in SPLITS:
            raise BuildError(f"there is no split '{split}'", remedy=nearest(split, SPLITS))
        splits = [split] if split else SPLITS
        return [path for name in splits for path in sorted((self.folder / config).glob(f"{name}-*.parquet"))]

    def tasks(self, split: str | None = None) -> Iterator[Task]:
        """Yield the tasks."""
        return (task_of(row) for row in self.rows("tasks", split))

    def task(self, task_id: str) -> Task:
        """Return one task. Raises BuildError for an unknown id, with the nearest one."""
        return task_of(self.row("tasks", "task_id", task_id))

    def trajectory(self, task_id: str) -> Trajectory:
        """Return a task's reference trajectory."""
        return trajectory_of(self.row("trajectories", "task_id", task_id))

    def trajectories(self, split: str | None = None) -> Iterator[Trajectory]:
        """Yield the trajectories."""
        return (trajectory_of(row) for row in self.rows("trajectories", split))

    def environment_for(self, task: Task) -> Environment:
        """Return the executable environment of a task, made from its row alone."""
        known = self._environments.pop(task.environment_id, None)
        if known is None:
            known = environment_of(self.row("environments", "environment_id", task.environment_id))
            if len(self._environments) >= _ENVIRONMENTS_KEPT:
                self._environments.pop(next(iter(self._environments)))
        self._environments[task.environment_id] = known
        return known

    def row(self, config: str, column: str, value: str) -> Row:
        """Return the first row whose `column` is `value`. Raises BuildError if there is none."""
        for path in self.files(config):
            table = pq.read_table(path, filters=[(column, "=", value)])
            if table.num_rows:
                row: Row = table.slice(0, 1).to_pylist()[0]
                return row
        known = [str(row[column]) for row in self.rows(config, columns=[column])]
        raise BuildError(
            f"{self.folder} has no {column} '{value}' in {config}",
            remedy=nearest(value, known) if len(known) < 2000 else "Is it of another build?",
        )


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BuildError(
            f"{folder} is no build: it has no manifest.json", remedy="Name a folder that `toolscale build` made."
        ) from None
    except (OSError, ValueError) as error:
        raise BuildError(f"{path} can't be read: {error}") from None
    if content.get("row_format", 0) > ROW_FORMAT:
        raise BuildError(
            f"{folder} has row format {content['row_format']}, this toolscale reads up to {ROW_FORMAT}",
            remedy=f"Install toolscale {content.get('toolscale')} or newer.",
        )
    return content
