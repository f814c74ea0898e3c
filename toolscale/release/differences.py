"""What lies between two versions: tasks added, removed and changed, why, and which old results stay valid.

A task is the same if it has the same id. Of tasks with different ids two are one that changed if they come from the same draw:
the same domain, seed, database and number of the draw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from toolscale.canonical import fingerprint
from toolscale.shards.build import Build
from toolscale.shards.rows import Row

Kind = Literal["added", "removed", "changed"]
Results = Literal["valid", "regrade", "lost"]
Draw = tuple[str, int, int]
_SCORED = ("environment_id", "environment_hash", "criteria", "tools")
_PLAYED = ("scenario", "orchestration")
_NOTED = ("reference", "difficulty", "verdicts", "rules", "intents", "twist", "conditional")


@dataclass(frozen=True, slots=True)
class TaskDifference:
    """One task that is not the same; `new_id` is what it is called since, if its draw gives another task now.

    `results`, of what was measured on the old one: valid; to be graded again, which `toolscale regrade` does; or lost, because
    the task that they were measured on is not there any more.
    """

    kind: Kind
    task_id: str
    domain: str
    why: str
    results: Results
    new_id: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies between two builds or versions. `same` counts the tasks that did not change at all."""

    before: str
    after: str
    same: int
    domains: dict[str, dict[str, list[str | None]]]
    generator: dict[str, list[str]]
    rules: dict[str, list[str]]
    tasks: tuple[TaskDifference, ...]

    @property
    def results(self) -> dict[Results, int]:
        """How many tasks' old results are valid, need grading again, or are lost. Added tasks have none."""
        counted = Counter(task.results for task in self.tasks if task.kind != "added")
        return {"valid": self.same + counted["valid"], "regrade": counted["regrade"], "lost": counted["lost"]}

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "tasks": [asdict(task) for task in self.tasks], "results": self.results}


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of a task while two builds are compared."""

    id: str
    domain: str
    draw: Draw
    seed: int
    author: tuple[str, str]
    environment: str
    database: str
    scored: str
    played: str
    noted: str


def difference(before: Build, after: Build) -> Difference:
    """Return what lies between two builds or versions; the tasks come in the order of their ids."""
    old, new = _tasks(before), _tasks(after)
    rejected_before, rejected_after = _rejections(before), _rejections(after)
    at_draw = {(task.draw, task.seed): task for task in new.values() if task.id not in old}
    changes: list[TaskDifference] = []
    same, followed = 0, set()
    for task in old.values():
        now = new.get(task.id)
        if now is not None:
            if (now.scored, now.played, now.noted) == (task.scored, task.played, task.noted):
                same += 1
            else:
                changes.append(_changed(task, now, before, after))
            continue
        now = None if task.id in after.retracted else at_draw.get((task.draw, task.seed))
        if now is None:
            why = _why_gone(task, after, rejected_after)
            changes.append(TaskDifference("removed", task.id, task.domain, why, "lost"))
        else:
            followed.add(now.id)
            why = _why_other(task, now, before, after)
            changes.append(TaskDifference("changed", task.id, task.domain, why, "lost", now.id))
    for task in new.values():
        if task.id not in old and task.id not in followed:
            changes.append(
                TaskDifference("added", task.id, task.domain, _why_new(task, before, rejected_before), "valid")
            )
    return Difference(
        before=_name(before),
        after=_name(after),
        same=same,
        domains=dict(_domains(before.manifest, after.manifest)),
        generator={
            name: [str(before.manifest[name]), str(after.manifest[name])]
            for name in ("toolscale", "library_fingerprint", "row_format")
            if before.manifest[name] != after.manifest[name]
        },
        rules=_rules(before, after),
        tasks=tuple(sorted(changes, key=lambda change: change.task_id)),
    )


def _tasks(build: Build) -> dict[str, _Known]:
    return {row["task_id"]: _known(row) for row in build.rows("tasks")}


def _known(row: Row) -> _Known:
    origin = row["origin"]
    scored, played, noted = (fingerprint([row.get(name) for name in names]) for names in (_SCORED, _PLAYED, _NOTED))
    return _Known(
        id=row["task_id"],
        domain=row["domain"],
        draw=(row["domain"], origin["database_seed"], origin["draw"]),
        seed=origin["seed"],
        author=(origin["author"], origin["version"]),
        environment=row["environment_id"],
        database=row["environment_hash"],
        scored=scored,
        played=played,
        noted=noted,
    )


def _changed(old: _Known, new: _Known, before: Build, after: Build) -> TaskDifference:
    """Return how a task with one id changed: what is scored, what is played, or only what is noted of it."""
    if old.scored != new.scored:
        return TaskDifference("changed", old.id, old.domain, _why_other(old, new, before, after), "regrade")
    if old.played != new.played:
        why = "the user's scenario or the experts on offer: the score of a saved trajectory holds, live results do not"
        return TaskDifference("changed", old.id, old.domain, why, "regrade")
    return TaskDifference("changed", old.id, old.domain, "only what is noted of it", "valid")


def _why_other(old: _Known, new: _Known, before: Build, after: Build) -> str:
    causes = []
    one, other = (build.manifest["domains"][old.domain] for build in (before, after))
    if one["fingerprint"] != other["fingerprint"]:
        causes.append(f"domain {old.domain} {_from_to(one['version'], other['version'])}")
    elif old.environment != new.environment:
        causes.append("the database" if old.database != new.database else f"the domain {old.domain}")
    if old.author != new.author:
        causes.append(f"generator {_from_to(' '.join(old.author), ' '.join(new.author))}")
    elif before.manifest["library_fingerprint"] != after.manifest["library_fingerprint"]:
        causes.append("generator: the library's code")
    return "; ".join(causes) or "the build's configuration"


def _from_to(one: str, other: str) -> str:
    return f"{one} -> {other}" if one != other else f"{one}, other content"


def _why_gone(task: _Known, after: Build, rejections: Mapping[Draw, str]) -> str:
    if task.id in after.retracted:
        return f"retracted: {after.retracted[task.id]}"
    if task.domain not in after.manifest["domains"]:
        return f"domain {task.domain} left out"
    rejected = rejections.get(task.draw)
    return f"rule {rejected}" if rejected else "not drawn"


def _why_new(task: _Known, before: Build, rejections: Mapping[Draw, str]) -> str:
    if task.id in before.retracted:
        return "retracted before"
    if task.domain not in before.manifest["domains"]:
        return f"domain {task.domain} is new"
    rejected = rejections.get(task.draw)
    return f"rule {rejected} rejected it before" if rejected else "newly drawn"


def _rejections(build: Build) -> dict[Draw, str]:
    """Return by draw the rule that rejected it, with the reason."""
    columns = ["domain", "database_seed", "draw", "rule", "reason"]
    return {
        (row["domain"], row["database_seed"], row["draw"]): f"{row['rule']}: {row['reason']}"
        for row in build.rows("rejections", columns=columns)
    }


def _rules(before: Build, after: Build) -> dict[str, list[str]]:
    """Return the rules that judge the tasks of one of the builds only."""
    old, new = _judging(before), _judging(after)
    return {"added": sorted(new - old), "removed": sorted(old - new)} if old != new else {}


def _judging(build: Build) -> set[str]:
    first = next(build.rows("tasks", columns=["verdicts"]), {"verdicts": ()})
    return {verdict["rule"] for verdict in first["verdicts"]}


def _domains(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, list[str | None]]]]:
    """Yield each domain whose version or fingerprint differs, with both sides; None where a side has no such domain."""
    for name in sorted({*before["domains"], *after["domains"]}):
        sides = [manifest["domains"].get(name, {}) for manifest in (before, after)]
        both = {key: [side.get(key) for side in sides] for key in ("version", "fingerprint")}
        if both["fingerprint"][0] != both["fingerprint"][1]:
            yield name, both


def _name(build: Build) -> str:
    version = build.manifest.get("release", {}).get("version")
    return str(version or build.folder.name)
