"""TS201: the reference replays."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.canonical import canonical_json
from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode
from toolscale.scoring.score import replayed
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS201", "replays")
def replays(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """Every reference call succeeds when it is made again, gives the recorded result, and leaves the recorded state.

    Why: calls that raise and are swallowed are among the commonest faults of published tasks; a result that changes between
    two runs (a wall clock, a random id) makes a correct agent fail.

    Fails: a reference that refunds an order twice; a tool that stamps the time of day.
    Passes: two replays, of the reference and of the conversation, give the results and the state difference in the row.
    """
    with environment.episode() as episode:
        for number, call in enumerate(task.reference):
            record = episode.call(call.tool, call.arguments)
            shown = f"call {number} {call.tool}({canonical_json(call.arguments)})"
            if not record.ok:
                yield f"{shown} fails: {record.result}"
                return
            if record.result != call.result:
                yield f"{shown} gives {record.result}, recorded is {call.result}"
                return
        yield from _elsewhere(episode, task)
    with replayed(environment, trajectory.messages) as episode:
        results = [message["content"] for message in trajectory.messages if message["role"] == "tool"]
        for number, (record, result) in enumerate(zip(episode.calls, results, strict=True)):
            if record.result != result:
                yield f"tool message {number} of the conversation is {result}, the call gives {record.result}"
        yield from _elsewhere(episode, task)


def _elsewhere(episode: Episode, task: Task) -> Iterator[str]:
    difference = episode.difference()
    if difference.canonical != task.criteria.difference.canonical:
        yield f"the state difference is {difference.canonical}, recorded is {task.criteria.difference.canonical}"
