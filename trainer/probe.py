"""Which tasks can teach a model anything: those that it solves sometimes, found by trying each a few times."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from toolscale.errors import TrainingError
from toolscale.randomness import key_of
from toolscale.shards.build import Build
from toolscale.trainer.playing import Attempt
from toolscale.trainer.rollout import Roller

LEAST, MOST = 0.1, 0.9
"""Tasks solved less or more often than this give groups without contrast."""


def solved_sometimes(
    build: Build, task_ids: Sequence[str], roller: Roller, *, attempts: int, temperature: float, note: Path
) -> list[str]:
    """Return the tasks that are solved in between 10 and 90 % of the attempts, in their order.

    The rates are kept in `note`, so that a run that goes on takes the same tasks. Raises TrainingError if none is left.
    """
    if note.exists():
        rates: dict[str, float] = json.loads(note.read_text(encoding="utf-8"))
    else:
        rates = {}
    if set(rates) != set(task_ids):
        wanted = set(task_ids)
        tasks = [task for task in build.tasks("train") if task.id in wanted]
        tried = [
            Attempt(task, build.environment_for(task), f"probe/{number}", f"probe/{number}")
            for task in tasks
            for number in range(attempts)
        ]
        played = roller.play(tried, temperature=temperature, seed=key_of("probe", attempts))
        solved = [one.score.value for one in played]
        rates = {
            task.id: sum(solved[first : first + attempts]) / attempts
            for task, first in zip(tasks, range(0, len(solved), attempts), strict=True)
        }
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")
    chosen = [name for name in task_ids if LEAST <= rates[name] <= MOST]
    if not chosen:
        raise TrainingError(
            f"of {len(task_ids)} tasks the model solves none sometimes: it solves {sum(rates.values()) / len(rates):.0%}",
            remedy="Train it longer under supervision, choose easier or harder tasks, or set probe: 0.",
        )
    return chosen
