"""Validating a build from its rows alone: the files' hashes, the rows' references to each other, every task executed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolscale.environment.environment import Environment
from toolscale.errors import ToolscaleError
from toolscale.shards.assembly import sha256
from toolscale.shards.build import Build
from toolscale.shards.rows import Row, task_of, trajectory_of
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import judge_task


@dataclass(frozen=True, slots=True)
class BuildFault:
    """One thing that is wrong with a build: the rule, where (a file or a task), and what shows it."""

    rule: str
    where: str
    evidence: str


def validate_files(build: Build) -> Iterator[BuildFault]:
    """Yield a fault for each file that is missing, changed or not in the manifest."""
    listed: dict[str, str] = build.manifest["files"]
    for name, expected in listed.items():
        path = build.folder / name
        if not path.is_file():
            yield BuildFault("files", name, "the file is missing")
        elif (found := sha256(path)) != expected:
            yield BuildFault("files", name, f"sha256 is {found}, the manifest says {expected}")
    for path in sorted(build.folder.glob("*/*.parquet")):
        name = path.relative_to(build.folder).as_posix()
        if name not in listed:
            yield BuildFault("files", name, "the manifest does not name the file")


def validate_tasks(build: Build) -> Iterator[tuple[str, list[BuildFault]]]:
    """Yield each task's id with its faults, after executing it again on the environment in its row."""
    trajectories = _by_task(build)
    seen: set[str] = set()
    for row in build.rows("tasks"):
        task_id = str(row["task_id"])
        faults = [BuildFault("ids", task_id, "two tasks have this id")] if task_id in seen else []
        seen.add(task_id)
        faults += _task_faults(build, row, next(trajectories, None))
        yield task_id, faults


def validate_environments(build: Build) -> Iterator[BuildFault]:
    """Yield a fault for each environment whose database does not hold what its row says."""
    from toolscale.database import content
    from toolscale.database.lockdown import Purpose, connect
    from toolscale.shards.rows import environment_of

    for row in build.rows("environments"):
        name = str(row["environment_id"])
        try:
            environment = environment_of(row)
            locked = connect(Purpose.QUERY, clock=environment.domain.about.clock, image=environment.database.image)
            found = content.content_hash(locked.connection)
        except Exception as error:  # a changed image may fail in any way that SQLite can
            yield BuildFault("environments", name, f"the database does not open: {error}")
            continue
        if found != row["database_hash"]:
            yield BuildFault("environments", name, f"the database holds {found}, the row says {row['database_hash']}")


def _by_task(build: Build) -> Iterator[Row]:
    return build.rows("trajectories")


def _task_faults(build: Build, row: Row, trajectory_row: Row | None) -> list[BuildFault]:
    task_id = str(row["task_id"])
    if trajectory_row is None or trajectory_row["task_id"] != task_id:
        other = trajectory_row["task_id"] if trajectory_row else "none"
        return [BuildFault("trajectories", task_id, f"the trajectory at its place belongs to {other}")]
    try:
        task: Task = task_of(row)
        trajectory: Trajectory = trajectory_of(trajectory_row)
        environment: Environment = build.environment_for(task)
    except ToolscaleError as error:
        return [BuildFault("rows", task_id, str(error))]
    return [BuildFault(v.rule, task_id, v.evidence) for v in judge_task(task, trajectory, environment) if not v.passed]


def report(tasks: int, faults: list[BuildFault]) -> dict[str, Any]:
    """Return the result as JSON values."""
    return {
        "passed": not faults,
        "tasks": tasks,
        "faults": [{"rule": fault.rule, "where": fault.where, "evidence": fault.evidence} for fault in faults],
    }
