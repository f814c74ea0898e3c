"""TS207: the user gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from toolscale.environment.environment import Environment
from toolscale.scoring.said import is_said
from toolscale.synthesis.user import is_stated
from toolscale.task import Fact, Task, Trajectory
from toolscale.validators.registry import task_rule

_ID = re.compile(r"\b[A-Z]{1,8}[-_]\w*\d\w*(?:-\w+)*\b")


@task_rule("TS207", "no-leak")
def no_leak(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """The user's words hold no id that is not among what the user knows, and none of the answers.

    Why: an internal id in the question spares the agent the search that the task is about, and an answer in the question can be
    said without having been read.

    Fails: "Please cancel my booking BK-7F3A" from a user who does not know the number; "Is my balance really 312.50?" where the
    balance is what must be said. Passes: ids and values that stand in the scenario's known information.
    """
    facts = [*task.scenario.identity, *(fact for request in task.scenario.requests for fact in request.facts)]
    if task.scenario.twist is not None and task.scenario.twist.fact is not None:
        facts.append(task.scenario.twist.fact)
    known = " ".join(fact.said for fact in facts).casefold()
    words = [str(message.get("content") or "") for message in trajectory.messages if message["role"] == "user"]
    words += [request.reason for request in task.scenario.requests]
    for text in dict.fromkeys(words):
        for found in _ID.findall(text):
            if found.casefold() not in known:
                yield f"the user says {found}, which is not among what the user knows: {text!r}"
        for statement in task.criteria.statements:
            if is_said(statement, text) and not any(_tells(fact, statement.value) for fact in facts):
                yield f"the user says the answer, {statement.about} {statement.value}: {text!r}"


def _tells(fact: Fact, value: str | int | float) -> bool:
    return (
        is_stated(Fact(fact.about, value), f"{fact.about}: {fact.said}.")
        or str(value).casefold() == fact.said.casefold()
    )
