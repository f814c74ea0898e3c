"""TS202: doing nothing fails."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.scoring.score import score_trajectory
from toolscale.task import Message, Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS202", "no-op-fails")
def no_op_fails(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """A trajectory without any call or statement scores 0; so does one that only talks, or only reads where a write is due.

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
    if any(call.writes for call in task.reference):
        reading = [
            _without_writes(message, environment) for message in trajectory.messages if message["role"] != "tool"
        ]
        if score_trajectory(task, environment, reading).value:
            yield "the reference without its writes scores 1"


def _without_writes(message: Message, environment: Environment) -> Message:
    tools = environment.compiled.tools
    calls = message.get("tool_calls") or ()
    return {**message, "tool_calls": [call for call in calls if not tools[call["function"]["name"]].writes]}
