"""A solved build: a build with each task's passes, the teacher's solutions beside the references, and perhaps fewer tasks.

It is assembled as any build is, from parts: those of the old build, split by split and domain by domain, then the solutions, so
that the reference trajectories of a split stand first and in the order of the tasks. A task that is dropped becomes a rejection.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from toolscale.canonical import canonical_json, fingerprint
from toolscale.errors import BuildError
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.shards.columns import CONFIGS, SCHEMAS
from toolscale.shards.parts import SUMMARY, PartSummary
from toolscale.shards.rows import Row, task_of
from toolscale.synthesis.plan import SPLITS, BuildConfiguration
from toolscale.task import REFERENCE
from toolscale.teaching.solving import Solved, SolvingPlan, TaskOutcome

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
        (work / "whole").rename(target)
        return manifest
    finally:
        shutil.rmtree(work, ignore_errors=True)


class _Writer:
    """Writes the parts of a solved build, and counts."""

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
        self.kept = Counter[str](dict.fromkeys(build.manifest["domains"], 0))
        self.solutions = 0
        self.dropped: Counter[str] = Counter()

    def parts(self) -> Iterator[Path]:
        """Write and yield all parts in their order."""
        first = set(self._build.manifest["domains"])
        for split in SPLITS:
            later: list[tuple[str, list[Row]]] = []
            for domain in self._build.manifest["domains"]:
                rows = {config: self._rows(config, split, domain) for config in CONFIGS}
                old = [row for row in rows["trajectories"] if row["source"] != REFERENCE]
                rows["trajectories"] = [row for row in rows["trajectories"] if row["source"] == REFERENCE]
                dropped = self._dropped(rows["tasks"])
                new = self._solutions(rows["trajectories"], dropped)
                later.append((domain, [*(row for row in old if row["task_id"] not in dropped), *new]))
                self._settle(domain, rows, dropped)
                yield self._written(domain, split, rows, first=domain in first, dropped=Counter(dropped.values()))
                first.discard(domain)
            for domain, solutions in later:
                if solutions:
                    yield self._written(domain, split, {"trajectories": solutions}, first=False, dropped=Counter())

    def _rows(self, config: str, split: str, domain: str) -> list[Row]:
        files = self._build.files(config, split)
        return [row for path in files for row in pq.read_table(path, filters=[("domain", "=", domain)]).to_pylist()]

    def _dropped(self, tasks: list[Row]) -> dict[str, str]:
        """Return the ids of the tasks that are dropped, with the rule."""
        found = {}
        for row in tasks:
            rejected = self._selection.rejects(self._solved.outcomes.get(row["task_id"]), self._plan.k)
            if rejected is not None:
                found[row["task_id"]] = rejected[0]
        return found

    def _settle(self, domain: str, rows: dict[str, list[Row]], dropped: Mapping[str, str]) -> None:
        """Note the passes in the tasks' rows, and turn dropped tasks into rejections."""
        for row in rows["tasks"]:
            outcome = self._solved.outcomes.get(row["task_id"])
            row["solved"] = list(row.get("solved") or ())
            if outcome is not None and outcome.attempts:
                passes = {"model": self._model, "user": self._user}
                row["solved"].append({**passes, "attempts": outcome.attempts, "solved": outcome.solved})
            if row["task_id"] in dropped:
                rows["rejections"].append(self._rejection(row, outcome))
        self.dropped.update(dropped.values())
        for config in ("tasks", "trajectories"):
            rows[config] = [row for row in rows[config] if row["task_id"] not in dropped]
        self.kept[domain] += len(rows["tasks"])

    def _rejection(self, row: Row, outcome: TaskOutcome | None) -> Row:
        assert outcome is not None
        rejected = self._selection.rejects(outcome, self._plan.k)
        assert rejected is not None
        reasons = ", ".join(f"{reason} ({times})" for reason, times in sorted(outcome.reasons.items()))
        evidence = f"{self._model} solves it in {outcome.solved} of {outcome.attempts} attempts"
        return {
            "rejection_id": row["task_id"],
            "domain": row["domain"],
            "split": row["split"],
            "database_seed": row["origin"]["database_seed"],
            "draw": row["origin"]["draw"],
            "intents": row["intents"],
            "rule": rejected[0],
            "reason": rejected[1],
            "evidence": f"{evidence}: {reasons}" if reasons else evidence,
            "candidate": canonical_json(asdict(task_of(row))),
        }

    def _solutions(self, references: list[Row], dropped: Mapping[str, str]) -> list[Row]:
        """Return the rows of the solutions, each conversation once, in the order of the tasks."""
        rows: list[Row] = []
        for reference in references:
            outcome = self._solved.outcomes.get(reference["task_id"])
            if outcome is None or reference["task_id"] in dropped:
                continue
            seen: set[str] = set()
            for solution in outcome.solutions:
                text = canonical_json(list(solution.messages))
                if text in seen or not all(map(_reads, solution.messages)):
                    continue
                seen.add(text)
                source = f"{self._model}-{solution.number}"
                row = {**reference, "source": self._model, "messages": list(solution.messages)}
                rows.append({**row, "trajectory_id": f"{reference['task_id']}-{source}"})
        self.solutions += len(rows)
        return rows

    def _written(
        self, domain: str, split: str, rows: Mapping[str, list[Row]], *, first: bool, dropped: Counter[str]
    ) -> Path:
        about = self._build.manifest["domains"][domain]
        folder = self._folder / f"{split}-{domain}-{'all' if 'tasks' in rows else 'solutions'}"
        folder.mkdir(parents=True)
        for config in CONFIGS:
            table = pa.Table.from_pylist(list(rows.get(config, ())), schema=SCHEMAS[config])
            pq.write_table(table, folder / f"{config}.parquet", compression="zstd", compression_level=1)
        rejected = Counter(about["rejected"] if first else {}) + dropped
        summary = PartSummary(
            domain=domain,
            version=about["version"],
            domain_fingerprint=about["fingerprint"],
            split=split,
            drawn=about["drawn"] if first else 0,
            accepted=len(rows.get("tasks", ())),
            rejected=dict(sorted(rejected.items())),
            rows={config: len(rows.get(config, ())) for config in CONFIGS},
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
