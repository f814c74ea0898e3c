"""The score: one function that decides, for any trajectory, whether it solves its task, and says what failed.

The paper's three criteria (arXiv 2511.21689, section 3.3), made exact: execution correctness is the equality of state
differences, process fidelity is that each statement was made, operation completeness is that each row of the reference was
touched. Two more keep it honest: grounding (what was said had been read) and policy (no call broke a rule).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from toolscale.canonical import canonical_json
from toolscale.environment.difference import RowChange, StateDifference
from toolscale.environment.environment import Environment
from toolscale.environment.episode import CallRecord, Episode
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.scoring.said import Statement, is_said, occurs_in_data
from toolscale.task import Message, Task

PartName = Literal["execution", "fidelity", "completeness", "grounding", "policy"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score; `evidence` has a line for each thing that is wrong, and is empty if it passed."""

    name: PartName
    evidence: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.evidence


@dataclass(frozen=True, slots=True)
class Score:
    """The verdict on one trajectory, and what the trajectory changed."""

    parts: tuple[Part, ...]
    difference: StateDifference

    @property
    def value(self) -> int:
        """1 if every part passed, else 0."""
        return int(all(part.passed for part in self.parts))

    @property
    def failed(self) -> tuple[PartName, ...]:
        """The names of the parts that failed."""
        return tuple(part.name for part in self.parts if not part.passed)

    def explain(self) -> str:
        """Return what failed, a line each, or the word solved."""
        lines = [f"{part.name}: {line}" for part in self.parts for line in part.evidence]
        return "\n".join(lines) or "solved"


def score(task: Task, environment: Environment, episode: Episode, messages: Sequence[Message]) -> Score:
    """Return the score of an episode whose conversation was `messages` (OpenAI format).

    The n-th tool call of the messages is the n-th call of the episode; results are taken from the episode, never from the
    messages. What an expert said has not been read. Does not raise for anything that an agent may have written.
    """
    return score_of(task, environment, episode.difference(), episode.calls, messages)


def score_of(
    task: Task,
    environment: Environment,
    difference: StateDifference,
    calls: Sequence[CallRecord],
    messages: Sequence[Message],
) -> Score:
    """Return the score of what an episode has come to: its state difference and its calls."""
    fidelity, grounding = _statements(task, environment, calls, messages)
    return Score(
        (
            Part("execution", tuple(_unequal(task.criteria.difference, difference))),
            Part("fidelity", fidelity),
            Part("completeness", tuple(_untouched(task.criteria.difference, difference))),
            Part("grounding", grounding),
            Part("policy", tuple(_broken_rules(environment, calls, messages))),
        ),
        difference,
    )


def score_trajectory(task: Task, environment: Environment, messages: Sequence[Message]) -> Score:
    """Replay the tool calls of `messages` on a fresh episode and return the score."""
    with replayed(environment, messages, tools=task.tools) as episode:
        return score(task, environment, episode, messages)


@contextmanager
def replayed(
    environment: Environment, messages: Sequence[Message], *, tools: Collection[str] | None = None
) -> Iterator[Episode]:
    """Give an episode in which the tool calls of `messages` were made, in order.

    Experts are not asked again: what they said is in the messages. A tool that is not among `tools`, if given, is refused, as
    it was live.
    """
    answers = {str(message.get("tool_call_id")): message.get("content") for message in messages}
    with environment.episode() as episode:
        for message in messages:
            calls = message.get("tool_calls") or ()
            for call, (name, arguments) in zip(calls, tool_calls([message]), strict=True):
                if name == ASK_EXPERT or (tools is not None and name not in tools):
                    answer = str(answers.get(str(call.get("id"))) or "")
                    episode.answered(name, arguments, answer, ok=name == ASK_EXPERT)
                else:
                    episode.call(name, arguments)
        yield episode


