"""Validating a build from its rows alone: the files' hashes, the rows' references to each other, every task executed again."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from toolscale import __version__
from toolscale.environment.environment import Environment
from toolscale.errors import BuildError, ToolscaleError
from toolscale.processes import in_order
from toolscale.release.proof import Proof
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build
from toolscale.shards.digest import sha256
from toolscale.shards.duplicates import repeated, words
from toolscale.shards.rows import Row, task_of, trajectory_of
from toolscale.synthesis.plan import SPLITS
from toolscale.task import REFERENCE, Task, Trajectory, Verdict
from toolscale.validators import junit
from toolscale.validators.registry import judge_task, task_rules

_FAULTS_SHOWN = 5
TASKS_AT_ONCE = 100  # what a worker is given: enough to be worth a database, few enough to share the work out
_OF_BUILDS = ("files", "manifest", "environments", "duplicates", "ids", "trajectories", "solutions", "rows")


@dataclass(frozen=True, slots=True)
class BuildFault:
    """One thing that is wrong with a build: the rule, where (a file or a task), and what shows it."""

    rule: str
    where: str
    evidence: str


@dataclass(frozen=True, slots=True)
class JudgedTask:
    """A task that was executed again, with the verdicts up to the first rule that it fails."""

    task_id: str
    verdicts: tuple[Verdict, ...]


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


def validate_rows(build: Build) -> Iterator[BuildFault]:
    """Yield a fault for each task id that comes twice, and for each number of rows that another one belies."""
    counts = {split: sum(1 for _ in build.rows("tasks", split, ["task_id"])) for split in SPLITS}
    if sum(counts.values()) != build.manifest["tasks"]:
        evidence = f"it counts {build.manifest['tasks']} tasks, there are {sum(counts.values())}"
        yield BuildFault("manifest", "manifest.json", evidence)
    for split, tasks in counts.items():
        sources = (row["source"] for row in build.rows("trajectories", split, ["source"]))
        trajectories = sum(source == REFERENCE for source in sources)
        if trajectories != tasks:
            yield BuildFault(
                "trajectories", split, f"there are {tasks} tasks and {trajectories} reference trajectories"
            )
    times = Counter(str(row["task_id"]) for row in build.rows("tasks", columns=["task_id"]))
    for task_id, number in times.items():
        if number > 1:
            yield BuildFault("ids", task_id, f"{number} tasks have this id")


def validate_duplicates(build: Build) -> Iterator[BuildFault]:
    """Yield a fault for each task that says and does nearly the same as an earlier one of its domain, in any split."""
    by_domain: dict[str, list[tuple[str, str]]] = {}
    trajectories = references(build.rows("trajectories", columns=["task_id", "source", "messages"]))
    for task, trajectory in zip(
        build.rows("tasks", columns=["task_id", "domain", "reference"]), trajectories, strict=False
    ):
        by_domain.setdefault(str(task["domain"]), []).append((str(task["task_id"]), words(task, trajectory)))
    for domain, tasks in by_domain.items():
        for place in sorted(repeated([text for _, text in tasks])):
            yield BuildFault(
                "duplicates", tasks[place][0], f"an earlier task of {domain} says and does nearly the same"
            )


def references(trajectories: Iterator[Row]) -> Iterator[Row]:
    """Leave out the trajectories of models: those that are left stand in the order of the tasks."""
    return (row for row in trajectories if row["source"] == REFERENCE)


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


def validate_solutions(build: Build) -> Iterator[BuildFault]:
    """Yield a fault for each trajectory of a model that does not solve its task when it is replayed."""
    for split in SPLITS:
        if all(row["source"] == REFERENCE for row in build.rows("trajectories", split, ["source"])):
            continue
        tasks = {task.id: task for task in build.tasks(split)}
        for row in build.rows("trajectories", split):
            if row["source"] == REFERENCE:
                continue
            name = str(row["trajectory_id"])
            task = tasks.get(str(row["task_id"]))
            if task is None:
                yield BuildFault("solutions", name, f"the split {split} has no task {row['task_id']}")
                continue
            try:
                score = score_trajectory(task, build.environment_for(task), trajectory_of(row).messages)
            except ToolscaleError as error:
                yield BuildFault("solutions", name, str(error))
                continue
            if score.value != 1:
                yield BuildFault("solutions", name, score.explain())


BUILD_CHECKS = (validate_files, validate_rows, validate_duplicates, validate_environments, validate_solutions)


def validate_tasks(build: Build, workers: int = 1) -> Iterator[tuple[JudgedTask, list[BuildFault]]]:
    """Yield each task's verdicts with its faults, after executing it again on the environment in its row.

    The tasks come in the order of the rows, with any number of workers.
    """
    spans = [
        (split, first)
        for split in SPLITS
        for first in range(
            0, sum(pq.read_metadata(path).num_rows for path in build.files("tasks", split)), TASKS_AT_ONCE
        )
    ]
    for judged in in_order(functools.partial(_judged, build.folder), spans, workers):
        yield from judged


def _judged(folder: Path, span: tuple[str, int]) -> list[tuple[JudgedTask, list[BuildFault]]]:
    build, (split, first) = Build(folder), span
    trajectories = _rows(build, "trajectories", split, first)
    judged = ((row, next(trajectories, None)) for row in _rows(build, "tasks", split, first))
    return [_judged_row(build, row, of) for row, of in judged if row["task_id"] not in build.retracted]


def _rows(build: Build, config: str, split: str, first: int) -> Iterator[Row]:
    """Yield the rows of a span; row groups outside it are not read. Of trajectories, only references have a place in a span."""
    start = 0
    mixed = config == "trajectories" and "solved" in build.manifest
    for path in build.files(config, split):
        try:
            file = pq.ParquetFile(path)
            for group in range(file.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                if mixed:
                    size = file.read_row_group(group, columns=["source"])["source"].to_pylist().count(REFERENCE)
                begin, end = max(first - start, 0), min(first + TASKS_AT_ONCE - start, size)
                if begin < end:
                    rows = file.read_row_group(group)
                    rows = rows.filter(pc.equal(rows["source"], REFERENCE)) if mixed else rows
                    yield from rows.slice(begin, end - begin).to_pylist()
                start += size
        except (pa.ArrowException, OSError) as error:
            raise BuildError(f"{path} can't be read: {error}", remedy="Fetch or build it again.") from None


def _judged_row(build: Build, row: Row, trajectory_row: Row | None) -> tuple[JudgedTask, list[BuildFault]]:
    task_id = str(row["task_id"])
    if trajectory_row is None or trajectory_row["task_id"] != task_id:
        other = trajectory_row["task_id"] if trajectory_row else "none"
        fault = BuildFault("trajectories", task_id, f"the trajectory at its place belongs to {other}")
        return JudgedTask(task_id, ()), [fault]
    try:
        task: Task = task_of(row)
        trajectory: Trajectory = trajectory_of(trajectory_row)
        environment: Environment = build.environment_for(task)
    except ToolscaleError as error:
        return JudgedTask(task_id, ()), [BuildFault("rows", task_id, str(error))]
    verdicts = tuple(judge_task(task, trajectory, environment))
    return JudgedTask(task_id, verdicts), [BuildFault(v.rule, task_id, v.evidence) for v in verdicts if not v.passed]


class RuleCounts:
    """How many tasks each task rule has judged and passed, and how many variants it has played on those that passed."""

    def __init__(self) -> None:
        self.judged: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.variants: Counter[str] = Counter()

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """Count the verdicts of one task."""
        for verdict in verdicts:
            self.judged[verdict.rule] += 1
            self.passed[verdict.rule] += verdict.passed
            self.variants[verdict.rule] += verdict.tried if verdict.passed else 0


@dataclass(frozen=True, slots=True)
class Validation:
    """What validating a build has found: `unread` if it ended early, at rows that can't even be read."""

    tasks: int
    faults: list[BuildFault]
    counts: RuleCounts
    unread: bool


