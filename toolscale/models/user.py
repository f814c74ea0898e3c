"""A model plays the user: from the scenario alone, each utterance checked against what it may know.

What the scripted user says in fixed phrases, a model says in its own words; the scenario, and so the task, is the same. A
conversation in which the user says what it can't know, or hangs up before it has made all its requests, proves nothing about the
agent: it ends with `BrokenByUser` and is thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from toolscale.models.client import ModelClient
from toolscale.models.faults import Malformed, Refused, Truncated
from toolscale.models.prompts import prompt
from toolscale.models.request import ModelRequest
from toolscale.models.utterances import invented, known_texts
from toolscale.shards.rows import instructions
from toolscale.synthesis.user import MOST_TURNS, UserTurn
from toolscale.task import Message, UserScenario

REPEATS = 2
"""How often the user may say something again that it can't know."""
_MOST_TOKENS = 400
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "says": {"type": "string", "minLength": 1, "maxLength": 1200},
        "request": {"type": "integer", "minimum": 1},
        "ends": {"type": "boolean"},
    },
    "required": ["says", "request", "ends"],
    "additionalProperties": False,
}


class BrokenByUser(Exception):
    """The user broke the conversation; the message says how."""


class LiveUser(Protocol):
    """`toolscale.live.User` for users that have to be waited for."""

    async def opening(self) -> UserTurn:
        """Return the first words of the call."""

    async def reply(self, agent: str) -> UserTurn:
        """Return the answer to what the agent said."""


class ModelUser:
    """One user in one conversation, played by a model. `attempt` makes conversations of one scenario differ."""

    def __init__(self, client: ModelClient, scenario: UserScenario, *, attempt: int = 0) -> None:
        self._client = client
        self._scenario = scenario
        self._attempt = attempt
        self._known = known_texts(scenario)
        self._request = 1
        self._turns = 0
        template = prompt("toolscale.models", "user")
        self._prompt = template.identity
        facts = {
            fact.about: fact.said for request in scenario.requests for fact in (*scenario.identity, *request.facts)
        }
        unknown = [*scenario.unknown, *(about for request in scenario.requests for about in request.unknown)]
        system = template.render(
            name=scenario.name,
            persona=scenario.persona,
            register=scenario.register,
            instructions=instructions(scenario),
            known="\n".join(f"{about}: {value}" for about, value in facts.items()),
            unknown=list(dict.fromkeys(unknown)),
        )
        self._messages: list[Message] = [{"role": "system", "content": system}]

    async def opening(self) -> UserTurn:
        """Return the first words of the call."""
        return await self._turn("(The agent picks up and waits for you to speak.)")

    async def reply(self, agent: str) -> UserTurn:
        """Return the answer to what the agent said. Raises BrokenByUser."""
        self._turns += 1
        if self._turns >= MOST_TURNS:
            raise BrokenByUser(f"the user has not come to an end in {MOST_TURNS} turns")
        self._known.append(agent)
        return await self._turn(agent or "(The agent says nothing.)")

    async def _turn(self, heard: str) -> UserTurn:
        self._messages.append({"role": "user", "content": heard})
        said = await self._said()
        self._request = max(self._request, int(said["request"]))
        self._messages.append({"role": "assistant", "content": str(said["says"])})
        return UserTurn(str(said["says"]).strip(), ends=bool(said["ends"]))

    async def _said(self) -> dict[str, Any]:
        turns: list[Message] = []
        while True:
            request = ModelRequest(
                [*self._messages, *turns],
                "user",
                schema=_SCHEMA,
                schema_name="turn",
                max_tokens=_MOST_TOKENS,
                prompt=self._prompt,
                attempt=self._attempt,
            )
            try:
                answer = await self._client.answer(request)
            except (Malformed, Refused, Truncated) as error:
                raise BrokenByUser(f"the user gave no turn: {error.cause}") from None
            said: dict[str, Any] = answer.value
            faults = self._faults(said)
            if not faults:
                return said
            if len(turns) // 2 == REPEATS:
                raise BrokenByUser(f"{'; '.join(faults)}, said {REPEATS + 1} times: {said['says']!r}")
            turns += [
                {"role": "assistant", "content": answer.text},
                {"role": "user", "content": prompt("toolscale.models", "user_fault").render(faults=faults)},
            ]

    def _faults(self, said: dict[str, Any]) -> Sequence[str]:
        faults = [f"you can't know {value}" for value in dict.fromkeys(invented(str(said["says"]), self._known))]
        requests = len(self._scenario.requests)
        if said["request"] > requests:
            faults.append(f"there are only {requests} requests")
        elif said["request"] > self._request + 1:
            faults.append(f"request {self._request + 1} comes first")
        elif said["ends"] and max(self._request, said["request"]) < requests:
            faults.append(f"you can't hang up before request {requests} is dealt with")
        return faults
