"""TS205: nothing in the reference is idle."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule
from toolscale.validators.variants import Variant, outcomes, played, without


@task_rule("TS205", "minimal")
def minimal(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """Leaving out a call of the reference, or two of its writes, leaves the task unsolved.

    A read may be left out without harm only if it is marked optional, gives an argument to a later call, or settles whether
    something is done or said.

    Why: a reference that does more than it must teaches waste, and a task with a shorter solution than its own punishes the agent
    that finds it. A write whose absence no one notices is not verified.

    Fails: a reference that looks up the branch's opening hours on the way to a transfer; two writes that cancel out.
    Passes: each read yields an argument, a statement or a decision, or is `optional: true` in the intent.
    """
    moves, _ = played(task, trajectory, environment)
    sources = " ".join(source for call in task.reference for source in call.sources.values())
    used = {int(number) for number in re.findall(r"result (\d+)", sources)}
    made = [number for number, call in enumerate(task.reference) if call.writes]
    idle = [
        number
        for number, call in enumerate(task.reference)
        if not (call.writes or call.optional or call.decides or number in used)
    ]
    left_out = [*((number,) for number in (*made, *idle)), *itertools.combinations(made, 2)]
    variants = [Variant(", ".join(_named(task, number) for number in some), without(moves, some)) for some in left_out]
    for variant, outcome in outcomes(task, environment, variants):
        if outcome.solves:
            yield f"without {variant.kind} the score is still 1"


def _named(task: Task, number: int) -> str:
    return f"call {number}, {task.reference[number].tool}"
