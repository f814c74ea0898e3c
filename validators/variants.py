"""Variants of a reference trajectory: the moves of a conversation, edited, and played again.

Mutants and equivalents are both made here of the same small moves, so that the rules that use them say only what they change.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from toolscale.canonical import canonical_json
from toolscale.environment.difference import StateDifference
from toolscale.environment.environment import Environment
from toolscale.environment.episode import CallRecord, Episode
from toolscale.scoring.said import Statement, is_said
from toolscale.scoring.score import Score, score_of
from toolscale.task import Message, ReferenceCall, Task, Trajectory


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens: a call, something that the agent says, something that the user says."""

    kind: Literal["call", "agent", "user"]
    text: str = ""
    tool: str = ""
    arguments: Any = None
    reference: int | None = None  # the number of the reference call that this is


@dataclass(frozen=True)
class Outcome:
    """What came of a variant: its calls, what they changed, and its score."""

    records: tuple[CallRecord, ...]
    difference: StateDifference
    task: Task
    environment: Environment
    messages: Callable[[], list[Message]]

    @functools.cached_property
    def score(self) -> Score:
        """The score, computed when somebody asks for it."""
        return score_of(self.task, self.environment, self.difference, self.records, self.messages())

    @property
    def solves(self) -> bool:
        """Whether the score is 1: never where the state is another, so that nothing else need be looked at then."""
        return self.difference == self.task.criteria.difference and self.score.value == 1


def always(_: Outcome) -> bool:
    """Apply to every outcome."""
    return True


@dataclass(frozen=True, slots=True)
class Variant:
    """A trajectory with one change, and a name for the kind of change.

    Some changes turn out to be none when they are played (a second call that fails): `applies` tells from the outcome.
    """

    kind: str
    moves: tuple[Move, ...]
    applies: Callable[[Outcome], bool] = always


def moves_of(task: Task, trajectory: Trajectory) -> tuple[Move, ...]:
    """Return the moves of a task's reference trajectory; the reference's calls know their number."""
    moves: list[Move] = []
    left = list(enumerate(task.reference))
    for message in trajectory.messages:
        role, content = message["role"], message.get("content")
        if role == "user":
            moves.append(Move("user", text=str(content)))
        if role != "assistant":
            continue
        if content:
            moves.append(Move("agent", text=str(content)))
        for call in message.get("tool_calls") or ():
            arguments = json.loads(call["function"]["arguments"])
            number = None
            if left and (left[0][1].tool, canonical_json(left[0][1].arguments)) == (
                call["function"]["name"],
                canonical_json(arguments),
            ):
                number = left.pop(0)[0]
            moves.append(Move("call", tool=call["function"]["name"], arguments=arguments, reference=number))
    return tuple(moves)


def _message(move: Move, number: int) -> Message:
    """Return a move as a message; arguments that are text already are sent as they are."""
    if move.kind != "call":
        return {"role": "user" if move.kind == "user" else "assistant", "content": move.text}
    arguments = move.arguments if isinstance(move.arguments, str) else json.dumps(move.arguments)
    function = {"name": move.tool, "arguments": arguments}
    call = {"id": f"v{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


@dataclass(frozen=True, slots=True)
class _Step:
    """A call as the agent's JSON gives it; equal calls have one number."""

    number: int
    tool: str
    arguments: Any


def outcomes(task: Task, environment: Environment, variants: Sequence[Variant]) -> Iterator[tuple[Variant, Outcome]]:
    """Play all variants and yield those that apply, with what came of them.

    Variants share their first calls: each common beginning is played once, and left by a branch of the episode.
    """
    told: dict[int, Message] = {}  # variants share most of their moves
    steps: dict[int, _Step] = {}
    numbers: dict[tuple[str, str], int] = {}
    for number, move in enumerate(move for variant in variants for move in variant.moves):
        if id(move) not in told:
            told[id(move)] = _message(move, number)
            if move.kind == "call":
                same = numbers.setdefault((move.tool, repr(move.arguments)), len(numbers))
                steps[id(move)] = _Step(same, move.tool, _parsed(move.arguments))
    paths = [[steps[id(move)] for move in variant.moves if move.kind == "call"] for variant in variants]
    with environment.recalling_episode() as episode:
        for place in _played(episode, paths, range(len(variants)), 0):
            variant = variants[place]
            messages = functools.partial(_told, variant.moves, told)
            outcome = Outcome(tuple(episode.calls), episode.difference(), task, environment, messages)
            if variant.applies(outcome):
                yield variant, outcome


def _told(moves: Sequence[Move], told: Mapping[int, Message]) -> list[Message]:
    return [told[id(move)] for move in moves]


def _played(episode: Episode, paths: Sequence[Sequence[_Step]], group: Iterable[int], depth: int) -> Iterator[int]:
    """Yield each variant's place at the moment when the episode has made all of its calls.

    After the last way on from a point nobody comes back to it, so that it needs no branch of its own.
    """
    following: dict[int, list[int]] = {}
    for place in group:
        if len(paths[place]) == depth:
            yield place
        else:
            following.setdefault(paths[place][depth].number, []).append(place)
    for left, members in zip(reversed(range(len(following))), following.values(), strict=True):
        step = paths[members[0]][depth]
        with episode.branch() if left else nullcontext():
            episode.call(step.tool, step.arguments)
            yield from _played(episode, paths, members, depth + 1)


def _parsed(arguments: Any) -> Any:
    """Return arguments as an agent's JSON text gives them; what is not JSON stays text."""
    if isinstance(arguments, str):
        with suppress(ValueError):
            return json.loads(arguments)
    return arguments


# the one task that several rules judge in turn
_latest: list[tuple[Task, Trajectory, Environment, tuple[tuple[Move, ...], Outcome]]] = []


def played(task: Task, trajectory: Trajectory, environment: Environment) -> tuple[tuple[Move, ...], Outcome]:
    """Return the moves of the reference trajectory and their outcome; played once for all the rules that judge one task."""
    for known_task, known_trajectory, known_environment, known in _latest:
        if known_task is task and known_trajectory is trajectory and known_environment is environment:
            return known
    moves = moves_of(task, trajectory)
    made = moves, next(outcomes(task, environment, [Variant("reference", moves)]))[1]
    _latest[:] = [(task, trajectory, environment, made)]
    return made


def without(moves: Sequence[Move], dropped: Iterable[int]) -> tuple[Move, ...]:
    """Return the moves without the reference calls of these numbers."""
    gone = frozenset(dropped)
    return tuple(move for move in moves if move.reference is None or move.reference not in gone)


def with_call(moves: Sequence[Move], number: int, **changes: Any) -> tuple[Move, ...]:
    """Return the moves with reference call `number` changed."""
    return tuple(replace(move, **changes) if move.reference == number else move for move in moves)


def inserted(moves: Sequence[Move], number: int, *calls: Move, after: bool = False) -> tuple[Move, ...]:
    """Return the moves with other calls before (or after) reference call `number`."""
    result: list[Move] = []
    for move in moves:
        here = move.reference == number
        result += [*calls, move] if here and not after else [move, *calls] if here else [move]
    return tuple(result)


def silenced(moves: Sequence[Move], statement: Statement) -> tuple[Move, ...]:
    """Return the moves with each of the agent's texts that makes the statement replaced by one that says nothing."""
    return tuple(
        replace(move, text="Very well.") if move.kind == "agent" and is_said(statement, move.text) else move
        for move in moves
    )


def writes(task: Task) -> list[tuple[int, ReferenceCall]]:
    """Return the reference's writing calls with their numbers."""
    return [(number, call) for number, call in enumerate(task.reference) if call.writes]
