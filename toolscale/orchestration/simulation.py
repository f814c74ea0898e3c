"""Simulated experts: deterministic, without a model or a key.

An expert is right about the next step with the probability that its skill and the step give (`catalog.Skill.at`); then it says
what the reference does next, else something plausible and wrong: one of the reference's near misses. What it says depends on the
key, the task, the expert and the point of the episode, and on nothing else. This is a simulation: docs/orchestration.md says how
it was calibrated, and what it leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from toolscale.canonical import canonical_json
from toolscale.orchestration.account import Usage, characters, estimated_tokens
from toolscale.orchestration.catalog import CatalogExpert, catalog
from toolscale.orchestration.experts import Consultation, ExpertAnswer
from toolscale.orchestration.presentation import tool_schemas
from toolscale.orchestration.steps import Step, due_steps
from toolscale.randomness import KeyedRandom, draw
from toolscale.scoring.said import Statement, is_said
from toolscale.synthesis.near_misses import neighbours, other_values, wrong_wordings
from toolscale.task import ReferenceCall, Task

SPREAD = 0.5
"""An answer has between half and one and a half times the expert's mean number of tokens."""


class SimulatedExperts:
    """The experts of any task. Another key draws other mistakes."""

    def __init__(self, *, key: str) -> None:
        self._key = key

    def answer(self, consultation: Consultation) -> ExpertAnswer:
        """Return the answer to one question; the question itself is not read: it is taken to ask for the next step."""
        expert = catalog().expert(consultation.expert.name)
        due = due_steps(consultation.task, consultation.calls)
        drawn = (self._key, consultation.task.id, expert.name, consultation.number, [asdict(step) for step in due])
        probability = math.prod(expert.skill.at(step.kind, step.burdens) for step in due)
        text = _right(consultation, due)
        if KeyedRandom.of("is right", *drawn).random() >= probability:
            text = draw(list(dict.fromkeys(_wrong(consultation, due))), "wrong", *drawn)
        return ExpertAnswer(text, usage_of(consultation, expert, KeyedRandom.of("tokens", *drawn).random()))


def usage_of(consultation: Consultation, expert: CatalogExpert, point: float) -> Usage:
    """Return the tokens of one answer: sent are conversation, tools and question; `point` of [0, 1) sets the length."""
    shown = characters(consultation.messages) + characters(tool_schemas(consultation.task, consultation.environment))
    written = round(expert.tokens * (1 - SPREAD + 2 * SPREAD * point))
    return Usage(estimated_tokens(shown + len(consultation.question)), written)


def _right(consultation: Consultation, due: Sequence[Step]) -> str:
    return " ".join(_told(consultation, step) for step in due) or "Nothing is left to do: say goodbye."


def _told(consultation: Consultation, step: Step) -> str:
    task = consultation.task
    if step.wish is not None:
        wish = task.wishes[step.wish]
        return f"Refuse {_shown(wish.tool, wish.arguments)}: the rule {wish.rule} forbids it."
    if step.call is not None:
        return _call(consultation, task.reference[step.call])
    return _report([f"{s.about}: {_value(s)}." for s in task.criteria.statements])


def _wrong(consultation: Consultation, due: Sequence[Step]) -> Iterator[str]:
    """Yield wrong answers: a wish fulfilled, a near miss of the call, the call after it, a report with a wrong figure or none."""
    task = consultation.task
    for step in due:
        if step.wish is not None:
            wish = task.wishes[step.wish]
            yield _next(wish.tool, wish.arguments)
        elif step.call is None:
            yield from _wrong_reports(task)
        else:
            call = task.reference[step.call]
            misses = (*neighbours(task, step.call), *other_values(task, step.call, consultation.environment))
            for parameter, value in misses:
                yield _next(call.tool, {**call.arguments, parameter: value})
            if step.call + 1 < len(task.reference):
                later = task.reference[step.call + 1]
                yield _next(later.tool, later.arguments)
    yield _report(["all is done."])


def _wrong_reports(task: Task) -> Iterator[str]:
    for place, statement in enumerate(task.criteria.statements):
        for wrong in wrong_wordings(statement):
            if not is_said(statement, wrong):
                others = [f"{s.about}: {_value(s)}." for s in task.criteria.statements]
                yield _report([*others[:place], wrong, *others[place + 1 :]])


def _call(consultation: Consultation, call: ReferenceCall) -> str:
    confirmed = call.writes and call.tool in consultation.environment.compiled.policy.confirmed_tools
    return f"{_next(call.tool, call.arguments)}{' Ask the user to agree first.' if confirmed else ''}"


def _next(tool: str, arguments: object) -> str:
    return f"Next, call {_shown(tool, arguments)}."


def _shown(tool: str, arguments: object) -> str:
    return f"{tool} with {canonical_json(arguments)}"


def _report(told: list[str]) -> str:
    return f"Tell the user: {' '.join(told)}"


def _value(statement: Statement) -> str:
    return f"{statement.value} {statement.unit}" if statement.unit else str(statement.value)
