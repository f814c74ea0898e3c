"""TS214: a task offers what it needs, experts that can be asked, and a preference that weighs them all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.errors import nearest
from toolscale.orchestration.catalog import catalog
from toolscale.orchestration.offer import ASK_EXPERT, ASPECTS, Orchestration, PricedModel
from toolscale.orchestration.preferences import aspects_claimed, preferences
from toolscale.orchestration.presentation import system_prompt
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS214", "offers")
def offers(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """The tools that the task needs are offered, its experts are known and priced, and its preference weighs all of them.

    The preference's words claim of accuracy, cost and latency what its weights claim, every weight lies in [0, 1], and the
    conversation opens with the prompt that tells the agent so.

    Why: a tool that is needed and not offered makes a task unsolvable; a missing weight drops a whole batch silently in the
    published training code; words that say the opposite of the weights teach the opposite of what the user wants.

    Fails: a reference that calls a tool outside of `tools`; an expert that the catalog does not have; "take your time" with a
    latency weight of 1. Passes: every call of the reference is offered, and every name has one weight.
    """
    yield from _tools(task, environment)
    if task.orchestration is not None:
        yield from _experts(task.orchestration)
        yield from _preference(task, task.orchestration)
    opening = trajectory.messages[0].get("content") if trajectory.messages else None
    if opening != system_prompt(task, environment):
        yield "the conversation does not open with the task's system prompt"


def _tools(task: Task, environment: Environment) -> Iterator[str]:
    known = environment.compiled.tools
    for name in task.tools:
        if name not in known and name != ASK_EXPERT:
            yield f"the task offers '{name}', which is no tool of the domain. {nearest(name, known)}"
    needed = [*(call.tool for call in task.reference), *(wish.tool for wish in task.wishes)]
    for name in dict.fromkeys(needed):
        if name not in task.tools:
            yield f"the task needs {name} and does not offer it"
    for name, times in Counter(task.tools).items():
        if times > 1:
            yield f"the task offers {name} {times} times"
    if (ASK_EXPERT in task.tools) != (task.orchestration is not None):
        yield f"{ASK_EXPERT} is offered where there is no expert, or is not where there are some"


def _experts(offer: Orchestration) -> Iterator[str]:
    listed = {expert.name: expert for expert in catalog().experts}
    if not offer.experts:
        yield "the task has no experts"
    for expert in offer.experts:
        known = listed.get(expert.name)
        if known is None:
            yield f"there is no expert '{expert.name}'. {nearest(expert.name, listed)}"
        elif (known.kind, known.size, known.maker is not None) != (expert.kind, expert.size, expert.closed):
            yield f"{expert.name} is offered as a {expert.size} {expert.kind}, the catalog has it otherwise"
    for model in (offer.orchestrator, *offer.experts):
        yield from _priced(model)


def _priced(model: PricedModel) -> Iterator[str]:
    prices = (model.dollars_in, model.dollars_out, model.seconds_to_first_token)
    if not all(math.isfinite(value) and value >= 0 for value in prices) or not model.tokens_per_second > 0:
        yield f"{model.name} has a price or a speed that is no number from 0 on"


def _preference(task: Task, offer: Orchestration) -> Iterator[str]:
    weights = offer.preference.weights
    for name in (*task.weighed, *ASPECTS):
        if name not in weights:
            yield f"the preference has no weight for {name}"
        elif not 0 <= weights[name] <= 1:
            yield f"the preference's weight for {name} is {weights[name]}"
    for name, times in Counter([*task.weighed, *ASPECTS]).items():
        if times > 1:
            yield f"{times} of the tools and experts are called {name}"
    for name in sorted(weights.keys() - {*task.weighed, *ASPECTS}):
        yield f"the preference weighs {name}, which the task does not offer"
    said = {claim for claim in preferences().claimed(offer.preference.instruction) if claim.split()[0] in ASPECTS}
    if said != aspects_claimed(weights):
        yield (
            f"'{offer.preference.instruction}' says {', '.join(sorted(said)) or 'nothing'} of accuracy, cost and latency, "
            f"the weights say {', '.join(sorted(aspects_claimed(weights))) or 'nothing'}"
        )
