"""Questions to a model, and scripted answers to them, for the tests of the model client."""

from __future__ import annotations

import json
from typing import Any

from tests.endpoint import Body, Reply, ScriptedEndpoint
from toolscale.models import ModelAnswer, ModelError, ModelRequest, ModelSettings

NUMBER: dict[str, Any] = {
    "type": "object",
    "properties": {"number": {"type": "integer"}},
    "required": ["number"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def asks(text: str, **fields: Any) -> ModelRequest:
    return ModelRequest([{"role": "user", "content": text}], fields.pop("stage", "draft"), **fields)


def numbers(count: int, **fields: Any) -> list[ModelRequest]:
    return [asks(str(number), schema=NUMBER, **fields) for number in range(count)]


def same_number(body: Body, number: int) -> Reply:
    """Answer with the number in the first user message."""
    first = next(message["content"] for message in body["messages"] if message["role"] == "user")
    return Reply(json.dumps({"number": int(first)}))


def settings_of(endpoint: ScriptedEndpoint, **fields: Any) -> ModelSettings:
    return ModelSettings(**{"model": "scripted", "base_url": endpoint.base_url, "backoff": 0.001, **fields})


def only(outcomes: list[ModelAnswer | ModelError]) -> ModelAnswer:
    (outcome,) = outcomes
    assert isinstance(outcome, ModelAnswer), outcome
    return outcome


def fault_of(outcomes: list[ModelAnswer | ModelError]) -> ModelError:
    (outcome,) = outcomes
    assert isinstance(outcome, ModelError), outcome
    return outcome
