"""A solved build: a build with each task's passes, the teacher's solutions beside the references, and perhaps fewer tasks.

It is assembled as any build is, from parts: the rows of the old build, then the solutions, so that the reference trajectories of
a split and domain stand first and in the order of the tasks. A task that is dropped becomes a rejection.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from toolscale.canonical import canonical_json, fingerprint
from toolscale.errors import BuildError
from toolscale.report import write_report
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.shards.columns import CONFIGS, SCHEMAS
from toolscale.shards.parts import SUMMARY, PartSummary
from toolscale.shards.rows import Row, task_of
from toolscale.synthesis.plan import SPLITS, BuildConfiguration
from toolscale.task import REFERENCE
from toolscale.teaching.solving import Solved, SolvingPlan, TaskOutcome

_ROWS_PER_PART = {"tasks": 1000, "trajectories": 500, "environments": 8, "rejections": 1000}
_KEPT = ("toolscale", "library_fingerprint", "libraries", "row_format")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tasks stay. Only tasks with all their k attempts are judged."""

    drop_unsolved: bool = False
    """Drop tasks that no attempt solved (pass@k = 0), as arXiv 2511.21689 does with 8 attempts."""
    drop_above: float | None = None
    """Drop tasks that more than this share of the attempts solved: too easy to learn from."""

    def rejects(self, outcome: TaskOutcome | None, k: int) -> tuple[str, str] | None:
        """Return the rule and the reason by which a task is dropped, None if it stays."""
        if outcome is None or outcome.attempts < k:
            return None
        if self.drop_unsolved and outcome.solved == 0:
            return "unsolved", "no attempt solves the task"
        if self.drop_above is not None and outcome.solved / outcome.attempts > self.drop_above:
            return "too-easy", f"more than {self.drop_above:.0%} of the attempts solve the task"
        return None


