"""TS215: no shorter solution is found."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.environment.environment import Environment
from toolscale.environment.tools import Tool
from toolscale.task import ReferenceCall, Task, Trajectory
from toolscale.validators.registry import Tally, task_rule
from toolscale.validators.variants import Move, Variant, outcomes, played, with_call, without

TRIALS = 16
"""Calls that are tried in place of two writes, in one task: a task that passes is not proven to be shortest."""
VALUES = 3


@task_rule("TS215", "shortest")
def shortest(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str | Tally]:
    """A bounded search finds no single call that does what two writes of the reference do.

    Tried in place of each two writes are all offered tools that write the tables which would otherwise stay unchanged, with the
    values that the reference gives to parameters of the same name, to others of the same type, and the sums of two amounts. That
    the reference does nothing idle is TS205's.

    Why: a task that has a shorter solution than its own measures effort wrongly, and teaches to take two steps for one.

    Fails: two payments of $2 and $3 towards one debt, where nothing but the sum is left. Passes: each write leaves a trace that
    no other single call leaves.
    """
    moves, _ = played(task, trajectory, environment)
    variants = list(itertools.islice(_merged(task, moves, environment), TRIALS))
    for variant, outcome in outcomes(task, environment, variants):
        if outcome.solves:
            yield f"{variant.kind} solves the task too"
    yield Tally(len(variants))


def _merged(task: Task, moves: Sequence[Move], environment: Environment) -> Iterator[Variant]:
    """Yield the trajectories in which one call stands in place of two writes."""
    tools = environment.compiled.tools
    changed = {change.table for change in task.criteria.difference.changes}
    made = [(number, call) for number, call in enumerate(task.reference) if call.writes]
    searches = []
    for (first, one), (second, other) in itertools.combinations(made, 2):
        rest = [tools[call.tool].writes for number, call in made if number not in (first, second)]
        lacking = changed.difference(*rest)
        offered = [tools[name] for name in task.tools if name in tools]
        fitting = [tool for tool in offered if lacking <= tool.writes <= changed]
        searches += [
            _in_place(moves, (first, second), tool, arguments)
            for tool in fitting
            for arguments in [_arguments(tool, (one, other), task)]
            if tool.effect is not None
        ]
    yield from _in_turn(searches)


def _in_place(
    moves: Sequence[Move], numbers: tuple[int, int], tool: Tool, tried: Iterator[dict[str, Any]]
) -> Iterator[Variant]:
    first, second = numbers
    for arguments in tried:
        kind = f"{tool.name}({canonical_json(arguments)}) in place of calls {first} and {second}"
        yield Variant(kind, with_call(without(moves, [second]), first, tool=tool.name, arguments=arguments))


def _arguments(tool: Tool, pair: tuple[ReferenceCall, ReferenceCall], task: Task) -> Iterator[dict[str, Any]]:
    """Yield arguments for a tool made of the values that the reference uses, the likeliest first."""
    names = [name for name in tool.parameters.names if name not in tool.parameters.free_text]
    values = [_values(name, tool, pair, task) for name in names]
    free = {name: "" for name in tool.parameters.free_text if name not in tool.parameters.defaults}
    for chosen in itertools.product(*values):
        given = dict(zip(names, chosen, strict=True))
        if given not in [call.arguments for call in pair if call.tool == tool.name]:  # one of the two alone is TS205's
            yield {**given, **free}


def _values(name: str, tool: Tool, pair: tuple[ReferenceCall, ReferenceCall], task: Task) -> list[Any]:
    same = [call.arguments[name] for call in (*pair, *task.reference) if name in call.arguments]
    amounts = [call.arguments[name] for call in pair if _is_amount(call.arguments.get(name))]
    sums = [round(sum(amounts), 2)] if len(amounts) > 1 else []
    schema = tool.format.parameters[name]
    kinds = schema.get("type")
    alike = [
        value
        for call in pair
        for value in call.arguments.values()
        if _kind(value) in (kinds if isinstance(kinds, list) else [kinds]) and "enum" not in schema
    ]
    default = [tool.parameters.defaults[name]] if name in tool.parameters.defaults else []
    known = {canonical_json(value): value for value in (*sums, *same, *default, *schema.get("enum", ()), *alike)}
    return list(known.values())[:VALUES]


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    """Return the JSON Schema type of a value."""
    if isinstance(value, bool):
        return "boolean"
    if _is_amount(value):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _in_turn(searches: Sequence[Iterator[Variant]]) -> Iterator[Variant]:
    """Take one of each search after the other, so that the bound cuts them all alike."""
    left = list(searches)
    while left:
        for search in list(left):
            found = next(search, None)
            if found is None:
                left.remove(search)
            else:
                yield found
