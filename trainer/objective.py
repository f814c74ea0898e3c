"""What an episode is rewarded for: the user's preference over tools, experts, accuracy, cost and latency."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolscale.orchestration.offer import ACCURACY, ASPECTS
from toolscale.rewards import Floats, Rollout, measures, normalised, rewards, weights_of
from toolscale.task import Task

ONLY_SUCCESS = {ACCURACY: 1.0}
"""What counts where a task has no preference (builds of row format 1)."""


def preference_of(task: Task) -> tuple[dict[str, float], tuple[str, ...]]:
    """Return a task's weights and the names of its tools and experts, in the order of the paper's M."""
    names = task.weighed
    if task.orchestration is None:
        return {name: ONLY_SUCCESS.get(name, 0.0) for name in (*names, *ASPECTS)}, names
    return task.orchestration.preference.weights, names


def group_rewards(task: Task, group: Sequence[Rollout]) -> Floats:
    """Return R of each rollout of a group. Raises PreferenceError for a weight that is missing or out of range."""
    weights, names = preference_of(task)
    return rewards(group, weights, names, task=task.id)


def reward_parts(task: Task, group: Sequence[Rollout]) -> dict[str, float]:
    """Return what accuracy, cost, latency, and all tools and experts together add to R, as means over the group."""
    weights, names = preference_of(task)
    parts = normalised(measures(group, names)) * weights_of(weights, names, task=task.id)
    parts = parts * np.array([rollout.outcome for rollout in group])[:, None]
    means = parts.mean(axis=0)
    aspects = dict(zip(ASPECTS, means[-len(ASPECTS) :].tolist(), strict=True))
    return {**aspects, "tools": float(means[: -len(ASPECTS)].sum())}
