"""TS204: the conversation is well-formed and makes the reference's calls."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import TemplateError

from toolscale.canonical import canonical_json
from toolscale.chat import MARKERS, render
from toolscale.environment.environment import Environment
from toolscale.orchestration.presentation import tool_schemas
from toolscale.scoring.score import tool_calls
from toolscale.task import Task, Trajectory
from toolscale.validators.registry import task_rule


@task_rule("TS204", "conversation")
def conversation(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    """The messages follow OpenAI's format, each result answers a call, the reference's calls come in order, and all renders.

    The chat template is the one that the trainer uses; no message may hold one of its markers.

    Why: a trajectory that a chat template cannot render, or that tells another story than the reference, is no example.

    Fails: a tool message whose id no call has; two user messages in a row; a reference call with another argument.
    Passes: system, user, then assistant and tool or user messages in turn, ending with the user's goodbye.
    """
    yield from _malformed(trajectory)
    yield from _unrendered(task, trajectory, environment)
    made = [(name, canonical_json(arguments)) for name, arguments in tool_calls(trajectory.messages)]
    place = 0
    for number, call in enumerate(task.reference):
        wanted = (call.tool, canonical_json(call.arguments))
        found = next((at for at in range(place, len(made)) if made[at] == wanted), None)
        if found is None:
            yield f"call {number} of the reference, {wanted[0]}({wanted[1]}), is not in the conversation at its place"
            return
        place = found + 1


def _unrendered(task: Task, trajectory: Trajectory, environment: Environment) -> Iterator[str]:
    try:
        text = render(trajectory.messages, tool_schemas(task, environment))
    except (TemplateError, TypeError) as error:
        yield f"the chat template does not render the conversation: {error}"
        return
    place = 0
    for number, message in enumerate(trajectory.messages):
        content = str(message.get("content") or "")
        place = text.find(content, place)
        if place < 0:
            yield f"message {number} is not in the rendered conversation"
            return
        for marker in MARKERS:
            if marker in content:
                yield f"message {number} holds {marker}, a marker of the chat template"


def _malformed(trajectory: Trajectory) -> Iterator[str]:
    messages = trajectory.messages
    roles = [message["role"] for message in messages]
    if roles[:2] != ["system", "user"] or roles[-1] != "user":
        yield f"the conversation opens with {roles[:2]} and ends with {roles[-1:]}"
    open_ids: list[str] = []
    used: set[str] = set()
    for number, message in enumerate(messages):
        role = message["role"]
        if role == "tool":
            if message.get("tool_call_id") not in open_ids:
                yield f"message {number} answers the call {message.get('tool_call_id')}, which is not open"
                return
            open_ids.remove(message["tool_call_id"])
            continue
        if open_ids:
            yield f"message {number} comes before the results of {', '.join(open_ids)}"
            return
        if number > 1 and role == "user" and roles[number - 1] == "user":
            yield f"message {number} is the second of the user in a row"
        for call in message.get("tool_calls") or ():
            if call["id"] in used:
                yield f"message {number} uses the call id {call['id']} again"
            used.add(call["id"])
            open_ids.append(call["id"])
        if not message.get("content") and not message.get("tool_calls"):
            yield f"message {number} is empty"
