"""Baseline policies of an orchestrator in closed form: what each is expected to solve, to pay and to wait for, without a rollout.

A task is solved if every step is done right. A step is done by the small model alone, or by an expert whom it asks and follows;
either is right with the probability that skill and step give. So the expectations are sums and products, exact for this model of
things. It leaves out mistakes that are noticed and mended, advice that is not followed, conversations that grow by questions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from toolscale.environment.environment import Environment
from toolscale.orchestration.account import TOOL_SECONDS, characters, estimated_tokens
from toolscale.orchestration.catalog import Catalog, catalog
from toolscale.orchestration.offer import Expert
from toolscale.orchestration.presentation import tool_characters, tool_schemas
from toolscale.orchestration.steps import Step, steps
from toolscale.rewards import Rollout, measures, normalised, preference_score, weights_of
from toolscale.task import Task, Trajectory

QUESTION_TOKENS = 40
"""What the small model writes to ask."""
HARD_BELOW = 0.95
"""A step is hard if the small model does it right less often than this."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a policy is expected to come to on one task: probability of solving it, dollars, seconds, calls by name."""

    success: float
    dollars: float
    seconds: float
    counts: dict[str, float]
    questions: float

    @property
    def rollout(self) -> Rollout:
        """The same as the reward functions take it."""
        return Rollout(self.success, self.dollars, self.seconds, self.counts)


@dataclass(frozen=True, slots=True)
class Doer:
    """Who may do a step, the small model (no expert) or an expert: how probably right, and what asking adds."""

    expert: Expert | None
    right: float
    dollars: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """A task as the policies see it: who may do each step, the small model first, and what it costs to ask nobody.

    `strongest` is the expert that is likeliest to do all steps right, `cheapest` the one that answers for the fewest dollars.
    """

    task: Task
    doers: tuple[tuple[Doer, ...], ...]
    alone: Expected
    strongest: str
    cheapest: str


Policy = Callable[[Outlook], Expected]


def outlook(task: Task, trajectory: Trajectory, environment: Environment, listed: Catalog | None = None) -> Outlook:
    """Return the outlook on a task, measured on its reference trajectory. Raises ValueError if the task has no experts."""
    offer, listed = task.orchestration, listed or catalog()
    if offer is None:
        raise ValueError(f"{task.id} has no experts")
    every = steps(task)
    known = {expert.name: listed.expert(expert.name) for expert in offer.experts}
    contexts, written = _read_and_written(task, trajectory, environment)
    before = _contexts_of_steps(every, trajectory, contexts)

    def doers(step: Step, tokens: int) -> Iterable[Doer]:
        yield Doer(None, listed.orchestrator.skill.at(step.kind, step.burdens), 0.0, 0.0)
        for expert in offer.experts:
            yield Doer(
                expert,
                known[expert.name].skill.at(step.kind, step.burdens),
                offer.orchestrator.dollars(tokens, QUESTION_TOKENS)
                + expert.dollars(tokens + QUESTION_TOKENS, known[expert.name].tokens),
                offer.orchestrator.seconds(QUESTION_TOKENS) + expert.seconds(known[expert.name].tokens),
            )

    rows = tuple(tuple(doers(step, tokens)) for step, tokens in zip(every, before, strict=True))
    own = [
        (offer.orchestrator.dollars(i, o), offer.orchestrator.seconds(o))
        for i, o in zip(contexts, written, strict=True)
    ]
    counts: dict[str, float] = {}
    for call in task.reference:
        counts[call.tool] = counts.get(call.tool, 0) + 1
    alone = Expected(
        success=math.prod(row[0].right for row in rows),
        dollars=sum(dollars for dollars, _ in own),
        seconds=sum(seconds for _, seconds in own) + TOOL_SECONDS * len(task.reference),
        counts=counts,
        questions=0.0,
    )
    places = range(1, len(offer.experts) + 1)
    strongest = max(places, key=lambda place: math.prod(row[place].right for row in rows))
    cheapest = min(places, key=lambda place: sum(row[place].dollars for row in rows))
    return Outlook(task, rows, alone, offer.experts[strongest - 1].name, offer.experts[cheapest - 1].name)


def _read_and_written(task: Task, trajectory: Trajectory, environment: Environment) -> tuple[list[int], list[int]]:
    """Return the tokens that the small model reads and writes at each of its messages in the reference trajectory."""
    shown = tool_characters(tool_schemas(task, environment), environment)
    contexts, written = [], []
    for message in trajectory.messages:
        size = characters([message])
        if message["role"] == "assistant":
            contexts.append(estimated_tokens(shown))
            written.append(estimated_tokens(size))
        shown += size
    return contexts, written


