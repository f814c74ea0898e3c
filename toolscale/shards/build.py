"""A build on disk: tasks and trajectories out of Parquet, executable environments out of rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
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
from toolscale.shards.source import FolderSource, Source
from toolscale.synthesis.plan import SPLITS
from toolscale.task import Task, Trajectory

_ENVIRONMENTS_KEPT = 16
_FILES_KEPT = 64
_ROWS_AT_ONCE = 256
_OF_TASKS = ("tasks", "trajectories")


class Build:
    """A build, read lazily. Everything comes from the rows: no plugin folder is looked at.

    `domains` and `split` leave out all other rows. Tasks that were retracted since are left out too. `source` reads the files
    from elsewhere than `folder`, which then only names the build in messages.
    """

    def __init__(
        self,
        folder: Path,
        *,
        domains: Collection[str] | None = None,
        split: str | None = None,
        source: Source | None = None,
    ) -> None:
        self.folder = folder
        self._source = source or FolderSource(folder)
        self.manifest = _manifest(folder, self._source)
        self.domains = _known_domains(domains, self.manifest)
        self.split = _known_split(split)
        self.retracted = retractions(self.manifest)
        self._environments: dict[str, Environment] = {}
        self._opened: dict[str, pq.ParquetFile] = {}
        self._found: dict[tuple[str, str], dict[str, int]] = {}
        self._group: dict[str, tuple[str, int, pa.Table]] = {}

    def rows(self, config: str, split: str | None = None, columns: list[str] | None = None) -> Iterator[Row]:
        """Yield the rows of a configuration, of one split or of all, as dictionaries."""
        needed = self._needed_to_choose(config)
        read = None if columns is None else [*columns, *(name for name in needed if name not in columns)]
        for name in self.names(config, split):
            try:
                for batch in self._file(name).iter_batches(_ROWS_AT_ONCE, columns=read):
                    chosen = self._chosen(batch) if needed else batch
                    yield from (chosen if columns is None else chosen.select(columns)).to_pylist()
            except (pa.ArrowException, OSError) as error:
                raise self._unreadable(name, error) from None

    def names(self, config: str, split: str | None = None) -> list[str]:
        """Return the names of a configuration's files, relative to the build, in the order of the rows."""
        if config not in CONFIGS:
            raise BuildError(f"there is no configuration '{config}'", remedy=nearest(config, CONFIGS))
        if _known_split(split) and self.split not in (None, split):
            raise BuildError(f"the build was loaded with the split {self.split} only", remedy="Load it without split.")
        wanted = [split or self.split] if split or self.split else SPLITS
        found = sorted(self._source.names())
        return [name for one in wanted for name in found if is_chosen(name, config, str(one), self.domains)]

    def files(self, config: str, split: str | None = None) -> list[Path]:
        """Return the files of a configuration, in the order of the rows."""
        return [self.folder / name for name in self.names(config, split)]

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
        """Return the first row whose `column` is `value`. Raises BuildError if there is none, or if it was retracted.

        Only the column is searched; then one row group is read, and kept for the next call.
        """
        if config in _OF_TASKS and column == "task_id" and value in self.retracted:
            raise BuildError(
                f"{value} was retracted: {self.retracted[value]}", remedy="Older versions of the release still have it."
            )
        for name in self.names(config):
            try:
                place = self._places(name, column).get(value)
                if place is not None:
                    row: Row = self._row_at(config, name, place)
                    return row
            except (pa.ArrowException, OSError) as error:
                raise self._unreadable(name, error) from None
        known = [str(row[column]) for row in self.rows(config, columns=[column])]
        raise BuildError(
            f"{self.folder} has no {column} '{value}' in {config}",
            remedy=nearest(value, known) if len(known) < 2000 else "Is it of another build?",
        )

    def _row_at(self, config: str, name: str, place: int) -> Row:
        file = self._file(name)
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if place < size:
                break
            place -= size
        kept = self._group.get(config)
        if kept is None or kept[:2] != (name, group):
            kept = self._group[config] = (name, group, file.read_row_group(group))
        row: Row = kept[2].slice(place, 1).to_pylist()[0]
        return row

    def _places(self, name: str, column: str) -> dict[str, int]:
        """Return where each value of a column first stands in a file. (Arrow's own search imports pandas, which takes long.)"""
        known = self._found.get((name, column))
        if known is None:
            values = self._file(name).read(columns=[column]).column(0).to_pylist()
            known = self._found[name, column] = {value: place for place, value in reversed([*enumerate(values)])}
        return known

    def _file(self, name: str) -> pq.ParquetFile:
        known = self._opened.pop(name, None)
        if known is None:
            known = pq.ParquetFile(self._source.open(name), page_checksum_verification=True)
            if len(self._opened) >= _FILES_KEPT:
                self._opened.pop(next(iter(self._opened)))
        self._opened[name] = known
        return known

    def _needed_to_choose(self, config: str) -> list[str]:
        needed = ["domain"] if self.domains is not None else []
        return [*needed, "task_id"] if self.retracted and config in _OF_TASKS else needed

    def _chosen(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if self.domains is not None:
            batch = batch.filter(pc.is_in(batch["domain"], value_set=pa.array(sorted(self.domains), pa.string())))
        if self.retracted and "task_id" in batch.schema.names:
            batch = batch.filter(
                pc.invert(pc.is_in(batch["task_id"], value_set=pa.array(list(self.retracted), pa.string())))
            )
        return batch

    def _unreadable(self, name: str, error: Exception) -> BuildError:
        return BuildError(f"{self.folder / name} can't be read: {error}", remedy="Fetch or build it again.")


def is_chosen(name: str, config: str, split: str, domains: Collection[str] | None) -> bool:
    """Whether a file `config/split-domain-00000-of-00001.parquet` may hold rows of the configuration, split and domains.

    Files of row format 1 name no domain and may hold any.
    """
    folder, _, file = name.partition("/")
    named, *domain = file.split("-")[:-3] or [""]
    return (folder, named) == (config, split) and (domains is None or not domain or domain[0] in domains)


def retractions(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the tasks that a release's manifest retracts, with the reasons."""
    return {item["task_id"]: item["reason"] for item in manifest.get("release", {}).get("retracted", ())}


def _known_split(split: str | None) -> str | None:
    if split is not None and split not in SPLITS:
        raise BuildError(f"there is no split '{split}'", remedy=nearest(split, SPLITS))
    return split


def _known_domains(domains: Collection[str] | None, manifest: dict[str, Any]) -> frozenset[str] | None:
    for domain in domains or ():
        if domain not in manifest["domains"]:
            raise BuildError(f"the build has no domain '{domain}'", remedy=nearest(domain, manifest["domains"]))
    return None if domains is None else frozenset(domains)


def _manifest(folder: Path, source: Source) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(source.read("manifest.json"))
    except FileNotFoundError:
        raise BuildError(
            f"{folder} is no build: it has no manifest.json", remedy="Name a folder that `toolscale build` made."
        ) from None
    except (OSError, ValueError) as error:
        raise BuildError(f"{folder / 'manifest.json'} can't be read: {error}") from None
    refuse_newer(content, str(folder))
    return content


def refuse_newer(manifest: dict[str, Any], where: str) -> None:
    """Raise BuildError if a build's rows are of a format that this toolscale does not read yet."""
    if manifest.get("row_format", 0) > ROW_FORMAT:
        raise BuildError(
            f"{where} has row format {manifest['row_format']}, this toolscale reads up to {ROW_FORMAT}",
            remedy=f"Install toolscale {manifest.get('toolscale')} or newer.",
        )
