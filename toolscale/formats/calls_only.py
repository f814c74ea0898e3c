"""An episode in which everything is a tool call, the talk with the user too.

MCP, TRL's environments and NeMo Gym's servers know tools and no user. Here the user is one more tool: what the agent says is its
argument, what the user answers its result. The score is no tool: whoever runs the episode asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from toolscale.environment.environment import Environment
from toolscale.live import LiveEpisode, User, assistant_message
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Task

SAY_TO_USER = "say_to_user"
MOST_CALLS = 100
"""Calls in one episode; what is said is a call too, so there are more than a conversation has messages."""
SAY_TO_USER_SCHEMA: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": SAY_TO_USER,
        "description": "Say something to the user and get the answer. There is no other way to reach the user.",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string", "minLength": 1, "description": "What you say."}},
            "required": ["text"],
            "additionalProperties": False,
        },
    },
}
_HOW_TO_TALK = (
    f"You reach the user through the tool {SAY_TO_USER} only; its result is the user's answer. The call goes on until the user "
    "ends it."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: the text for the agent, whether it was carried out, and whether the user has ended the call with it."""

    text: str
    ok: bool
    ends: bool


class CallsOnlyEpisode:
    """One attempt at a task by tool calls alone. Use it as a context manager, so that its connection is given back.

    The user is scripted unless another is given; `key` varies the user's words and what simulated experts get wrong.
    """

    def __init__(
        self, task: Task, environment: Environment, *, key: str, user: User | None = None, most_calls: int = MOST_CALLS
    ) -> None:
        self.live = LiveEpisode(task, environment, experts=SimulatedExperts(key=key), most_turns=most_calls)
        self._user = user or ScriptedUser(task.scenario, key=key)
        opening = self._user.opening()
        self.opening = opening.text
        """The user's first words."""
        self.live.hear(opening)

    @property
    def system_prompt(self) -> str:
        """What the agent is told before the call: who it is, the policy, how to reach the user."""
        return calls_only_prompt(str(self.live.messages[0]["content"]))

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The task's tools as its row has them, and the user, in OpenAI's function-calling format."""
        return [*self.live.tools, SAY_TO_USER_SCHEMA]

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.live.ending is not None

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """Make one call. Never raises for what an agent may send."""
        if self.over:
            return Answer("The call has ended.", ok=False, ends=False)
        if name == SAY_TO_USER:
            return self._said(arguments)
        answers = self.live.act(assistant_message("", [(name, dict(arguments))], first=self.live.turns + 1))
        return Answer(str(answers[0]["content"]), ok=self.live.episode.calls[-1].ok, ends=False)

    def result(self) -> dict[str, Any]:
        """Return the score of what has happened so far, what failed, what it cost, and the conversation."""
        score, rollout = self.live.score(), self.live.rollout()
        return {
            "task_id": self.live.task.id,
            "score": score.value,
            "failed": list(score.failed),
            "explanation": score.explain(),
            "ending": self.live.ending,
            "calls": self.live.turns,
            "dollars": rollout.dollars,
            "seconds": rollout.seconds,
            "messages": self.live.messages,
        }

    def _said(self, arguments: Mapping[str, Any]) -> Answer:
        text = arguments.get("text")
        if not isinstance(text, str) or not text.strip() or len(arguments) > 1:
            return Answer(f"{SAY_TO_USER} takes one text that is not empty.", ok=False, ends=False)
        self.live.act(assistant_message(text))
        if self.over:
            return Answer("The call has ended.", ok=True, ends=True)
        turn = self._user.reply(text)
        self.live.hear(turn)
        return Answer(turn.text, ok=True, ends=turn.ends)

    def __enter__(self) -> CallsOnlyEpisode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.__exit__(kind, error, trace)


def calls_only_prompt(system_prompt: str) -> str:
    """Return a task's system prompt for an agent that reaches the user through a tool."""
    return f"{system_prompt}\n\n{_HOW_TO_TALK}"
