"""What an agent is told before the conversation: the same words for training, rollouts and evaluation.

`full` is the system prompt as the row has it and the JSON Schemas of the task's tools. `compact` names the domain, the time
and the tools only: enough for a small model that has learned one domain's policy and tools from examples, and an eighth of
the tokens.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from toolscale.task import Message

Rendering = Literal["full", "compact"]


def rendered_prompt(
    messages: Sequence[Message], tools: Sequence[dict[str, Any]], rendering: Rendering
) -> tuple[list[Message], list[dict[str, Any]]]:
    """Return the messages and tools that the chat template is given.

    `messages` opens with the system message of the row; `tools` are the task's schemas in the task's order.
    """
    if rendering == "full":
        return list(messages), list(tools)
    names = " ".join(tool["function"]["name"] for tool in tools)
    system = {"role": "system", "content": f"{_clock(str(messages[0]['content']))}\n{names}"}
    return [system, *messages[1:]], []


def tools_of(text: str) -> list[dict[str, Any]]:
    """Return the schemas of a trajectory row's `tools`."""
    tools: list[dict[str, Any]] = json.loads(text)
    return tools


def _clock(system_prompt: str) -> str:
    """Return the line of the system prompt that tells the time, which no agent can know otherwise."""
    return next((line for line in system_prompt.splitlines() if line.startswith("It is ")), "")
