"""The steps of a reference as a model has to take them: of which kind each is, and what makes it harder than a plain one.

A call that reads is a lookup, one that writes a change, a calculation a sum; refusing a wish and handing over to a human are
judgements; telling the user what was found is a report. A burden is a thing that has to be chosen rather than copied: a row
picked from a list, a value taken from the policy, a condition, one more figure in a sum or a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolscale.canonical import canonical_json
from toolscale.environment.builtin import CALCULATE, ESCALATE
from toolscale.environment.episode import CallRecord
from toolscale.orchestration.catalog import StepKind
from toolscale.task import ReferenceCall, Task


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a task. `call` numbers its reference call, or `wish` the wish that it refuses; a report has neither."""

    kind: StepKind
    burdens: int
    call: int | None = None
    wish: int | None = None


def steps(task: Task) -> tuple[Step, ...]:
    """Return the steps of a task in the order of its reference; the report of all that must be said comes last."""
    found: list[Step] = []
    for number, call in enumerate(task.reference):
        found += _refusals(task, number)
        found.append(Step(_kind(call), _burdens(task, call), call=number))
    found += _refusals(task, len(task.reference))
    if task.criteria.statements:
        found.append(Step("report", len(task.criteria.statements) - 1))
    return tuple(found)


def made(task: Task, calls: Sequence[CallRecord]) -> int:
    """Return how many of the reference's calls have succeeded, one after the other, whatever came between them."""
    done = iter((record.tool, canonical_json(record.arguments)) for record in calls if record.ok)
    place = 0
    for wanted in ((call.tool, canonical_json(call.arguments)) for call in task.reference):
        if wanted not in done:
            break
        place += 1
    return place


def _refusals(task: Task, after: int) -> list[Step]:
    return [Step("judgement", 1, wish=number) for number, wish in enumerate(task.wishes) if wish.after == after]


def _kind(call: ReferenceCall) -> StepKind:
    if call.tool == ESCALATE:
        return "judgement"
    if call.tool == CALCULATE:
        return "sum"
    return "change" if call.writes else "lookup"


def _burdens(task: Task, call: ReferenceCall) -> int:
    picked = sum("[" in source or source == "policy" for source in call.sources.values())
    terms = call.sources.get("expression", "").count(";") if call.tool == CALCULATE else 0
    return picked + terms + (task.conditional and call.writes)
