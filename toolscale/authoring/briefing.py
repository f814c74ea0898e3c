"""What a model is told before it drafts: the domain as a system message, one caller's occasion as the question."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from toolscale.authoring.composing import Occasion, Trace
from toolscale.authoring.draft import MOST_REQUESTS, MOST_STEPS
from toolscale.authoring.sampling import Sampler
from toolscale.canonical import canonical_json
from toolscale.domain.format import IntentFormat, SayFormat, StepFormat
from toolscale.environment.compiled import CompiledDomain
from toolscale.environment.tools import Tool
from toolscale.models.prompts import Prompt, prompt
from toolscale.policy import rendered
from toolscale.randomness import KeyedRandom, draw
from toolscale.synthesis.author import merged
from toolscale.synthesis.phrases import personas
from toolscale.synthesis.reference import ReferenceRun, Rejected
from toolscale.synthesis.situations import Situations
from toolscale.task import Message

EVOLUTIONS = ("constraints", "entities", "condition", "twist")
HERE = "toolscale.authoring"


@functools.cache
def own_prompt(name: str) -> Prompt:
    """Return one of this package's prompts."""
    return prompt(HERE, name)


class Briefing:
    """Writes the messages for the drafts of one database. `author` is what the tasks' origins name."""

    def __init__(self, situations: Situations, author: str) -> None:
        self._situations = situations
        self._author = author
        self._sampler = Sampler(situations.environment)
        self.system: Message = {"role": "system", "content": _domain(situations.environment.compiled)}

    def occasion(self, number: int) -> Occasion:
        """Draw who calls, with which intent, in which situation. Raises Rejected if nobody has the intent."""
        situations = self._situations
        key, lead = situations.key(number), situations.lead(number)
        pool = situations.pool(lead)
        ways = situations.intents.caller.ways
        caller = draw(sorted(pool, key=str), "caller", *key)
        with situations.environment.episode() as episode:
            own = situations.intents.caller_now(caller, episode)
        if own is None:
            raise Rejected("infeasible", "the intent binds somebody who is no caller", str(caller))
        return Occasion(
            intent=situations.intents.by_id[lead],
            caller=caller,
            own=own,
            binding=merged(own, draw(pool[caller], "binding", lead, *key), lead),
            way=ways[KeyedRandom.of("way", *key).randrange(len(ways))],
            persona=draw(personas(), "persona", *key),
            origin=situations.origin(self._author, number),
            key=key,
        )

    def question(self, occasion: Occasion) -> Message:
        """Return the message that asks for a draft. Raises Rejected if the caller can't be identified."""
        situations = self._situations
        trace, identity, names = Trace(), {}, []
        if occasion.intent.identify:
            facts = situations.facts(occasion.way.known_info, occasion.own)
            identity = {fact.about: fact.value for fact in facts}
            with situations.environment.episode() as episode:
                run = ReferenceRun(situations.environment, episode, situations.intents.templates)
                run.identify(occasion.way.reference, occasion.own, facts, 0)
                trace.note(run)
                names = list(run.names)
        situation = {name: value for name, value in occasion.binding.items() if name not in occasion.own}
        text = own_prompt("draft").render(
            intent={
                "id": occasion.intent.id,
                "purpose": occasion.intent.purpose,
                "refused": occasion.intent.refused,
                "example": self._example(occasion),
            },
            persona=occasion.persona.description,
            register=occasion.persona.register,
            caller=occasion.own,
            situation=situation,
            identified=occasion.intent.identify,
            identity=identity,
            identification=trace.lines,
            names=names,
            rows=self._sampler.rows(occasion.caller, situation.values(), *occasion.key),
        )
        return {"role": "user", "content": text}

    def _example(self, occasion: Occasion) -> dict[str, Any]:
        reason = draw(occasion.intent.user.reason_for_call, "reason", *occasion.key)
        return as_draft(occasion.intent, reason, self._situations.environment.compiled.tools)

    def evolution(self, occasion: Occasion, draft: Any, calls: list[str]) -> Message:
        """Return the message that asks for a harder version of an accepted draft."""
        way = draw(EVOLUTIONS, "evolve", *occasion.key)
        return {"role": "user", "content": own_prompt("evolve").render(draft=draft, calls=calls, way=way)}


def repair(fault: Rejected, explanation: str, calls: list[str]) -> Message:
    """Return the message that sends a draft back."""
    text = own_prompt("repair").render(
        rule=fault.rule, reason=fault.reason, evidence=fault.evidence[:4000], explanation=explanation, calls=calls
    )
    return {"role": "user", "content": text}


def as_draft(intent: IntentFormat, reason: str, tools: Mapping[str, Tool]) -> dict[str, Any]:
    """Return an intent in the form of a draft, with its templates as they are."""
    refusal = None
    if intent.wish is not None:
        tool, arguments = next(iter(intent.wish.items()))
        refusal = {"rule": intent.refused, "wish": _call(tool, arguments, tools)}
    request = {
        "reason_for_call": reason,
        "known_info": [{"about": about, "value": value} for about, value in intent.user.known_info.items()],
        "unknown_info": list(intent.user.unknown_info),
        "steps": [_step(step, tools) for step in intent.reference],
        "say": [_statement(say) for say in intent.say],
        "refusal": refusal,
    }
    return {"requests": [request], "twist": None}


def _call(tool: str, arguments: Mapping[str, Any], tools: Mapping[str, Tool]) -> dict[str, Any]:
    return {"tool": tool, "arguments": {name: arguments.get(name) for name in tools[tool].parameters.names}}


def _step(step: StepFormat, tools: Mapping[str, Tool]) -> dict[str, Any]:
    return {
        "call": _call(step.tool, step.arguments, tools),
        "as": step.as_,
        "when": step.when,
        "for_each": step.for_each,
        "optional": step.optional,
    }


def _statement(say: SayFormat) -> dict[str, Any]:
    return {"about": say.about, "kind": say.kind, "value": say.value, "unit": say.unit, "when": say.when}


def _domain(domain: CompiledDomain) -> str:
    confirmed = domain.policy.confirmed_tools
    return own_prompt("house").render(
        about=domain.domain.about.model_dump(mode="json"),
        policy=rendered(domain.domain.policy),
        schema_sql=domain.domain.schema_sql.strip(),
        tools=[
            {
                "name": tool.name,
                "description": tool.format.description,
                "parameters": canonical_json(tool.parameters.schema["properties"]),
                "errors": tool.errors,
                "result": tool.result.strip() if tool.compute is None else "",
                "writes": tool.effect is not None,
                "confirmed": tool.name in confirmed,
            }
            for tool in domain.tools.values()
        ],
        most_requests=MOST_REQUESTS,
        most_steps=MOST_STEPS,
    )
