"""TS202: doing nothing fails."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.scoring.score import score_trajectory
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS202", "no-op-fails")
def no_op_fails(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """A trajectory without any call or statement scores 0, and so does one that only talks.

    Why: doing nothing passes 19 of 50 airline tasks of a well-known hand-written benchmark; a reward that pays for nothing
    teaches to do nothing.

    Fails: a refusal whose only criterion is that the state stays as it was.
    Passes: a refusal that must say which balance it read, or that leaves an escalation.
    """
    conversation = [message for message in trajectory.messages if message["role"] in ("system", "user")]
    if score_trajectory(task, environment, conversation).value:
        yield "a trajectory in which the agent does nothing scores 1"
    talk = [message for message in trajectory.messages if message["role"] != "tool" and not message.get("tool_calls")]
    if score_trajectory(task, environment, talk).value:
        yield "the reference's words without its calls score 1"
