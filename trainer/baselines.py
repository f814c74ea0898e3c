"""The closed-form baselines on the tasks of an evaluation: what never asking, always asking and the oracle are expected to reach.

They show the room that training has. They assume the skills of the experts' catalog, not the evaluated model's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolscale.environment.environment import Environment
from toolscale.orchestration.policies import POLICIES, outlook
from toolscale.rewards import Rollout, preference_score
from toolscale.task import Task, Trajectory
from toolscale.trainer.objective import preference_of


@dataclass(frozen=True, slots=True)
class Baseline:
    """Expectations of a policy, as means over tasks."""

    success: float
    dollars: float
    seconds: float
    preference: float


def closed_form(tasks: Sequence[tuple[Task, Environment, Trajectory, Rollout]]) -> dict[str, Baseline]:
    """Return each policy's expectations on the tasks that offer experts; the rollout is the task's reference's."""
    seen = [(outlook(task, words, place), base) for task, place, words, base in tasks if task.orchestration is not None]
    if not seen:
        return {}
    found = {}
    for name, policy in POLICIES.items():
        expected = [policy(one) for one, _ in seen]
        preferred = [
            preference_score(have.rollout, base, *preference_of(one.task), task=one.task.id)
            for have, (one, base) in zip(expected, seen, strict=True)
        ]
        found[name] = Baseline(
            success=sum(one.success for one in expected) / len(expected),
            dollars=sum(one.dollars for one in expected) / len(expected),
            seconds=sum(one.seconds for one in expected) / len(expected),
            preference=sum(preferred) / len(preferred),
        )
    return found
