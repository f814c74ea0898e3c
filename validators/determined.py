"""TS209: the words determine every argument."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.canonical import canonical_json
from toolscale.environment.environment import Environment
from toolscale.task import Task, Trajectory
from toolscale.validators.choices import Words, choices
from toolscale.validators.registry import Tally, task_rule
from toolscale.validators.variants import Outcome, Variant, outcomes, played, with_call, writes


@task_rule("TS209", "determined")
def determined(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str | Tally]:
    """No other value of an argument would be accepted and end elsewhere, unless words or policy exclude it.

    Each argument of a write that the agent has to choose is tried with the other values it could have chosen: other rows of
    the result that it was taken from, other choices of the parameter. A value that the tool accepts, that breaks no rule and
    leads to another state must be told apart from the right one: by a value that the user names, or that an earlier step has in a
    field of the same name (fees of 0 say nothing of 0 renewals), by a limit that separates them, by being first or last in
    something where the words say so.

    Why: where the payment method or the reason is not in the user's words, several values are right and one is scored; 14 to 23
    tasks of a published benchmark are of that kind.

    Fails: "Please cancel my order" from a user with two open orders. Passes: "my order of March 3", "the cheaper one".
    """
    moves, reference = played(task, trajectory, environment)
    words = Words.of(task, trajectory, environment)
    open_ = [choice for number, _ in writes(task) for choice in choices(task, number, environment, words)]

    def elsewhere(outcome: Outcome) -> bool:
        return outcome.difference != reference.difference and not any(r.broken_rules for r in outcome.records)

    variants = [
        Variant(
            canonical_json(choice.value),
            with_call(
                moves, choice.call, arguments={**task.reference[choice.call].arguments, choice.parameter: choice.value}
            ),
            elsewhere,
        )
        for choice in open_
    ]
    by_moves = {id(variant): choice for variant, choice in zip(variants, open_, strict=True)}
    for variant, outcome in outcomes(task, environment, variants):
        choice = by_moves[id(variant)]
        made = [record for record in outcome.records if record.ok and record.writes]
        if len(made) == sum(record.ok and record.writes for record in reference.records):
            call = task.reference[choice.call]
            yield (
                f"call {choice.call}, {call.tool}: {choice.parameter} could as well be {canonical_json(choice.value)} as "
                f"{canonical_json(call.arguments.get(choice.parameter))}: {choice.because}"
            )
    yield Tally(len(variants))