def validate_build(build: Build, workers: int = 1, seen: Callable[[int], None] = lambda _: None) -> Validation:
    """Check files, rows and environments, and execute every task again; `seen` is told how many tasks are done so far."""
    faults: list[BuildFault] = []
    counts = RuleCounts()
    tasks = 0
    try:
        for check in BUILD_CHECKS:
            faults += check(build)
        for task, found in validate_tasks(build, workers):
            tasks += 1
            counts.add(task.verdicts)
            faults += found
            seen(tasks)
    except BuildError as error:  # what was found until then is worth telling
        faults.append(BuildFault("rows", build.folder.name, str(error)))
        return Validation(tasks, faults, counts, unread=True)
    return Validation(tasks, faults, counts, unread=False)


class UnprovenBuildError(BuildError):
    """A build does not pass its own rules, so nothing may be published of it."""

    exit_code = 1


def prove(folder: Path, workers: int = 1, seen: Callable[[int], None] = lambda _: None) -> Proof:
    """Validate a build and return the proof that `toolscale.release.publish` asks for.

    Raises UnprovenBuildError with the first faults if there are any.
    """
    return proof_of(folder, validate_build(Build(folder), workers, seen))


def proof_of(folder: Path, validation: Validation) -> Proof:
    """Return the proof that a validation of the build in `folder` gives. Raises UnprovenBuildError if it found faults."""
    if validation.faults:
        shown = "\n".join(f"    {f.rule} {f.where}: {f.evidence[:200]}" for f in validation.faults[:_FAULTS_SHOWN])
        raise UnprovenBuildError(
            f"{folder} does not pass: {len(validation.faults)} faults in {validation.tasks} tasks\n{shown}",
            remedy=f"`toolscale validate {folder}` lists all of them.",
        )
    counts = validation.counts
    return Proof(
        manifest=sha256(folder / "manifest.json"),
        toolscale=__version__,
        tasks=validation.tasks,
        judged=dict(sorted(counts.judged.items())),
        variants={name: number for name, number in sorted(counts.variants.items()) if number},
    )


