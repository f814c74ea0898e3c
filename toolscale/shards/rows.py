"""The row formats: what is put into the columns, and how a row becomes a task again.

What varies in shape from row to row (arguments, results, criteria, tool lists) is canonical JSON in a string column: a struct
would fill every row with the other tools' nulls, and a JSON feature type changes floats.
"""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from toolscale.canonical import canonical_json
from toolscale.database.filling import Database
from toolscale.domain.domain import Domain
from toolscale.environment.environment import Environment
from toolscale.errors import BuildError
from toolscale.orchestration.offer import Expert, Orchestration, Preference, PricedModel
from toolscale.orchestration.presentation import tool_schemas
from toolscale.synthesis.author import Accepted, Rejection
from toolscale.task import (
    Criteria,
    Difficulty,
    Origin,
    ReferenceCall,
    Task,
    Trajectory,
    UserScenario,
    Verdict,
    Wish,
)

ROW_FORMAT = 2
"""Format 1 had no column `orchestration`: its tasks read as having none."""
ROW_PAYLOADS: dict[str, Any] = {"scenario": UserScenario, "criteria": Criteria}

T = TypeVar("T")
Row = dict[str, Any]


def task_row(accepted: Accepted, environment: Environment, split: str) -> Row:
    """Return the row of an accepted task."""
    task = accepted.task
    return {
        "task_id": task.id,
        "domain": task.domain,
        "split": split,
        "intents": list(task.intents),
        "refused_rules": list(task.refused),
        "wishes": [
            {"rule": wish.rule, "after": wish.after, "name": wish.tool, "arguments": canonical_json(wish.arguments)}
            for wish in task.wishes
        ],
        "rules": _exercised(task, environment),
        "conditional": task.conditional,
        "twist": task.scenario.twist.kind if task.scenario.twist else None,
        "environment_id": task.environment_id,
        "environment_hash": environment.database.content_hash,
        "user_scenario": _for_people(task.scenario),
        "scenario": canonical_json(asdict(task.scenario)),
        "reference": [
            {
                "action_id": f"{task.id}-{number}",
                "name": call.tool,
                "arguments": canonical_json(call.arguments),
                "result": call.result,
                "writes": call.writes,
                "optional": call.optional,
                "decides": call.decides,
                "request": call.request,
                "sources": canonical_json(call.sources),
            }
            for number, call in enumerate(task.reference)
        ],
        "criteria": canonical_json(asdict(task.criteria)),
        "tools": list(task.tools),
        "orchestration": _orchestration_row(task.orchestration) if task.orchestration else None,
        "difficulty": asdict(task.difficulty),
        "origin": asdict(task.origin),
        "verdicts": [asdict(verdict) for verdict in accepted.verdicts],
        "solved": [],  # `toolscale solve` fills it
    }


def _exercised(task: Task, environment: Environment) -> list[str]:
    """The policy rules with a predicate that judge one of the reference's calls, and those that its wishes would break."""
    judging = (rule for call in task.reference for rule in environment.compiled.policy.rules_of(call.tool))
    return sorted({*judging, *task.refused})


def task_of(row: Row) -> Task:
    """Return the task of a row. Raises BuildError naming the task and the column that does not read."""
    name = f"task {row.get('task_id')}"
    return Task(
        id=row["task_id"],
        domain=row["domain"],
        environment_id=row["environment_id"],
        intents=tuple(row["intents"]),
        wishes=tuple(
            Wish(
                wish["rule"],
                wish["after"],
                wish["name"],
                _read(dict[str, Any], wish["arguments"], f"{name}, column wishes"),
            )
            for wish in row["wishes"]
        ),
        conditional=row["conditional"],
        scenario=_read(UserScenario, row["scenario"], f"{name}, column scenario"),
        reference=tuple(
            ReferenceCall(
                tool=call["name"],
                arguments=_read(dict[str, Any], call["arguments"], f"{name}, arguments of {call['action_id']}"),
                result=call["result"],
                writes=call["writes"],
                optional=call["optional"],
                decides=call["decides"],
                request=call["request"],
                sources=_read(dict[str, str], call["sources"], f"{name}, sources of {call['action_id']}"),
            )
            for call in row["reference"]
        ),
        criteria=_read(Criteria, row["criteria"], f"{name}, column criteria"),
        tools=tuple(row["tools"]),
        difficulty=Difficulty(**row["difficulty"]),
        origin=Origin(**row["origin"]),
        orchestration=_orchestration_of(row["orchestration"], name) if row.get("orchestration") else None,
    )


def _orchestration_row(orchestration: Orchestration) -> Row:
    columns = asdict(orchestration)
    columns["preference"]["weights"] = canonical_json(orchestration.preference.weights)
    return columns


