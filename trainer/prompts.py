"""What an agent is told before the conversation: the same words for training, rollouts and evaluation.

`full` is the system prompt as the row has it and the JSON Schemas of the task's tools. `compact` gives the time, the
user's preference, the names of the tools, and the experts with their prices: enough for a small model that has learned one
domain's policy and tools from examples, and a tenth of the tokens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.task import Message

_TOLD = ("It is ", "The user's preference: ")
"""Lines of the system prompt that no example could teach."""
_EXPERT = re.compile(r"^- ([^:]+): .*\$(\S+) in and \$(\S+) out", re.MULTILINE)
Rendering = Literal["full", "compact"]


def rendered_prompt(
    messages: Sequence[Message], tools: Sequence[dict[str, Any]], rendering: Rendering
) -> tuple[list[Message], list[dict[str, Any]]]:
    """Return the messages and tools that the chat template is given.

    `messages` opens with the system message of the row; `tools` are the task's schemas in the task's order.
    """
    if rendering == "full":
        return list(messages), list(tools)
    told = [line for line in str(messages[0]["content"]).splitlines() if line.startswith(_TOLD)]
    system = {"role": "system", "content": "\n".join([*told, " ".join(_brief(tool["function"]) for tool in tools)])}
    return [system, *messages[1:]], []


def tools_of(text: str) -> list[dict[str, Any]]:
    """Return the schemas of a trajectory row's `tools`."""
    tools: list[dict[str, Any]] = json.loads(text)
    return tools


def _brief(function: dict[str, Any]) -> str:
    """Return a tool's name, and for experts their names and prices (dollars per million tokens in and out)."""
    name = str(function["name"])
    if name != ASK_EXPERT:
        return name
    experts = _EXPERT.findall(function["description"])
    return (
        f"{name} ({', '.join(f'{expert} {dollars_in} {dollars_out}' for expert, dollars_in, dollars_out in experts)})"
    )
