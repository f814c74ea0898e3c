"""TS213: right trajectories that differ from the reference score 1."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace

from toolscale.environment.environment import Environment
from toolscale.scoring.said import Statement
from toolscale.synthesis.templates import clock_time, day, hour, money
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import Tally, task_rule
from toolscale.validators.variants import (
    Move,
    Outcome,
    Variant,
    inserted,
    outcomes,
    played,
    silenced,
    with_call,
    writes,
)


@task_rule("TS213", "equivalents")
def equivalents(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str | Tally]:
    """Every right trajectory that words, orders or reads otherwise scores 1.

    The variants: independent neighbours in another order, more reads, a slip that is put right, whole numbers as 5.0,
    arguments in another order, defaults spelt out, other free text, sets reversed, statements in other formats, wrapped in
    politeness, all in one message at the end.

    Why: a verifier that refuses right work teaches an agent to imitate instead of to solve. In published benchmarks the order
    of a list argument changes the verdict in 8 of 8 bookings, and a comma in a number makes a match impossible.

    Fails: ids counted up in the order of calls; an answer compared as a string. Passes: all equivalents score 1.
    """
    tried = 0
    for variant, outcome in outcomes(task, environment, equivalents_of(task, trajectory, environment)):
        tried += 1
        if not outcome.score.value:
            yield f"the equivalent '{variant.kind}' scores 0: {outcome.score.explain()}"
    yield Tally(tried)


def equivalents_of(task: Task, trajectory: Trajectory, environment: Environment) -> list[Variant]:
    """Return the right variants that can be made of the task's reference."""
    moves, reference = played(task, trajectory, environment)
    return [
        Variant("reformatted arguments", tuple(_reformatted(move) for move in moves)),
        Variant("a slip put right", _with_slips(task, moves)),
        Variant("politeness", tuple(_polite(move) for move in moves)),
        Variant("one more calculation", (*moves, Move("call", tool="calculate", arguments={"expression": "2 + 2"}))),
        *_other_reads(task, moves),
        *_other_writes(task, moves, environment),
        *_other_words(task, moves),
        *_other_orders(task, moves, reference),
    ]


def _reformatted(move: Move) -> Move:
    """Whole numbers as floats, the fields in reverse, generous white space."""
    if move.kind != "call":
        return move
    turned = {
        name: float(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53 else value
        for name, value in reversed(move.arguments.items())
    }
    return replace(move, arguments=json.dumps(turned, indent=2))


def _with_slips(task: Task, moves: tuple[Move, ...]) -> tuple[Move, ...]:
    for number, call in writes(task):
        slips = [Move("call", tool=call.tool, arguments={"oops": 1}), Move("call", tool=f"{call.tool}s", arguments={})]
        moves = inserted(moves, number, *slips, Move("call", tool=call.tool, arguments="{not json"))
    return moves


def _polite(move: Move) -> Move:
    return (
        replace(move, text=f"Thank you for your patience. {move.text} Please do let me know!")
        if move.kind == "agent"
        else move
    )


def _other_reads(task: Task, moves: tuple[Move, ...]) -> Iterator[Variant]:
    reads = [(number, call) for number, call in enumerate(task.reference) if not call.writes]
    for number, call in reads[:2]:
        twice = inserted(moves, number, Move("call", tool=call.tool, arguments=call.arguments))
        yield Variant(f"read twice: call {number}, {call.tool}", twice, _keeps_the_rules)


def _keeps_the_rules(outcome: Outcome) -> bool:
    return not any(record.broken_rules for record in outcome.records)


def _other_writes(task: Task, moves: tuple[Move, ...], environment: Environment) -> Iterator[Variant]:
    worded, spelt, reversed_sets = moves, moves, moves
    for number, call in writes(task):
        parameters = environment.compiled.tools[call.tool].parameters
        free = dict.fromkeys(parameters.free_text, "Otherwise worded.")
        worded = with_call(worded, number, arguments={**call.arguments, **free})
        spelt = with_call(spelt, number, arguments={**parameters.defaults, **call.arguments})
        turned = {name: call.arguments[name][::-1] for name in parameters.unordered if name in call.arguments}
        reversed_sets = with_call(reversed_sets, number, arguments={**call.arguments, **turned})
    for kind, changed in (("other free text", worded), ("defaults spelt out", spelt), ("sets reversed", reversed_sets)):
        if changed != moves:
            yield Variant(kind, changed)


def _other_words(task: Task, moves: tuple[Move, ...]) -> Iterator[Variant]:
    if not task.criteria.statements:
        return
    silent = moves
    for statement in task.criteria.statements:
        silent = silenced(silent, statement)
    ways = [_wordings(statement) for statement in task.criteria.statements]
    for number in range(max(map(len, ways))):
        lines = [f"{s.about}: {way[number % len(way)]}." for s, way in zip(task.criteria.statements, ways, strict=True)]
        yield Variant(f"other words {number + 1}: {lines[0]}", (*silent, Move("agent", text="\n".join(lines))))


def _wordings(statement: Statement) -> list[str]:
    value = statement.value
    if statement.kind == "money":
        amount = float(value)
        return [money(amount), f"{amount:.2f} dollars", f"**{money(amount)}**"]
    if statement.kind == "number":
        return [f"{value} {statement.unit}", f"**{value}** {statement.unit}"]
    if statement.kind == "date":
        date = dt.date.fromisoformat(str(value)[:10])
        return [day(str(value)), str(date), f"{date.day} {date:%b %Y}", f"{date:%m/%d/%Y}"]
    if statement.kind == "time":
        spoken = hour(str(value))
        return [clock_time(str(value)), spoken, spoken.replace("am", "a.m.").replace("pm", "p.m.")]
    return [str(value).upper(), str(value).replace("_", " ")]


def _other_orders(task: Task, moves: tuple[Move, ...], reference: Outcome) -> Iterator[Variant]:
    """Swap neighbouring calls that stand in one turn, where neither the results nor the rules tell them apart."""
    before = sorted((record.tool, record.result) for record in reference.records)

    def independent(outcome: Outcome) -> bool:
        after = sorted((record.tool, record.result) for record in outcome.records)
        return after == before and _keeps_the_rules(outcome)

    for place in range(len(moves) - 1):
        first, second = moves[place], moves[place + 1]
        if first.kind != "call" or second.kind != "call" or first.reference is None or second.reference is None:
            continue
        sources = " ".join(task.reference[second.reference].sources.values())
        if f"result {first.reference}" in sources:
            continue
        swapped = (*moves[:place], second, first, *moves[place + 2 :])
        yield Variant(f"swapped: calls {first.reference} and {second.reference}", swapped, independent)
