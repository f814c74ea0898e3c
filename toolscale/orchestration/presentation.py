"""How a task is put to an agent: the system prompt with the user's preference, the tools with the experts and their prices.

Everything that shows a task to a model (live episodes, trajectories, training) takes both from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toolscale.environment.environment import Environment
from toolscale.orchestration.account import characters
from toolscale.orchestration.offer import ASK_EXPERT, Expert, Orchestration
from toolscale.task import Task

MOST_QUESTION = 4000
"""Characters of a question to an expert."""


def system_prompt(task: Task, environment: Environment) -> str:
    """Return what the agent is told before the conversation: who it is, the time, the policy, the user's preference."""
    if task.orchestration is None:
        return environment.system_prompt
    return f"{environment.system_prompt}\n\nThe user's preference: {task.orchestration.preference.instruction}"


def tool_schemas(task: Task, environment: Environment) -> list[dict[str, Any]]:
    """Return the tools that the task offers, in its order, in OpenAI's function-calling format.

    Names that are no tools of the environment are left out: the rule TS214 finds them.
    """
    known = {name: tool.schema for name, tool in environment.compiled.tools.items()}
    if task.orchestration is not None:
        known[ASK_EXPERT] = ask_expert_schema(task.orchestration)
    return [known[name] for name in task.tools if name in known]


def tool_characters(schemas: Sequence[dict[str, Any]], environment: Environment) -> int:
    """Return how many characters the schemas that `tool_schemas` gave are: those of the environment's tools are known."""
    known = environment.compiled.tool_characters
    names = [schema["function"]["name"] for schema in schemas]
    return sum(
        known[name] if name in known else characters([schema]) for name, schema in zip(names, schemas, strict=True)
    )


def ask_expert_schema(orchestration: Orchestration) -> dict[str, Any]:
    """Return `ask_expert` as a model is shown it: the experts of one task with description, price and speed."""
    described = "\n".join(f"- {_described(expert)}" for expert in orchestration.experts)
    parameters = {
        "type": "object",
        "properties": {
            "expert": {
                "type": "string",
                "enum": [expert.name for expert in orchestration.experts],
                "description": "Whom to ask.",
            },
            "question": {
                "type": "string",
                "minLength": 1,
                "maxLength": MOST_QUESTION,
                "description": "What you want to know, such as: What is the next step?",
            },
        },
        "required": ["expert", "question"],
        "additionalProperties": False,
    }
    description = (
        "Ask a stronger model. It is shown this conversation and your tools, and costs money and time. It can't make calls, and "
        f"may be wrong: what it says is advice, not a record. The experts:\n{described}"
    )
    return {"type": "function", "function": {"name": ASK_EXPERT, "description": description, "parameters": parameters}}


def _described(expert: Expert) -> str:
    return (
        f"{expert.name}: {expert.description} ${expert.dollars_in:g} in and ${expert.dollars_out:g} out per million tokens"
        f"{expert.seller}; {expert.tokens_per_second:g} tokens a second, the first after {expert.seconds_to_first_token:g} s."
    )