def tool_calls(messages: Sequence[Message]) -> Iterator[tuple[str, Any]]:
    """Yield name and parsed arguments of each tool call; arguments that are not JSON stay text, which no tool accepts."""
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            yield str(function.get("name")), _parsed(function.get("arguments"))


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def _unequal(expected: StateDifference, actual: StateDifference) -> Iterator[str]:
    if expected == actual:
        return
    wanted = {(c.table, c.key): c for c in expected.changes}
    found = {(c.table, c.key): c for c in actual.changes}
    for row in sorted(wanted.keys() | found.keys(), key=str):
        if wanted.get(row) == found.get(row):
            continue
        named = f"{row[0]} {canonical_json(row[1])}"
        if row not in found:
            yield f"{named}: missing {_shown(wanted[row])}"
        elif row not in wanted:
            yield f"{named}: not wanted {_shown(found[row])}"
        else:
            yield f"{named}: expected {_shown(wanted[row])}, got {_shown(found[row])}"


def _shown(change: RowChange) -> str:
    values = change.before if change.operation == "delete" else change.after
    return f"{change.operation} {canonical_json(values)}"


def _untouched(expected: StateDifference, actual: StateDifference) -> Iterator[str]:
    for table, key in sorted(expected.touched - actual.touched, key=str):
        yield f"{table} {canonical_json(key)} was not touched"


def _statements(
    task: Task, environment: Environment, made: Sequence[CallRecord], messages: Sequence[Message]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not task.criteria.statements:
        return (), ()
    spoken = _spoken(messages)
    unsaid, unfounded = [], []
    for statement in task.criteria.statements:
        before = next((calls for text, calls in reversed(spoken) if is_said(statement, text)), None)
        if before is None:
            unsaid.append(f"{statement.about} ({statement.kind} {_value(statement)}) was not said to the user")
            continue
        read = (record.result for record in made[:before] if record.ok and record.tool != ASK_EXPERT)
        if not any(_is_in(statement, result) for result in read) and not is_said(
            statement, environment.compiled.policy.text
        ):
            unfounded.append(f"{statement.about} ({statement.kind} {_value(statement)}) was said, but never read")
    return tuple(unsaid), tuple(unfounded)


@functools.lru_cache(maxsize=8192)
def _is_in(statement: Statement, result: str) -> bool:
    """Cached, because the variants of one task read the same results again and again."""
    return occurs_in_data(statement, json.loads(result))


def _value(statement: Statement) -> str:
    return f"{statement.value} {statement.unit}" if statement.unit else str(statement.value)


def _spoken(messages: Sequence[Message]) -> list[tuple[str, int]]:
    """Return the assistant's texts, each with the number of calls made before it."""
    spoken, calls = [], 0
    for message in messages:
        if message.get("role") != "assistant":
            continue
        content = message.get("content")
        if isinstance(content, str) and content:
            spoken.append((content, calls))
        calls += len(message.get("tool_calls") or ())
    return spoken


def _broken_rules(environment: Environment, made: Sequence[CallRecord], messages: Sequence[Message]) -> Iterator[str]:
    for record in made:
        for rule in record.broken_rules:
            yield f"{record.tool}({canonical_json(record.arguments)}) broke the rule {rule}"
    confirmed = environment.compiled.policy.confirmed_tools
    if any(record.ok and record.tool in confirmed for record in made):
        yield from _unconfirmed(confirmed, made, messages)


def _unconfirmed(confirmed: frozenset[str], made: Sequence[CallRecord], messages: Sequence[Message]) -> Iterator[str]:
    """A write is confirmed if the user has answered something that the agent said before making it.

    Deliberately no more: whether words mean yes is not for a scorer without a judge to say.
    """
    agent_spoke = answered = False
    calls = 0
    for message in messages:
        if message.get("role") == "user":
            answered = answered or agent_spoke
        if message.get("role") != "assistant":
            continue
        for _ in message.get("tool_calls") or ():
            record = made[calls] if calls < len(made) else None
            calls += 1
            if record is not None and record.ok and record.tool in confirmed and not answered:
                yield f"{record.tool} was called before the user had agreed to it"
        agent_spoke = agent_spoke or bool(message.get("content"))
