"""What is sent: earlier turns in a form that every server takes, a schema in words, and how long it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from toolscale.models.ledger import CHARACTERS_PER_TOKEN
from toolscale.models.prompts import prompt
from toolscale.models.request import Call
from toolscale.task import Message


def sendable(message: Message) -> Message:
    """Return a message without arguments that are no JSON object.

    Servers that fill the calls of earlier turns into a chat template fail at them.
    """
    calls = message.get("tool_calls")
    if not calls:
        return message
    return {**message, "tool_calls": [_with_object(call) for call in calls]}


def _with_object(call: dict[str, Any]) -> dict[str, Any]:
    arguments = call["function"]["arguments"]
    try:
        if isinstance(json.loads(arguments), dict):
            return call
    except (ValueError, RecursionError):
        pass
    return {**call, "function": {**call["function"], "arguments": json.dumps({"not_json": arguments})}}


def in_prompt(call: Call) -> Call:
    """Return the call with its schema in words, at the end of what the system says."""
    words = prompt("toolscale.models", "structure").render(schema=call.schema)
    first = call.messages[0] if call.messages else {"role": "user", "content": ""}
    if first["role"] == "system":
        messages = [{**first, "content": f"{first['content']}\n\n{words}"}, *call.messages[1:]]
    else:
        messages = [{"role": "system", "content": words}, *call.messages]
    return replace(call, messages=messages, schema=None, strict=False)


def tokens_of(call: Call) -> int:
    """Estimate the tokens of what is sent, from its characters."""
    texts: list[Any] = [message.get("content") for message in call.messages]
    texts += [message.get("tool_calls") for message in call.messages if message.get("tool_calls")]
    texts += [call.schema or "", list(call.tools) or ""]
    return sum(len(str(text)) for text in texts if text) // CHARACTERS_PER_TOKEN + 1