def write_solved(
    build: Build, target: Path, solved: Solved, plan: SolvingPlan, *, model: str, user: str, selection: Selection
) -> dict[str, Any]:
    """Write the solved build to the folder `target`, which must not exist, and return its manifest.

    `model` names the teacher, `user` who played the caller. Raises BuildError if no task of a domain would be left.
    """
    work = target.with_name(f"{target.name}.solving")
    shutil.rmtree(work, ignore_errors=True)
    try:
        writer = _Writer(build, work / "parts", solved, plan, model, user, selection)
        parts = list(writer.parts())
        emptied = [domain for domain, tasks in writer.kept.items() if not tasks]
        if emptied:
            raise BuildError(
                f"no task of {', '.join(emptied)} would be left",
                remedy="Drop fewer, or let a stronger model solve them.",
            )
        configuration = BuildConfiguration(**build.manifest["configuration"])
        note = {
            "solved": [
                *build.manifest.get("solved", ()),
                {
                    "model": model,
                    "user": user,
                    "of": build.manifest["fingerprint"],
                    "plan": plan.model_dump(mode="json"),
                    "selection": asdict(selection),
                    "attempts": sum(outcome.attempts for outcome in solved.outcomes.values()),
                    "solved": sum(outcome.solved for outcome in solved.outcomes.values()),
                    "broken_by_user": sum(outcome.broken_by_user for outcome in solved.outcomes.values()),
                    "solutions": writer.solutions,
                    "dropped": dict(sorted(writer.dropped.items())),
                },
            ],
        }
        kept = {name: build.manifest[name] for name in _KEPT if name != "row_format"}
        kept["fingerprint"] = fingerprint(build.manifest["fingerprint"], note)
        manifest = assemble(configuration, parts, work / "whole", also={**kept, **note})
        write_report(Build(work / "whole"), work / "whole" / "report.html")
        (work / "whole").rename(target)
        return manifest
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Writer:
    """Writes the parts of a solved build, a configuration of a split and domain after the other, and counts."""

    def __init__(
        self,
        build: Build,
        folder: Path,
        solved: Solved,
        plan: SolvingPlan,
        model: str,
        user: str,
        selection: Selection,
    ) -> None:
        self._build = build
        self._folder = folder
        self._solved = solved
        self._plan = plan
        self._model = model
        self._user = user
        self._selection = selection
        self._rejected: dict[str, str] = {}
        """Dropped tasks, with the rule."""
        self._parts = itertools.count()
        self._begun: set[str] = set()
        self.kept = Counter[str](dict.fromkeys(build.manifest["domains"], 0))
        self.solutions = 0
        self.dropped: Counter[str] = Counter()

    def parts(self) -> Iterator[Path]:
        """Write and yield all parts in their order."""
        for split in SPLITS:
            rejections: list[Row] = []
            yield from self._written("environments", split, self._build.rows("environments", split))
            yield from self._written("tasks", split, self._tasks(split, rejections))
            yield from self._written("rejections", split, self._build.rows("rejections", split))
            yield from self._written("rejections", split, rejections)
            yield from self._written("trajectories", split, self._references(split))
            yield from self._written("trajectories", split, self._old_solutions(split))
            yield from self._written("trajectories", split, self._new_solutions(split))

    def _tasks(self, split: str, rejections: list[Row]) -> Iterator[Row]:
        """Yield the tasks that stay, with their passes; add the others to the rejections."""
        for row in self._build.rows("tasks", split):
            outcome = self._solved.outcomes.get(row["task_id"])
            row["solved"] = list(row.get("solved") or ())
            if outcome is not None and outcome.attempts:
                passes = {"model": self._model, "user": self._user}
                row["solved"].append({**passes, "attempts": outcome.attempts, "solved": outcome.solved})
            rejected = self._selection.rejects(outcome, self._plan.k)
            if rejected is None or outcome is None:
                self.kept[row["domain"]] += 1
                yield row
            else:
                self._rejected[row["task_id"]] = rejected[0]
                self.dropped[rejected[0]] += 1
                rejections.append(self._rejection(row, outcome, *rejected))

    def _rejection(self, row: Row, outcome: TaskOutcome, rule: str, reason: str) -> Row:
        reasons = ", ".join(f"{reason} ({times})" for reason, times in sorted(outcome.reasons.items()))
        evidence = f"{self._model} solves it in {outcome.solved} of {outcome.attempts} attempts"
        return {
            "rejection_id": row["task_id"],
            "domain": row["domain"],
            "split": row["split"],
            "database_seed": row["origin"]["database_seed"],
            "draw": row["origin"]["draw"],
            "intents": row["intents"],
            "rule": rule,
            "reason": reason,
            "evidence": f"{evidence}: {reasons}" if reasons else evidence,
            "candidate": canonical_json(asdict(task_of(row))),
        }

    def _trajectories(self, split: str, *, references: bool) -> Iterator[Row]:
        for row in self._build.rows("trajectories", split):
            if (row["source"] == REFERENCE) == references and row["task_id"] not in self._rejected:
                yield row

    def _references(self, split: str) -> Iterator[Row]:
        return self._trajectories(split, references=True)

    def _old_solutions(self, split: str) -> Iterator[Row]:
        return self._trajectories(split, references=False)

    def _new_solutions(self, split: str) -> Iterator[Row]:
        """Yield the rows of the solutions, each conversation once, in the order of the tasks."""
        for reference in self._references(split):
            outcome = self._solved.outcomes.get(reference["task_id"])
            seen: set[str] = set()
            for solution in outcome.solutions if outcome is not None else ():
                text = canonical_json(list(solution.messages))
                if text in seen or not all(map(_reads, solution.messages)):
                    continue
                seen.add(text)
                self.solutions += 1
                identity = f"{reference['task_id']}-{self._model}-{solution.number}"
                yield {
                    **reference,
                    "trajectory_id": identity,
                    "source": self._model,
                    "messages": list(solution.messages),
                }

    def _written(self, config: str, split: str, rows: Iterable[Row]) -> Iterator[Path]:
        for domain, of_domain in itertools.groupby(rows, key=itemgetter("domain")):
            while chunk := list(itertools.islice(of_domain, _ROWS_PER_PART[config])):
                yield self._part(str(domain), split, config, chunk)

    def _part(self, domain: str, split: str, config: str, rows: list[Row]) -> Path:
        about = self._build.manifest["domains"][domain]
        folder = self._folder / str(next(self._parts))
        folder.mkdir(parents=True)
        for name in CONFIGS:
            table = pa.Table.from_pylist(rows if name == config else [], schema=SCHEMAS[name])
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd", compression_level=1)
        first = domain not in self._begun
        self._begun.add(domain)
        rejected = Counter(str(row["rule"]) for row in rows if config == "rejections")
        summary = PartSummary(
            domain=domain,
            version=about["version"],
            domain_fingerprint=about["fingerprint"],
            split=split,
            drawn=about["drawn"] if first else 0,
            accepted=len(rows) if config == "tasks" else 0,
            rejected=dict(sorted(rejected.items())),
            rows={name: len(rows) if name == config else 0 for name in CONFIGS},
        )
        (folder / SUMMARY).write_text(json.dumps(asdict(summary)), encoding="utf-8")
        return folder


def _reads(message: Mapping[str, Any]) -> bool:
    """Return whether the message's calls are JSON objects: others are for no trainer, even where the task was solved."""
    for call in message.get("tool_calls") or ():
        try:
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                return False
        except (ValueError, RecursionError):
            return False
    return True
