"""Asking an expert: what it is shown, what it answers, and the faults of a call of `ask_expert`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from toolscale.environment.environment import Environment
from toolscale.environment.episode import CallRecord
from toolscale.errors import nearest
from toolscale.orchestration.account import Usage
from toolscale.orchestration.offer import Expert, Orchestration
from toolscale.orchestration.presentation import MOST_QUESTION
from toolscale.task import Message, Task


@dataclass(frozen=True, slots=True)
class Consultation:
    """One question to an expert, at a point of an episode: `calls` were made, `messages` were exchanged.

    `number` counts the questions of the episode from 0.
    """

    task: Task
    environment: Environment
    messages: Sequence[Message]
    calls: Sequence[CallRecord]
    expert: Expert
    question: str
    number: int


@dataclass(frozen=True, slots=True)
class ExpertAnswer:
    """What an expert says, and what it took."""

    text: str
    usage: Usage


class Experts(Protocol):
    """Whoever answers for the experts of a task: a simulation, or models behind an endpoint."""

    def answer(self, consultation: Consultation) -> ExpertAnswer:
        """Return the answer to one question."""


class AskingFault(Exception):
    """A call of `ask_expert` can't be answered; the message says why."""


def asked(orchestration: Orchestration, arguments: Any) -> tuple[Expert, str]:
    """Return whom a call asks, and what. Raises AskingFault naming the field that is at fault."""
    if not isinstance(arguments, dict):
        raise AskingFault("arguments must be one JSON object")
    for name in arguments:
        if name not in ("expert", "question"):
            raise AskingFault(f"unknown field '{name}'. {nearest(name, ('expert', 'question'))}")
    for name in ("expert", "question"):
        if not isinstance(arguments.get(name), str) or not arguments[name].strip():
            raise AskingFault(f"field '{name}' must be a text")
    expert = orchestration.expert(arguments["expert"])
    if expert is None:
        raise AskingFault(
            f"there is no expert '{arguments['expert']}'. "
            f"{nearest(arguments['expert'], [other.name for other in orchestration.experts])}"
        )
    if len(arguments["question"]) > MOST_QUESTION:
        raise AskingFault(f"field 'question' may have {MOST_QUESTION} characters")
    return expert, arguments["question"]
