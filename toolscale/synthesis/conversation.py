"""The reference as a conversation: a scripted agent that knows the reference talks with the scripted user.

The agent asks for what it lacks, reads before it writes, sums up and asks before each write that the policy wants
confirmed, reports what must be said, and leaves the end to the user. The user is the one that live episodes meet, so what
the user says here is what it would say there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.environment.builtin import ESCALATE
from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode
from toolscale.randomness import draw
from toolscale.scoring.said import Statement, is_said
from toolscale.synthesis.phrases import agent_phrases
from toolscale.synthesis.reference import Rejected
from toolscale.synthesis.templates import Templates, clock_time, day, hour, money
from toolscale.synthesis.user import ScriptedUser, is_stated
from toolscale.task import Fact, Message, ReferenceCall, UserScenario


class Conversation:
    """Writes one conversation, making the calls on a live episode as it goes."""

    def __init__(
        self,
        environment: Environment,
        episode: Episode,
        scenario: UserScenario,
        calls: Sequence[ReferenceCall],
        statements: Sequence[Sequence[Statement]],
        refusals: Sequence[str | None],
        *,
        key: str,
    ) -> None:
        self.messages: list[Message] = [{"role": "system", "content": environment.system_prompt}]
        self._environment = environment
        self._episode = episode
        self._scenario = scenario
        self._calls = list(enumerate(calls))
        self._statements = statements
        self._refusals = refusals
        self._key = key
        self._user = ScriptedUser(scenario, key=key)
        self._heard = ""
        self._ended = False
        self._templates = Templates(symbol=environment.domain.about.currency.symbol)
        self._mind_changed = False
        self._excuse = ""

    def write(self) -> tuple[Message, ...]:
        """Return the whole conversation. Raises Rejected if user and agent do not get through it together."""
        self._hear(self._user.opening().text)
        for number in range(len(self._scenario.requests)):
            self._excuse = self._aside(number)
            self._handle(number)
            self._report(number)
        if not self._ended:
            raise Rejected("conversation", "the user does not end the call after the last report", self._heard)
        return tuple(self.messages)

    def _handle(self, number: int) -> None:
        request = self._scenario.requests[number]
        identity = self._scenario.identity if number == self._scenario.identified_in else ()
        self._ask_for([*identity, *request.facts], number)
        pending = [(index, call) for index, call in self._calls if call.request == number]
        while pending:
            batch = self._batch(pending)
            pending = pending[len(batch) :]
            if self._needs_confirmation(batch[0][1]):
                self._confirm([call for _, call in batch], number)
            elif self._is_misled(batch[0]):
                self._recover(batch[0][1])
            self._make([(call.tool, call.arguments) for _, call in batch])

    def _ask_for(self, facts: Sequence[Fact], number: int) -> None:
        lacking = [fact for fact in facts if not is_stated(self._first_value(fact, number), self._heard)]
        if not lacking:
            return
        self._say(self._choose("ask_facts", number, abouts=[fact.about for fact in lacking]))
        for fact in lacking:
            said = self._first_value(fact, number).said
            if said.casefold() not in self._heard.casefold():
                raise Rejected("conversation", f"the user does not tell '{fact.about}' when asked for it", self._heard)

    def _first_value(self, fact: Fact, number: int) -> Fact:
        twist = self._scenario.twist
        early = (
            twist is not None and twist.fact is not None and twist.request == number and twist.fact.about == fact.about
        )
        return twist.fact if early and twist is not None and twist.fact is not None else fact

    def _batch(self, pending: list[tuple[int, ReferenceCall]]) -> list[tuple[int, ReferenceCall]]:
        """Take the calls that can be made together: alike, and none needing another's result."""
        first = pending[0][1]
        confirmed = self._needs_confirmation(first)
        batch = [pending[0]]
        for index, call in pending[1:]:
            alike = self._needs_confirmation(call) if confirmed else (call.tool == first.tool and not call.writes)
            needs = {source for text in call.sources.values() for source in text.split("; ")}
            if not alike or any(source.startswith(f"result {i}") for source in needs for i, _ in batch):
                break
            batch.append((index, call))
        return batch

    def _needs_confirmation(self, call: ReferenceCall) -> bool:
        return call.writes and call.tool in self._environment.compiled.policy.confirmed_tools

    def _confirm(self, calls: Sequence[ReferenceCall], number: int) -> None:
        twist = self._scenario.twist
        changing = (
            twist is not None and twist.kind == "change of mind" and twist.request == number and not self._mind_changed
        )
        if changing and twist is not None and twist.fact is not None:
            right = next(fact for fact in self._scenario.requests[number].facts if fact.about == twist.fact.about)
            if any(right.value in call.arguments.values() for call in calls):
                first = [self._summary(call, {_frozen(right.value): twist.fact.value}) for call in calls]
                self._say(self._choose("confirm_writes", number, "first", summaries=first))
                self._mind_changed = True
                if right.said.casefold() not in self._heard.casefold():
                    raise Rejected(
                        "conversation", "the user does not change their mind when asked to confirm", self._heard
                    )
        self._say(self._choose("confirm_writes", number, summaries=[self._summary(call, {}) for call in calls]))

    def _summary(self, call: ReferenceCall, instead: dict[Any, Any]) -> str:
        tool = self._environment.compiled.tools[call.tool]
        arguments = tool.parameters.complete(call.arguments)
        shown = {name: instead.get(_frozen(value), value) for name, value in arguments.items()}
        return " ".join(self._templates.text(tool.format.summary or call.tool, shown).split())

    def _is_misled(self, first: tuple[int, ReferenceCall]) -> bool:
        twist = self._scenario.twist
        return first[0] == 0 and twist is not None and twist.kind == "wrong detail"

    def _recover(self, call: ReferenceCall) -> None:
        twist = self._scenario.twist
        assert twist is not None
        assert twist.fact is not None
        right = next(fact for fact in self._scenario.identity if fact.about == twist.fact.about)
        wrong = {name: twist.fact.value if value == right.value else value for name, value in call.arguments.items()}
        self._make([(call.tool, wrong)])
        self._say(self._choose("not_found", 0, about=right.about))
        if right.said.casefold() not in self._heard.casefold():
            raise Rejected("conversation", f"the user does not correct '{right.about}' when asked", self._heard)

    def _aside(self, number: int) -> str:
        twist = self._scenario.twist
        if twist is None or twist.request != number:
            return ""
        if twist.kind == "distraction":
            return self._choose("deflect", number)
        if twist.kind == "impossible wish":
            return self._choose("decline_wish", number, wish=twist.text)
        return ""

    def _report(self, number: int) -> None:
        calls = [call for _, call in self._calls if call.request == number]
        parts = []
        refused = self._refusals[number]
        if refused is not None:
            parts.append(self._choose("refuse", number, policy=self._environment.compiled.policy.text_of(refused)))
        elif any(call.writes and call.tool != ESCALATE for call in calls):
            parts.append(self._choose("done", number))
        if any(call.tool == ESCALATE for call in calls):
            parts.append(self._choose("escalated", number))
        shown = [{"about": s.about, "value": self._worded(s)} for s in self._statements[number]]
        if shown:
            parts.append(self._choose("report", number, statements=shown))
        parts.append(self._choose("anything_else", number))
        self._say(" ".join(parts))

    def _worded(self, statement: Statement) -> str:
        value = statement.value
        wordings = [str(value)]
        if statement.kind == "money":
            wordings = [money(float(value), self._environment.domain.about.currency.symbol)]
        elif statement.kind == "number":
            wordings = [f"{Fact('', value).said if isinstance(value, float) else value} {statement.unit}"]
        elif statement.kind == "date":
            date = dt.date.fromisoformat(str(value)[:10])
            wordings = [day(str(value)), str(date), f"{date.day} {date:%B} {date.year}"]
        elif statement.kind == "time":
            wordings = [clock_time(str(value)), hour(str(value))]
        elif statement.kind == "text":
            wordings = [str(value).replace("_", " ")]
        fitting = [wording for wording in wordings if is_said(statement, f"{statement.about}: {wording}.")]
        return draw(fitting or wordings, "wording", self._key, statement.about)

    def _say(self, text: str) -> None:
        if self._excuse:
            text, self._excuse = f"{self._excuse} {text}", ""
        self.messages.append({"role": "assistant", "content": text})
        turn = self._user.reply(text)
        self._ended = turn.ends
        self._hear(turn.text)

    def _hear(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})
        self._heard = text

    def _make(self, calls: Sequence[tuple[str, dict[str, Any]]]) -> None:
        made = []
        for tool, arguments in calls:
            number = len(self._episode.calls) + 1
            made.append((f"call_{number}", tool, arguments, self._episode.call(tool, arguments)))
        self.messages.append(
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"id": id_, "type": "function", "function": {"name": tool, "arguments": canonical_json(arguments)}}
                    for id_, tool, arguments, _ in made
                ],
            }
        )
        for id_, tool, _, record in made:
            self.messages.append({"role": "tool", "tool_call_id": id_, "name": tool, "content": record.result})

    def _choose(self, slot: str, *key: Any, **values: Any) -> str:
        return agent_phrases().choose(slot, self._key, len(self.messages), *key, **values)


def _frozen(value: Any) -> Any:
    return canonical_json(value) if isinstance(value, list | dict) else value
