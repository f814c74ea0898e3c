"""A live episode: the agent's messages in, tool results and the user's words out, until the call ends.

Teaching, simulation, training and evaluation all play tasks through it, so that an agent meets the same conversation
everywhere. It holds no model: whoever drives it asks an agent for the next message, and a user for the next words. Experts
answer through it, and it keeps the account of what was called, asked and paid.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Literal, Protocol

from toolscale.canonical import canonical_json
from toolscale.environment.environment import Environment
from toolscale.environment.episode import CallRecord, Episode
from toolscale.errors import nearest
from toolscale.orchestration.account import Account, Usage, characters, estimated_tokens
from toolscale.orchestration.experts import AskingFault, Consultation, Experts, asked
from toolscale.orchestration.offer import ASK_EXPERT, Orchestration
from toolscale.orchestration.presentation import system_prompt, tool_characters, tool_schemas
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.rewards import Rollout
from toolscale.scoring.score import Score, score, tool_calls
from toolscale.synthesis.user import UserTurn
from toolscale.task import Message, Task

Ending = Literal["user", "turns"]
MOST_TURNS = 50
"""Messages of the agent in one episode, as in the training of ToolOrchestra's paper: a question to an expert takes one too."""


class User(Protocol):
    """Who plays the caller: scripted, or a model."""

    def opening(self) -> UserTurn:
        """Return the first words of the call."""

    def reply(self, agent: str) -> UserTurn:
        """Return the answer to what the agent said."""


class LiveEpisode:
    """One attempt at a task. Use it as a context manager, so that its connection is given back.

    Experts are simulated unless others are given.
    """

    def __init__(
        self, task: Task, environment: Environment, *, experts: Experts | None = None, most_turns: int = MOST_TURNS
    ) -> None:
        self.task = task
        self.environment = environment
        self.messages: list[Message] = [{"role": "system", "content": system_prompt(task, environment)}]
        self.tools: list[dict[str, Any]] = tool_schemas(task, environment)
        """The schemas of the tools that the task offers, in the task's order."""
        self.account = Account()
        self.ending: Ending | None = None
        self.turns = 0
        self._experts = experts or SimulatedExperts(key="live")
        self._asked = 0
        self._malformed = False
        self._characters = tool_characters(self.tools, environment)
        self._measured = 0
        self._most_turns = most_turns
        self._episode: Episode = environment.episode()

    @property
    def episode(self) -> Episode:
        """The episode that the agent's calls run on."""
        return self._episode

    def hear(self, turn: UserTurn) -> None:
        """Add what the user says; the episode ends if the call is over with it."""
        self.messages.append({"role": "user", "content": turn.text})
        if turn.ends:
            self.ending = "user"

    def act(self, message: Mapping[str, Any], usage: Usage | None = None) -> list[Message]:
        """Take the agent's message, make its tool calls, and return the tool messages that answer them.

        `usage` is what the message took, if who wrote it counted; else tokens are estimated from the characters. The list is
        empty if the message has no call: then the user is to answer. Raises ValueError after the end.
        """
        if self.ending is not None:
            raise ValueError("the episode has ended")
        taken: Message = {"role": "assistant", **message}
        orchestration = self.task.orchestration
        self.account.orchestrator_answered(
            orchestration.orchestrator if orchestration else None, usage or self._estimated(taken)
        )
        self.messages.append(taken)
        self.turns += 1
        answers = [
            self._answered(call, name, arguments)
            for call, (name, arguments) in zip(taken.get("tool_calls") or (), tool_calls([taken]), strict=True)
        ]
        self.messages += answers
        if self.turns >= self._most_turns:
            self.ending = "turns"
        return answers

    def refuse(self, content: str, answer: Message, usage: Usage | None = None) -> None:
        """Take an agent's message whose calls can't be read: none is made, `answer` says what is wrong with them.

        Raises ValueError after the end.
        """
        self.act({"content": content}, usage)
        self._malformed = True
        self.messages.append(answer)

    def converse(self, message: Mapping[str, Any], user: User, usage: Usage | None = None) -> None:
        """Take the agent's message, and let the user answer it if it made no call."""
        if not self.act(message, usage) and self.ending is None:
            self.hear(user.reply(str(message.get("content") or "")))

    def score(self) -> Score:
        """Return the score of what has happened so far."""
        return score(self.task, self.environment, self._episode, self.messages)

    def rollout(self) -> Rollout:
        """Return what the reward looks at, of what has happened so far."""
        return Rollout(
            outcome=self.score().value,
            dollars=self.account.dollars,
            seconds=self.account.seconds,
            counts=self.account.counts(),
            well_formed=not self._malformed,
            ended=self.ending == "user",
        )

    def _answered(self, call: Mapping[str, Any], name: str, arguments: Any) -> Message:
        self._malformed = self._malformed or not isinstance(arguments, dict)
        if name not in self.task.tools:
            record = self._refused(name, arguments, f"There is no tool '{name}'. {nearest(name, self.task.tools)}")
        elif name == ASK_EXPERT and self.task.orchestration is not None:
            record = self._expert_asked(self.task.orchestration, arguments)
        else:
            record = self._episode.call(name, arguments)
            self.account.tool_called(name)
        identity = str(call.get("id") or f"call_{len(self._episode.calls)}")
        return {"role": "tool", "tool_call_id": identity, "name": name, "content": record.result}

    def _expert_asked(self, orchestration: Orchestration, arguments: Any) -> CallRecord:
        try:
            expert, question = asked(orchestration, arguments)
        except AskingFault as fault:
            return self._refused(ASK_EXPERT, arguments, str(fault))
        consultation = Consultation(
            self.task, self.environment, self.messages, self._episode.calls, expert, question, self._asked
        )
        self._asked += 1
        answer = self._experts.answer(consultation)
        self.account.expert_asked(expert, answer.usage)
        return self._episode.answered(ASK_EXPERT, arguments, answer.text)

    def _refused(self, name: str, arguments: Any, reason: str) -> CallRecord:
        self.account.tool_called(name)
        return self._episode.answered(name, arguments, json.dumps({"error": reason}, ensure_ascii=False), ok=False)

    def _estimated(self, taken: Message) -> Usage:
        """Return about what the next message took, by the characters of all before it, each measured once, and its own."""
        self._characters += characters(self.messages[self._measured :])
        sent, written = self._characters, characters([taken])
        self._characters += written
        self._measured = len(self.messages) + 1
        return Usage(estimated_tokens(sent), estimated_tokens(written))

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
