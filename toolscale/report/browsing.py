"""What the browser of tasks is given: one entry a task for its list, one detail a task for its page, as plain JSON values.

The names are those of the row columns. What a row holds as JSON text and the page needs as values is parsed here; arguments and
results of calls stay the text that they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, get_args

from toolscale.orchestration.offer import ASK_EXPERT, ASPECTS
from toolscale.scoring.score import PartName
from toolscale.shards.rows import Row, task_of
from toolscale.task import Message, Task


def entry_of(row: Row) -> dict[str, Any]:
    """Return what the list shows of a task, filters it by and searches in."""
    scenario = json.loads(row["scenario"])
    return {
        "id": row["task_id"],
        "domain": row["domain"],
        "split": row["split"],
        "level": row["difficulty"]["level"],
        "calls": row["difficulty"]["calls"],
        "turns": row["difficulty"]["turns"],
        "intents": row["intents"],
        "tools": sorted({call["name"] for call in row["reference"]}),
        "rules": row["rules"],
        "traits": _traits(row),
        "caller": scenario["name"],
        "reasons": [request["reason"] for request in scenario["requests"]],
    }


def _traits(row: Row) -> list[str]:
    traits = ["refusal"] if row["refused_rules"] else []
    traits += ["condition"] if row["conditional"] else []
    return [*traits, row["twist"]] if row["twist"] else traits


def detail_of(row: Row, trajectories: Sequence[Row]) -> dict[str, Any]:
    """Return all that the page of a task shows. Raises BuildError if the row does not read."""
    task = task_of(row)
    return {
        "id": task.id,
        "environment_id": task.environment_id,
        "difficulty": row["difficulty"],
        "origin": row["origin"],
        "scenario": row["user_scenario"],
        "wishes": row["wishes"],
        "conversations": [
            {"source": trajectory["source"], "messages": [_message(message) for message in trajectory["messages"]]}
            for trajectory in trajectories
        ],
        "writing": sorted({call.tool for call in task.reference if call.writes}),
        "changes": [change.as_json() for change in task.criteria.difference.changes],
        "statements": [
            {"about": said.about, "kind": said.kind, "value": said.value, "unit": said.unit}
            for said in task.criteria.statements
        ],
        "tools": _offered(task),
        "orchestration": _orchestration(task),
        "parts": _parts(row, task),
        "verdicts": row["verdicts"],
        "solved": row.get("solved") or [],
    }


def _message(message: Message) -> dict[str, Any]:
    shown = {name: message[name] for name in ("role", "content", "tool_call_id") if message.get(name)}
    calls = [
        {"id": call["id"], "name": call["function"]["name"], "arguments": call["function"]["arguments"]}
        for call in message.get("tool_calls") or ()
    ]
    return {**shown, "calls": calls} if calls else shown


def _offered(task: Task) -> dict[str, list[str]]:
    """Return the tools that the reference or a wish needs, and the others."""
    needed = {*(call.tool for call in task.reference), *(wish.tool for wish in task.wishes)}
    return {
        "needed": [name for name in task.tools if name in needed],
        "others": [name for name in task.tools if name not in needed],
    }


def _orchestration(task: Task) -> dict[str, Any] | None:
    offer = task.orchestration
    if offer is None:
        return None
    models = [
        {
            "name": model.name,
            "kind": kind,
            "dollars_in": model.dollars_in,
            "dollars_out": model.dollars_out,
            "tokens_per_second": model.tokens_per_second,
            "seconds_to_first_token": model.seconds_to_first_token,
        }
        for model, kind in offer.described
    ]
    weights = offer.preference.weights
    return {
        "provider": offer.provider,
        "priced_on": offer.priced_on,
        "asked_through": ASK_EXPERT,
        "models": models,
        "pair": offer.preference.pair,
        "instruction": offer.preference.instruction,
        "aspects": {name: weights[name] for name in ASPECTS},
        "weighed": {name: weights[name] for name in task.weighed if weights[name]},
    }


def _parts(row: Row, task: Task) -> list[dict[str, str]]:
    """Return what each part of the score asks of this task."""
    changes, statements = len(task.criteria.difference.changes), len(task.criteria.statements)
    judging = ", ".join(row["rules"])
    asked = {
        "execution": f"The state difference equals the reference's: {_number(changes, 'row')}"
        if changes
        else "Nothing is changed",
        "fidelity": f"{_number(statements, 'statement')} made to the user" if statements else "Nothing need be said",
        "completeness": f"{_number(changes, 'row')} touched" if changes else "No row need be touched",
        "grounding": f"{_number(statements, 'statement')} read in a result or in the policy before"
        if statements
        else "Nothing need be read",
        "policy": f"No call breaks a rule; these judge the reference or its wishes: {judging}"
        if judging
        else "No rule with a predicate judges the reference's calls",
    }
    return [{"name": name, "asked": asked[name]} for name in get_args(PartName)]


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
