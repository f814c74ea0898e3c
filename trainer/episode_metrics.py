"""What a step of reinforcement learning is measured by: means over its episodes and its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolscale.rewards import Floats, Rollout
from toolscale.task import Task
from toolscale.trainer.objective import reward_parts

_REASONS = ("reward spread", "malformed calls", "no valid end")


def episode_metrics(episodes: Sequence[tuple[Rollout, Mapping[str, float]]]) -> dict[str, float]:
    """Return the means over episodes: success and the parts of the score, calls, turns, dollars, seconds and so on."""
    count = len(episodes)
    names = list(episodes[0][1])
    means = {name: sum(measured[name] for _, measured in episodes) / count for name in names}
    means["dollars"] = sum(rollout.dollars for rollout, _ in episodes) / count
    means["seconds"] = sum(rollout.seconds for rollout, _ in episodes) / count
    return means


def group_metrics(task: Task, group: Sequence[Rollout], rewarded: Floats, reason: str | None) -> dict[str, float]:
    """Return a group's mean reward R, what its parts add, and whether and why it was left out.

    `preference` is M~ . P without regard to the outcome's gate: how well the group serves the user's wishes when it solves
    the task, as a mean over the rollouts that do (0 if none does).
    """
    solved = [float(value) for value, rollout in zip(rewarded, group, strict=True) if rollout.outcome]
    metrics = {"R": float(rewarded.mean()), "preference": sum(solved) / len(solved) if solved else 0.0}
    metrics |= {f"R/{name}": value for name, value in reward_parts(task, group).items()}
    metrics["dropped"] = float(reason is not None)
    metrics |= {f"dropped/{name.replace(' ', '_')}": float(reason == name) for name in _REASONS}
    experts = {expert.name for expert in task.orchestration.experts} if task.orchestration else set()
    asked = sum(count for rollout in group for name, count in rollout.counts.items() if name in experts)
    metrics["experts_asked"] = asked / len(group)
    return metrics