def _orchestration_of(columns: Row, name: str) -> Orchestration:
    said = columns["preference"]
    weights = _read(dict[str, float], said["weights"], f"{name}, column orchestration.preference.weights")
    return Orchestration(
        provider=columns["provider"],
        priced_on=columns["priced_on"],
        orchestrator=PricedModel(**columns["orchestrator"]),
        experts=tuple(Expert(**expert) for expert in columns["experts"]),
        preference=Preference(said["pair"], said["instruction"], weights),
    )


def verdicts_of(row: Row) -> tuple[Verdict, ...]:
    """Return the verdicts that a task row carries."""
    return tuple(Verdict(**verdict) for verdict in row["verdicts"])


def trajectory_row(accepted: Accepted, environment: Environment, split: str) -> Row:
    """Return the row of an accepted task's trajectory."""
    return {
        "trajectory_id": f"{accepted.task.id}-{accepted.trajectory.source}",
        "task_id": accepted.task.id,
        "domain": accepted.task.domain,
        "split": split,
        "source": accepted.trajectory.source,
        "messages": list(accepted.trajectory.messages),
        "tools": json.dumps(
            tool_schemas(accepted.task, environment), ensure_ascii=False
        ),  # in the order that is shown live
        "score": 1,
    }


def trajectory_of(row: Row) -> Trajectory:
    """Return the trajectory of a row, its messages without the columns that are null in them."""
    messages = tuple(
        {name: value for name, value in message.items() if value is not None} for message in row["messages"]
    )
    return Trajectory(row["task_id"], row["source"], messages)


def environment_row(environment: Environment, *, split: str, database_seed: int, scale: float) -> Row:
    """Return the row of an environment: with it a task can be run anywhere."""
    domain = environment.domain
    return {
        "environment_id": environment.id,
        "domain": domain.name,
        "split": split,
        "domain_version": domain.about.version,
        "database_seed": database_seed,
        "scale": float(scale),
        "clock": domain.about.clock,
        **domain.as_texts(),
        "environment_hash": domain.fingerprint,
        "database_hash": environment.database.content_hash,
        "database": environment.database.image,
    }


def environment_of(row: Row) -> Environment:
    """Return the executable environment of a row. Raises DomainError or BuildError if the row was changed."""
    name = f"environment {row['environment_id']}"
    domain = Domain.from_texts(row, row=name)
    environment = Environment(domain, Database(row["database"], row["database_hash"], {}))
    if environment.id != row["environment_id"]:
        raise BuildError(f"{name}: the domain or the database hash in the row is not the one that the id was made from")
    return environment


def rejection_row(rejection: Rejection, split: str) -> Row:
    """Return the row of a rejection, with as much of the candidate as there was."""
    return {
        "rejection_id": rejection.id,
        "domain": rejection.domain,
        "split": split,
        "database_seed": rejection.database_seed,
        "draw": rejection.draw,
        "intents": list(rejection.intents),
        "rule": rejection.rule,
        "reason": rejection.reason,
        "evidence": rejection.evidence,
        "candidate": canonical_json(asdict(rejection.task)) if rejection.task else None,
    }


def _for_people(scenario: UserScenario) -> Row:
    facts = {fact.about: fact.said for request in scenario.requests for fact in (*scenario.identity, *request.facts)}
    unknown = dict.fromkeys([*scenario.unknown, *(about for request in scenario.requests for about in request.unknown)])
    return {
        "persona": f"{scenario.name}. {scenario.persona}",
        "task_instructions": instructions(scenario),
        "reason_for_call": scenario.requests[0].reason,
        "known_info": "\n".join(f"{about}: {value}" for about, value in facts.items()),
        "unknown_info": "\n".join(unknown),
    }


def instructions(scenario: UserScenario) -> str:
    """Return what a person or a language model that plays the user is told."""
    lines = []
    for number, request in enumerate(scenario.requests, 1):
        lines.append(f"Request {number}: {request.reason}")
        if request.facts:
            lines.append("  If asked: " + "; ".join(f"{fact.about}: {fact.said}" for fact in request.facts))
        if request.asks:
            lines.append("  You want to be told: " + "; ".join(request.asks))
    twist = scenario.twist
    if twist is not None:
        about = f" of request {twist.request + 1}"
        first = f"first say {twist.fact.said} for {twist.fact.about}" if twist.fact else ""
        lines.append(
            {
                "change of mind": f"Change of mind{about}: {first}; when asked to confirm, give the value above instead.",
                "wrong detail": f"Wrong detail{about}: {first}; give the value above when asked to check it.",
                "distraction": f"Distraction{about}: also say: {twist.text}",
                "impossible wish": f"Impossible wish{about}: also ask them to {twist.text}; accept that they can't.",
            }[twist.kind]
        )
    lines.append("Make one request after the other; say goodbye when all are dealt with.")
    return "\n".join(lines)


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _read(kind: Any, text: str, place: str) -> Any:
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BuildError(f"{place} does not read: {first['msg']} {where}".rstrip()) from None