def _contexts_of_steps(every: Sequence[Step], trajectory: Trajectory, contexts: Sequence[int]) -> list[int]:
    """Return the tokens of the conversation before each step, taking the trajectory's calls to be the reference's in order."""
    at_call = [
        context
        for context, message in zip(contexts, (m for m in trajectory.messages if m["role"] == "assistant"), strict=True)
        for _ in message.get("tool_calls") or ()
    ]
    found, made = [], 0
    for step in every:
        found.append(at_call[min(made, len(at_call) - 1)] if step.kind != "report" and at_call else contexts[-1])
        made += step.call is not None
    return found


def never_ask(seen: Outlook) -> Expected:
    """Do everything alone."""
    return seen.alone


def ask_the_strongest(seen: Outlook) -> Expected:
    """Ask the strongest expert at every step."""
    return _asking(seen, lambda _: seen.strongest)


def ask_the_cheapest(seen: Outlook) -> Expected:
    """Ask the cheapest expert at every step."""
    return _asking(seen, lambda _: seen.cheapest)


def ask_on_hard_steps(seen: Outlook) -> Expected:
    """Ask the strongest expert at the steps that the small model does right too seldom, and nobody at the others."""
    return _asking(seen, lambda own: seen.strongest if own.right < HARD_BELOW else None)


def oracle(seen: Outlook) -> Expected:
    """Know at every step who would do it right: do it alone if that is enough, else ask the cheapest of those who are right.

    Nobody can know that: it is the bound of what choosing can reach, with an expert's mistakes independent of another's.
    """
    success, dollars, seconds, counts = 1.0, seen.alone.dollars, seen.alone.seconds, dict(seen.alone.counts)
    questions = 0.0
    for own, *experts in seen.doers:
        open_still = 1 - own.right
        for doer in sorted(experts, key=lambda doer: doer.dollars):
            asked = open_still * doer.right
            assert doer.expert is not None
            dollars += asked * doer.dollars
            seconds += asked * doer.seconds
            questions += asked
            counts[doer.expert.name] = counts.get(doer.expert.name, 0) + asked
            open_still -= asked
        success *= 1 - open_still
    return Expected(success, dollars, seconds, counts, questions)


POLICIES: dict[str, Policy] = {
    "never ask": never_ask,
    "always the cheapest": ask_the_cheapest,
    "always the strongest": ask_the_strongest,
    "only on hard steps": ask_on_hard_steps,
    "oracle": oracle,
}


def _asking(seen: Outlook, choose: Callable[[Doer], str | None]) -> Expected:
    success, dollars, seconds, counts = 1.0, seen.alone.dollars, seen.alone.seconds, dict(seen.alone.counts)
    questions = 0
    for own, *experts in seen.doers:
        name = choose(own)
        doer = next((doer for doer in experts if doer.expert is not None and doer.expert.name == name), own)
        success *= doer.right
        dollars += doer.dollars
        seconds += doer.seconds
        if doer.expert is not None:
            questions += 1
            counts[doer.expert.name] = counts.get(doer.expert.name, 0) + 1
    return Expected(success, dollars, seconds, counts, float(questions))


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """The means of one policy over tasks.

    `score` is the preference evaluation of the paper relative to never asking. `reward` is the expected training reward, with
    the expectations of all policies on a task as the group.
    """

    policy: str
    success: float
    dollars: float
    seconds: float
    questions: float
    score: float
    reward: float


def figures(outlooks: Sequence[Outlook]) -> list[PolicyFigures]:
    """Return the means of every policy over the tasks. Raises ValueError if there are none."""
    if not outlooks:
        raise ValueError("there are no tasks")
    found = []
    by_task = [[policy(seen) for policy in POLICIES.values()] for seen in outlooks]
    rewarded = [_rewards(group, seen) for group, seen in zip(by_task, outlooks, strict=True)]
    for place, name in enumerate(POLICIES):
        expected = [group[place] for group in by_task]
        found.append(
            PolicyFigures(
                policy=name,
                success=fmean(one.success for one in expected),
                dollars=fmean(one.dollars for one in expected),
                seconds=fmean(one.seconds for one in expected),
                questions=fmean(one.questions for one in expected),
                score=fmean(_score(one, seen) for one, seen in zip(expected, outlooks, strict=True)),
                reward=fmean(group[place] for group in rewarded),
            )
        )
    return found


def _rewards(group: Sequence[Expected], seen: Outlook) -> list[float]:
    """Return the expected reward of each policy: what a solved task would give it, times the probability of solving it."""
    assert seen.task.orchestration is not None
    names = seen.task.weighed
    weights = weights_of(seen.task.orchestration.preference.weights, names, task=seen.task.id)
    scalar = (normalised(measures([one.rollout for one in group], names)) * weights).sum(axis=1)
    return [float(value * one.success) for value, one in zip(scalar, group, strict=True)]


def _score(expected: Expected, seen: Outlook) -> float:
    assert seen.task.orchestration is not None
    weights = seen.task.orchestration.preference.weights
    names, task = seen.task.weighed, seen.task.id
    return preference_score(expected.rollout, seen.alone.rollout, weights, names, task=task)
