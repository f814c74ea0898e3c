"""TS206: every argument comes from somewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.synthesis.provenance import Sources
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS206", "provenance")
def provenance(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """Every argument of the reference comes from what the user can tell, an earlier result, the policy or the clock.

    The sources in the row are the ones that are found again from scenario, results, policy and clock alone.

    Why: an argument from nowhere has to be guessed, and a task that asks for a guess measures luck.

    Fails: a transfer to an account that nobody named and no call returned; a source that names a later call.
    Passes: `{"account_id": "result 1: [0].account_id", "amount": "user: amount"}`, and they hold these values.
    """
    sources = Sources(policy=environment.compiled.policy.text, clock=environment.domain.about.clock)
    request = -1
    for number, call in enumerate(task.reference):
        shown = f"call {number}, {call.tool}"
        tool = environment.compiled.tools.get(call.tool)
        if tool is None:
            yield f"{shown}: there is no such tool"
            return
        while request < call.request:
            request += 1
            if request == task.scenario.identified_in:
                sources.user_says(task.scenario.identity)
            sources.user_says(task.scenario.requests[request].facts)
        found, missing = sources.of_call(tool, tool.parameters.complete(call.arguments))
        for name in missing:
            yield f"{shown}: {name} = {call.arguments.get(name)!r} comes from nowhere"
        for name in sorted(found.keys() ^ call.sources.keys()):
            yield f"{shown}: the row has {'no' if name in found else 'a'} source for {name}"
        for name, source in call.sources.items():
            if not _exists(source, task, number):
                yield f"{shown}: the source of {name}, '{source}', is not there"
        sources.tool_returns(number, json.loads(call.result))


def _exists(source: str, task: Task, number: int) -> bool:
    """Return whether each part of a source names a fact of the user, an earlier call, or what every agent has."""
    known = {f"user: {fact.about}" for fact in task.scenario.identity}
    known |= {f"user: {fact.about}" for request in task.scenario.requests for fact in request.facts}
    for part in source.removeprefix("clock and ").split("; "):
        call = part.removeprefix("result ").partition(":")[0]
        earlier = part.startswith("result ") and call.isdigit() and int(call) < number
        if not earlier and part not in known and part not in ("policy", "clock", "schema", "arithmetic"):
            return False
    return True
