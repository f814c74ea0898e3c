"""TS212: wrong trajectories score 0."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode
from toolscale.scoring.said import is_said, occurs_in_data
from toolscale.synthesis.near_misses import neighbours, other_values, wrong_wordings
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
    without,
    writes,
)

ENOUGH = 30  # a short reference has few calls to change: from here on no further kinds are looked for


@task_rule("TS212", "mutants")
def mutants(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str | Tally]:
    """Every wrong trajectory that can be made of the reference by one change scores 0.

    The changes: a write left out, made twice, made on a neighbouring row, with another amount, date or choice, with a field
    too many, under another name, before the user agreed; an extra write; a write before the one whose result it needs; a
    forbidden wish fulfilled; a read left out that the policy demands; the right words on the old state; an answer left out,
    changed, or given without having been read; stopping early; only reading; only talking; nothing at all.

    Why: a verifier that accepts wrong work pays for it. Verifiers of published tasks accept a doubled refund, another row of the
    same kind, or the right words without the deed.

    Fails: a task whose tool ignores an argument, so that any value passes. Passes: all mutants score 0.
    """
    tried = 0
    for mutant, outcome in outcomes(task, environment, mutants_of(task, trajectory, environment)):
        tried += 1
        if outcome.solves:
            yield f"the mutant '{mutant.kind}' scores 1"
    yield Tally(tried)


def mutants_of(task: Task, trajectory: Trajectory, environment: Environment) -> list[Variant]:
    """Return the wrong trajectories that can be made of the task's reference."""
    moves, reference = played(task, trajectory, environment)
    made = [
        Variant("nothing done", tuple(move for move in moves if move.kind == "user")),
        Variant("only talked", tuple(move for move in moves if move.kind != "call")),
        *_wrong_writes(task, moves, environment, reference),
        *_wrong_conduct(task, moves, environment),
        *_wrong_answers(task, moves, environment, reference),
    ]
    more = itertools.chain(
        _other_rows(task, moves, environment), _stopped_early(task, moves), _said_unread(task, moves, environment)
    )
    return [*made, *itertools.islice(more, max(0, ENOUGH - len(made)))]


def _wrong_writes(
    task: Task, moves: tuple[Move, ...], environment: Environment, reference: Outcome
) -> Iterator[Variant]:
    made = writes(task)

    def changed_more(outcome: Outcome) -> bool:
        """Tell a call that made a difference from one that failed or changed nothing."""
        return outcome.difference != reference.difference

    if made:
        yield Variant("only read", without(moves, [number for number, _ in made]))
    for number, call in made:
        named = f"call {number}, {call.tool}"
        yield Variant(f"write left out: {named}", without(moves, [number]))
        doubled = inserted(moves, number, Move("call", tool=call.tool, arguments=call.arguments), after=True)
        yield Variant(f"write made twice: {named}", doubled, changed_more)
        yield Variant(f"null-padded: {named}", with_call(moves, number, arguments={**call.arguments, "padding": None}))
        yield Variant(f"misnamed tool: {named}", with_call(moves, number, tool=f"{call.tool}_now"))
        for parameter, value in neighbours(task, number):
            changed = {**call.arguments, parameter: value}
            yield Variant(
                f"neighbouring row: {named}, {parameter} {value}", with_call(moves, number, arguments=changed)
            )
        for parameter, value in other_values(task, number, environment):
            changed = {**call.arguments, parameter: value}
            yield Variant(f"other value: {named}, {parameter} {value}", with_call(moves, number, arguments=changed))
        for source in _needs(task, number):
            if task.reference[source].writes:
                swapped = without(moves, [number])
                early = Move("call", tool=call.tool, arguments=call.arguments)
                # two writes that merely share a value may well change places: only another end is a fault
                yield Variant(f"before its cause: {named}", inserted(swapped, source, early), changed_more)
    extra = Move("call", tool="escalate_to_human", arguments={"reason": "other", "summary": "To be sure."})
    yield Variant("an extra write", (*moves, extra))