def report(tasks: int, faults: Sequence[BuildFault], counts: RuleCounts) -> dict[str, Any]:
    """Return the result as JSON values: the same for the same build, whenever and wherever it is validated."""
    return {
        "passed": not faults,
        "tasks": tasks,
        "rules": [
            {
                "rule": rule.code,
                "name": rule.name,
                "judged": counts.judged[rule.name],
                "passed": counts.passed[rule.name],
                "variants": counts.variants[rule.name],
            }
            for rule in task_rules()
        ],
        "faults": [{"rule": fault.rule, "where": fault.where, "evidence": fault.evidence} for fault in faults],
    }


def as_suites(faults: Sequence[BuildFault], counts: RuleCounts) -> list[junit.Suite]:
    """Return the result for JUnit: a suite a rule, with a case for each task or file that fails, or one that says none does."""
    failed: dict[str, dict[str, list[str]]] = {
        name: {} for name in (*_OF_BUILDS, *(rule.name for rule in task_rules()))
    }
    for fault in faults:
        failed.setdefault(fault.rule, {}).setdefault(fault.where, []).append(fault.evidence)
    codes = {rule.name: f"{rule.code} {rule.name}" for rule in task_rules()}
    suites = []
    for rule, found in failed.items():
        skipped = "no task came so far" if rule in codes and not counts.judged[rule] else ""
        cases = tuple(junit.Case(where, tuple(evidence)) for where, evidence in found.items())
        suites.append(junit.Suite(codes.get(rule, rule), cases or (junit.Case("no fault", skipped=skipped),)))
    return suites
