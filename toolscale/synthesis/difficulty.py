"""Difficulty: counted on the reference, from what it takes to solve the task."""

from __future__ import annotations

from collections.abc import Sequence

from toolscale.environment.compiled import CompiledDomain
from toolscale.synthesis.provenance import joins
from toolscale.task import Difficulty, Message, ReferenceCall, UserScenario

EASY_BELOW = 12
HARD_FROM = 24


def difficulty(
    domain: CompiledDomain,
    scenario: UserScenario,
    calls: Sequence[ReferenceCall],
    statements: int,
    messages: Sequence[Message],
) -> Difficulty:
    """Return the counts and the level.

    Points: 1 a call, 2 a write, half a join (an argument taken from an earlier result), 1 a policy rule that judges one of
    the calls beyond the first five, 1 a statement, 2 a request after the first, 2 for a twist that misleads.
    """
    writes = sum(call.writes for call in calls)
    joined = joins([call.sources for call in calls])
    rules = len({rule for call in calls for rule in domain.policy.rules_of(call.tool)})
    misled = scenario.twist is not None and scenario.twist.fact is not None
    points = (
        len(calls)
        + 2 * writes
        + joined / 2
        + max(0, rules - 5)
        + statements
        + 2 * (len(scenario.requests) - 1)
        + 2 * misled
    )
    return Difficulty(
        level="easy" if points < EASY_BELOW else "medium" if points < HARD_FROM else "hard",
        calls=len(calls),
        writes=writes,
        joins=joined,
        rules=rules,
        statements=statements,
        requests=len(scenario.requests),
        turns=sum(message["role"] == "user" for message in messages),
    )