def _wrong_conduct(task: Task, moves: tuple[Move, ...], environment: Environment) -> Iterator[Variant]:
    confirmed = environment.compiled.policy.confirmed_tools
    if any(call.tool in confirmed for call in task.reference):
        yield Variant("nobody asked", tuple(move for move in moves if move.kind != "user"))
    for wish in task.wishes:
        call = Move("call", tool=wish.tool, arguments=wish.arguments)
        yield Variant(f"forbidden wish fulfilled: {wish.tool}", inserted(moves, wish.after - 1, call, after=True))
    for number, made in enumerate(task.reference):
        if not made.writes:
            yield Variant(
                f"demanded read left out: call {number}, {made.tool}", without(moves, [number]), _breaks_a_rule
            )


def _breaks_a_rule(outcome: Outcome) -> bool:
    return any(record.broken_rules for record in outcome.records)


def _wrong_answers(
    task: Task, moves: tuple[Move, ...], environment: Environment, reference: Outcome
) -> Iterator[Variant]:
    policy = environment.compiled.policy.text
    calls = [move for move in moves if move.kind == "call"]
    for statement in task.criteria.statements:
        silent = silenced(moves, statement)
        yield Variant(f"not said: {statement.about}", silent)
        for wrong in wrong_wordings(statement):
            if not is_said(statement, wrong):
                yield Variant(f"said wrong: {statement.about}", (*silent, Move("agent", text=wrong)))
        if is_said(statement, policy):
            continue
        reading = [
            m
            for m, record in zip(calls, reference.records, strict=True)
            if record.ok and occurs_in_data(statement, record.value)
        ]
        if all(move.reference is not None and not task.reference[move.reference].writes for move in reading):
            unread = without(moves, [move.reference for move in reading if move.reference is not None])
            yield Variant(f"never read: {statement.about}", unread)


def _other_rows(task: Task, moves: tuple[Move, ...], environment: Environment) -> Iterator[Variant]:
    """Make each write with the keys of other rows of the same table, whoever they belong to."""
    with environment.episode() as episode:
        for number, call in writes(task):
            for parameter, value in call.arguments.items():
                for other in _keys_beside(episode, environment, value) if isinstance(value, str) else ():
                    changed = with_call(moves, number, arguments={**call.arguments, parameter: other})
                    yield Variant(f"another row: call {number}, {call.tool}, {parameter} {other}", changed)


def _keys_beside(episode: Episode, environment: Environment, value: str) -> Iterator[str]:
    """Yield the keys before and after a value in the table whose key it is."""
    for table in environment.compiled.tables.values():
        if len(table.key) != 1:
            continue
        key, name = table.columns[table.key[0]], table.name
        for order in (
            f'max("{key}") FROM "{name}" WHERE "{key}" < :it',
            f'min("{key}") FROM "{name}" WHERE "{key}" > :it',
        ):
            query = f'SELECT {order} AND EXISTS (SELECT 1 FROM "{name}" WHERE "{key}" = :it)'  # noqa: S608 (the table's own names)
            for row in episode.rows(query, {"it": value}):
                yield from (found for found in row.values() if isinstance(found, str))


def _stopped_early(task: Task, moves: tuple[Move, ...]) -> Iterator[Variant]:
    """Break off before each call, though a write is still to come, and talk as if all had been done."""
    last = max((number for number, _ in writes(task)), default=0)
    for number in range(1, last):
        yield Variant(f"stopped early: before call {number}", without(moves, range(number, len(task.reference))))


def _said_unread(task: Task, moves: tuple[Move, ...], environment: Environment) -> Iterator[Variant]:
    """Give each answer at once, before anything was read."""
    for statement in task.criteria.statements:
        guess = f"{statement.about}: {statement.value} {statement.unit or ''}."
        if not is_said(statement, environment.compiled.policy.text):
            first, *rest = silenced(moves, statement)
            yield Variant(f"said unread: {statement.about}", (first, Move("agent", text=guess), *rest))


def _needs(task: Task, number: int) -> list[int]:
    found = {
        int(match) for text in task.reference[number].sources.values() for match in re.findall(r"result (\d+)", text)
    }
    return sorted(found)
