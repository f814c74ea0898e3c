"""One attempt at one task: an agent played by a model, a user, the live episode between them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from toolscale.environment.environment import Environment
from toolscale.live import LiveEpisode, User
from toolscale.models.client import ModelClient
from toolscale.models.faults import Malformed, ModelError, Refused, Truncated
from toolscale.models.request import ModelRequest
from toolscale.models.user import BrokenByUser, LiveUser
from toolscale.orchestration.account import Usage
from toolscale.orchestration.experts import Experts
from toolscale.synthesis.user import UserTurn
from toolscale.task import Message, Task

Outcome = Literal["solved", "unsolved", "user", "void"]
PROMPT = "agent@1"
"""The agent is told what the environment and the conversation say, and nothing else."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt.

    `unsolved` is the agent's fault; `user` and `void` (the endpoint failed, or the budget was spent) are not, and do not count.
    """

    task_id: str
    number: int
    outcome: Outcome
    reason: str
    """Why it is not solved, in one line; empty if it is."""
    turns: int
    messages: tuple[Message, ...]
    error: ModelError | None = None
    """What made it void."""


async def attempt(
    task: Task,
    environment: Environment,
    agent: ModelClient,
    user: User | LiveUser,
    *,
    number: int,
    experts: Experts | None = None,
    temperature: float | None = None,
    most_turns: int,
    stage: str = "teach",
) -> Attempt:
    """Let the agent try the task once. `number` tells attempts at the same task apart."""
    with LiveEpisode(task, environment, experts=experts, most_turns=most_turns) as live:

        def ended(outcome: Outcome, reason: str = "", error: ModelError | None = None) -> Attempt:
            return Attempt(task.id, number, outcome, reason, live.turns, tuple(live.messages), error)

        made = 0
        try:
            live.hear(await _waited(user.opening()))
            while live.ending is None:
                answer = await agent.answer(
                    ModelRequest(
                        list(live.messages),
                        stage,
                        tools=live.tools,
                        temperature=temperature,
                        prompt=PROMPT,
                        attempt=number,
                    )
                )
                message = _message(answer.text, answer.tool_calls, first=made + 1)
                made += len(answer.tool_calls)
                if not live.act(message, Usage(answer.tokens_in, answer.tokens_out)) and live.ending is None:
                    live.hear(await _waited(user.reply(str(message["content"]))))
        except BrokenByUser as fault:
            return ended("user", str(fault))
        except (Malformed, Refused, Truncated) as error:  # what the agent wrote is the agent's fault
            return ended("unsolved", f"{error.kind}: {error.cause}")
        except ModelError as error:
            return ended("void", f"{error.kind}: {error.cause}", error)
        score = live.score()
        if score.value == 1:
            return ended("solved")
        late = ["no end in time"] if live.ending == "turns" else []
        return ended("unsolved", ", ".join([*late, *(f"{part} failed" for part in score.failed)]))


async def _waited(turn: UserTurn | Awaitable[UserTurn]) -> UserTurn:
    return await turn if inspect.isawaitable(turn) else turn


def _message(text: str, calls: tuple[Mapping[str, Any], ...], *, first: int) -> Message:
    """Calls are numbered through the episode: some models give every call the same id."""
    message: Message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [{**call, "id": f"call_{number}"} for number, call in enumerate(calls, first)]
    return message
