"""A live episode: the agent's messages in, tool results and the user's words out, until the call ends.

Teaching, simulation, training and evaluation all play tasks through it, so that an agent meets the same conversation
everywhere. It holds no model: whoever drives it asks an agent for the next message, and a user for the next words.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Protocol

from toolscale.canonical import canonical_json
from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode
from toolscale.scoring.score import Score, score, tool_calls
from toolscale.synthesis.user import UserTurn
from toolscale.task import Message, Task

Ending = Literal["user", "turns"]
MOST_TURNS = 30
"""Messages of the agent in one episode, as in the released training script of ToolOrchestra."""


class User(Protocol):
    """Who plays the caller: scripted, or a model."""

    def opening(self) -> UserTurn:
        """Return the first words of the call."""

    def reply(self, agent: str) -> UserTurn:
        """Return the answer to what the agent said."""


class LiveEpisode:
    """One attempt at a task. Use it as a context manager, so that its connection is given back."""

    def __init__(self, task: Task, environment: Environment, *, most_turns: int = MOST_TURNS) -> None:
        self.task = task
        self.environment = environment
        self.messages: list[Message] = [{"role": "system", "content": environment.system_prompt}]
        self.ending: Ending | None = None
        self.turns = 0
        self._most_turns = most_turns
        self._episode: Episode = environment.episode()

    @property
    def episode(self) -> Episode:
        """The episode that the agent's calls run on."""
        return self._episode

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The schemas of the tools that the task offers, in the task's order."""
        return [self.environment.compiled.tools[name].schema for name in self.task.tools]

    def hear(self, turn: UserTurn) -> None:
        """Add what the user says; the episode ends if the call is over with it."""
        self.messages.append({"role": "user", "content": turn.text})
        if turn.ends:
            self.ending = "user"

    def act(self, message: Mapping[str, Any]) -> list[Message]:
        """Take the agent's message, make its tool calls, and return the tool messages that answer them.

        The list is empty if the message has no call: then the user is to answer. Raises ValueError after the end.
        """
        if self.ending is not None:
            raise ValueError("the episode has ended")
        taken: Message = {"role": "assistant", **message}
        self.messages.append(taken)
        self.turns += 1
        answers = [
            self._answered(call, name, arguments)
            for call, (name, arguments) in zip(taken.get("tool_calls") or (), tool_calls([taken]), strict=True)
        ]
        self.messages.extend(answers)
        if self.turns >= self._most_turns:
            self.ending = "turns"
        return answers

    def refuse(self, content: str, answer: Message) -> list[Message]:
        """Take an agent's message whose calls can't be read: none is made, `answer` says what is wrong with them.

        Return the messages that answer it. Raises ValueError after the end.
        """
        self.act({"content": content})
        self.messages.append(answer)
        return [answer]

    def converse(self, message: Mapping[str, Any], user: User) -> None:
        """Take the agent's message, and let the user answer it if it made no call."""
        if not self.act(message) and self.ending is None:
            self.hear(user.reply(str(message.get("content") or "")))

    def score(self) -> Score:
        """Return the score of what has happened so far."""
        return score(self.task, self.environment, self._episode, self.messages)

    def _answered(self, call: Mapping[str, Any], name: str, arguments: Any) -> Message:
        record = self._episode.call(name, arguments)
        identity = str(call.get("id") or f"call_{len(self._episode.calls)}")
        return {"role": "tool", "tool_call_id": identity, "name": name, "content": record.result}

    def __enter__(self) -> LiveEpisode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._episode.end()


def assistant_message(content: str, calls: list[tuple[str, Any]] | None = None, *, first: int = 1) -> Message:
    """Return an assistant's message in OpenAI's format; call ids count from `first`."""
    message: Message = {"role": "assistant", "content": content}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number}",
                "type": "function",
                "function": {"name": name, "arguments": canonical_json(arguments)},
            }
            for number, (name, arguments) in enumerate(calls, first)
        ]
    return message
