"""The databases of a build as SQLite files in the cache, which nobody may write to."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from toolscale.cache_folder import cache_folder
from toolscale.errors import BuildError, nearest
from toolscale.shards.build import Build

_ABOUT = ["environment_id", "domain", "split", "database_seed", "clock"]


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """The file of one environment's database, and what the build says of it; `tasks` of the build live on it."""

    path: Path
    environment_id: str
    domain: str
    split: str
    seed: int
    clock: str
    tasks: int


def write_databases(build: Build, environment_id: str | None = None) -> list[DatabaseFile]:
    """Write the databases of a build, or of one environment, into the cache, and return their files in the order of the rows.

    A file that is there with the same bytes is left alone. Raises BuildError for an unknown environment, with the nearest one.
    """
    tasks = Counter(str(row["environment_id"]) for row in build.rows("tasks", columns=["environment_id"]))
    known = [str(row["environment_id"]) for row in build.rows("environments", columns=["environment_id"])]
    if environment_id is not None and environment_id not in known:
        raise BuildError(f"{build.folder} has no environment '{environment_id}'", remedy=nearest(environment_id, known))
    folder = cache_folder() / "explore"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for row in build.rows("environments", columns=[*_ABOUT, "database"]):
        name = str(row["environment_id"])
        if environment_id in (None, name):
            path = folder / f"{name}.db"
            _write(path, row["database"])
            about = (str(row["domain"]), str(row["split"]), int(row["database_seed"]), str(row["clock"]))
            files.append(DatabaseFile(path, name, *about, tasks[name]))
    return files


def _write(path: Path, image: bytes) -> None:
    if path.is_file() and path.read_bytes() == image:
        return
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.write_bytes(image)
    partial.chmod(0o444)
    partial.replace(path)
