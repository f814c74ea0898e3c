"""What a model wrote, as a message: text and tool calls, or what is wrong with a call that can't be read."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from toolscale.task import Message

_CALL = re.compile(r"<tool_call>(.*?)(</tool_call>|$)", re.DOTALL)
_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)
MOST_CALLS = 8
"""Tool calls in one message; a model that writes more is stuck."""


@dataclass(frozen=True, slots=True)
class Written:
    """An assistant's message as it was written; `fault` says why its calls can't be read, and is empty if they can."""

    content: str
    calls: tuple[tuple[str, Any], ...]
    fault: str = ""


def written(text: str, *, complete: bool = True) -> Written:
    """Return what an assistant's turn says. `complete` tells whether the turn was ended, not cut off.

    What stands between think tags is for the model alone: nobody hears it.
    """
    spoken = _THOUGHTS.sub("", text)
    calls: list[tuple[str, Any]] = []
    content = _CALL.sub("", spoken).strip()
    faults = [] if complete else ["The message was cut off: it was too long."]
    for number, match in enumerate(_CALL.finditer(spoken), 1):
        if number > MOST_CALLS:
            faults.append(f"A message makes at most {MOST_CALLS} tool calls.")
            break
        try:
            calls.append(_call(match[1], closed=bool(match[2])))
        except ValueError as error:
            faults.append(str(error))
    if "</tool_call>" in content:
        faults.append("A tool call opens with <tool_call>.")
    return Written(content, () if faults else tuple(calls), " ".join(faults))


def _call(text: str, *, closed: bool) -> tuple[str, Any]:
    if not closed:
        raise ValueError("A tool call ends with </tool_call>.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"The tool call is not JSON: {str(error)[:80]}.") from None
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ValueError('A tool call is a JSON object with "name" and "arguments".')
    arguments = value.get("arguments", {})
    if not isinstance(arguments, dict):
        raise ValueError('The "arguments" of a tool call are a JSON object.')
    return value["name"], arguments


def refusal(fault: str) -> Message:
    """Return the tool message that answers a message whose calls can't be read."""
    return {"role": "tool", "content": json.dumps({"error": fault}, ensure_ascii=False)}
