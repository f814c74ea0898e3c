"""TS210: what has no order has none in the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolscale.environment.environment import Environment
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import Tally, task_rule
from toolscale.validators.variants import Move, Outcome, Variant, outcomes, played, with_call


@task_rule("TS210", "insensitive")
def insensitive(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str | Tally]:
    """Sets turned round, and calls made as late as their results allow, leave the score at 1.

    Why: where the order of a list or of independent calls changes the state, a right agent fails by chance; in one published
    benchmark that was so in 8 of 8 bookings.

    Fails: passengers numbered in the order in which the call names them, though `passengers` is `unordered`; ids counted up.
    Passes: children numbered by `row_number() OVER (ORDER BY name)`, ids derived from what was asked.
    """
    moves, reference = played(task, trajectory, environment)
    variants = [*_sets_reversed(task, moves, environment), *_later(task, moves, reference)]
    tried = 0
    for variant, outcome in outcomes(task, environment, variants):
        tried += 1
        if not outcome.score.value:
            yield f"'{variant.kind}' scores 0: {outcome.score.explain()}"
    yield Tally(tried)


def _sets_reversed(task: Task, moves: Sequence[Move], environment: Environment) -> Iterator[Variant]:
    for number, call in enumerate(task.reference):
        sets = environment.compiled.tools[call.tool].parameters.unordered
        turned = {name: call.arguments[name][::-1] for name in sets if len(call.arguments.get(name) or ()) > 1}
        if turned:
            yield Variant(
                f"sets reversed: call {number}, {call.tool}",
                with_call(moves, number, arguments={**call.arguments, **turned}),
            )


def _later(task: Task, moves: Sequence[Move], reference: Outcome) -> Iterator[Variant]:
    """Make each write right before the end of its request, if no later call of the request takes a value from it.

    Only where calls and results stay what they were, so that the calls are independent.
    """
    before = sorted((record.tool, record.result) for record in reference.records)

    def independent(outcome: Outcome) -> bool:
        after = sorted((record.tool, record.result) for record in outcome.records)
        return after == before and not any(record.broken_rules for record in outcome.records)

    for number, call in enumerate(task.reference):
        later = [n for n, other in enumerate(task.reference) if n > number + 1 and other.request == call.request]
        if not call.writes or not later:
            continue
        own = next(move for move in moves if move.reference == number)
        rest = [move for move in moves if move is not own]
        place = next(index for index, move in enumerate(rest) if move.reference == later[-1]) + 1
        yield Variant(f"made later: call {number}, {call.tool}", (*rest[:place], own, *rest[place:]), independent)
