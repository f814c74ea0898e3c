"""TS211: what the user says identifies one row."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.canonical import canonical_json
from toolscale.environment.environment import Environment
from toolscale.task import Task, Trajectory
from toolscale.validators.choices import Words, choices
from toolscale.validators.registry import task_rule


@task_rule("TS211", "unambiguous")
def unambiguous(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """Where a read looks into one of several rows, the words say into which.

    The rows are those of the result from which the argument was taken; they must be told apart as TS209 says. While a task is
    made, the author also looks for other situations of the same caller in which the user would say the very same, follows
    them to their end, and rejects the task if the end is another.

    Why: "my booking" of a caller who has two leaves the agent to guess which is meant, and the row that the generator had in mind
    is known to nobody else.

    Fails: the first of two bookings is looked up, and nothing in the words tells them apart.
    Passes: one row; a row named by its date, its place or its order.
    """
    words = Words.of(task, trajectory, environment)
    for number, call in enumerate(task.reference):
        if call.writes or call.optional:
            continue
        for choice in choices(task, number, environment, words):
            yield (
                f"call {number}, {call.tool}: {choice.parameter} could as well be {canonical_json(choice.value)} as "
                f"{canonical_json(call.arguments.get(choice.parameter))}: {choice.because}"
            )
