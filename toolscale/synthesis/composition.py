"""A composed candidate: scenario, calls and statements, before it is a conversation; and how it becomes a task.

Every author composes (from intents, or from a model's draft), and a rewriter changes the words of what was composed. Written
out by the same scripted agent and user, all of them become the same kind of task.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolscale.canonical import fingerprint
from toolscale.environment.difference import StateDifference
from toolscale.environment.environment import Environment
from toolscale.orchestration.offers import Offers
from toolscale.orchestration.presentation import system_prompt
from toolscale.scoring.said import Statement
from toolscale.synthesis.conversation import Conversation
from toolscale.synthesis.difficulty import difficulty
from toolscale.synthesis.reference import ReferenceRun
from toolscale.task import REFERENCE, Criteria, Origin, ReferenceCall, Task, Trajectory, UserScenario, Wish


@dataclass(frozen=True, slots=True)
class Composed:
    """All that a task is made of. `statements`, `refusals` (the rule, or None) and `bindings` have one item a request.

    A binding holds the values that the words of the request were made from. `key` draws the phrases of the conversation.
    """

    intents: tuple[str, ...]
    conditional: bool
    scenario: UserScenario
    calls: tuple[ReferenceCall, ...]
    statements: tuple[tuple[Statement, ...], ...]
    wishes: tuple[Wish, ...]
    refusals: tuple[str | None, ...]
    bindings: tuple[dict[str, Any], ...]
    difference: StateDifference
    origin: Origin
    key: tuple[Any, ...]

    @classmethod
    def of_run(
        cls,
        run: ReferenceRun,
        scenario: UserScenario,
        difference: StateDifference,
        *,
        intents: Sequence[str],
        conditional: bool,
        refusals: Sequence[str | None],
        bindings: Sequence[dict[str, Any]],
        origin: Origin,
        key: tuple[Any, ...],
    ) -> Composed:
        """Return what a finished reference run has come to."""
        return cls(
            intents=tuple(intents),
            conditional=conditional,
            scenario=scenario,
            calls=tuple(run.calls),
            statements=tuple(tuple(said) for said in run.statements),
            wishes=tuple(run.wishes),
            refusals=tuple(refusals),
            bindings=tuple(bindings),
            difference=difference,
            origin=origin,
            key=key,
        )

    def written(self, environment: Environment, offers: Offers) -> tuple[Task, Trajectory]:
        """Write the conversation and return the task with it, as `offers` presents it to an agent.

        Raises Rejected if user and agent do not get through it.
        """
        with environment.episode() as episode:
            messages = Conversation(
                environment,
                episode,
                self.scenario,
                self.calls,
                self.statements,
                self.refusals,
                key=fingerprint(self.key),
            ).write()
        statements = tuple(dict.fromkeys(itertools.chain.from_iterable(self.statements)))
        calls = [[call.tool, call.arguments] for call in self.calls]
        task_id = fingerprint(environment.id, self.origin.draw, self.origin.seed, calls, messages[1:], length=12)
        needed = [*(call.tool for call in self.calls), *(wish.tool for wish in self.wishes)]
        tools, orchestration = offers.drawn(needed, self.key)
        task = Task(
            id=f"{environment.domain.name}-{task_id}",
            domain=environment.domain.name,
            environment_id=environment.id,
            intents=self.intents,
            wishes=self.wishes,
            conditional=self.conditional,
            scenario=self.scenario,
            reference=self.calls,
            criteria=Criteria(self.difference, statements),
            tools=tools,
            difficulty=difficulty(environment.compiled, self.scenario, self.calls, len(statements), messages),
            origin=self.origin,
            orchestration=orchestration,
        )
        opening = {"role": "system", "content": system_prompt(task, environment)}
        return task, Trajectory(task.id, REFERENCE, (opening, *messages[1:]))
