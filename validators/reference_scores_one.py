"""TS203: the reference scores 1."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.scoring.score import score_trajectory
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS203", "reference-scores-one")
def reference_scores_one(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """The reference trajectory, replayed through the one scorer, scores 1 in every part.

    Why: a task whose own solution does not pass cannot be solved; peers ship 10 to 57 % of those.

    Fails: a reference that breaks a policy rule, or whose report leaves out what must be said.
    Passes: execution, fidelity, completeness, grounding and policy all hold.
    """
    verdict = score_trajectory(task, environment, trajectory.messages)
    if not verdict.value:
        yield verdict.explain()
