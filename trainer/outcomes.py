"""What one attempt came to, in the few figures that evaluations keep and compare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from toolscale.rewards import Rollout, preference_score
from toolscale.trainer.failures import Failure, failure
from toolscale.trainer.objective import preference_of
from toolscale.trainer.playing import Played


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt at one task. `preference` is relative to the reference (appendix L of the paper)."""

    task_id: str
    attempt: int
    domain: str
    level: str
    splits: tuple[str, ...]
    intents: tuple[str, ...]
    solved: int
    failure: Failure | None
    dollars: float
    seconds: float
    preference: float
    calls: int
    turns: int
    malformed: int
    tokens: int
    asked: dict[str, int]
    """Questions by expert."""


def outcome(played: Played, number: int, splits: Sequence[str], reference: Rollout) -> Outcome:
    """Return what an attempt came to; `reference` is what the task's reference trajectory comes to."""
    task = played.task
    weights, names = preference_of(task)
    experts = {expert.name for expert in task.orchestration.experts} if task.orchestration else set()
    return Outcome(
        task_id=task.id,
        attempt=number,
        domain=task.domain,
        level=task.difficulty.level,
        splits=tuple(splits),
        intents=task.intents,
        solved=played.score.value,
        failure=failure(played),
        dollars=played.rollout.dollars,
        seconds=played.rollout.seconds,
        preference=preference_score(played.rollout, reference, weights, names, task=task.id),
        calls=played.calls,
        turns=played.turns,
        malformed=played.malformed,
        tokens=played.generated,
        asked={name: int(count) for name, count in played.rollout.counts.items() if name in experts},
    )


def write_outcomes(outcomes: Iterable[Outcome], path: Path) -> None:
    """Write a line of JSON for each attempt."""
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in outcomes), encoding="utf-8")


def read_outcomes(path: Path) -> list[Outcome]:
    """Return the attempts that `write_outcomes` wrote."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Outcome(**{**row, "splits": tuple(row["splits"]), "intents": tuple(row["intents"])}) for row in rows]
