"""From a draft to a composed candidate: its calls are made on a live episode, its words held against what the caller knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolscale.authoring.draft import RULE, Draft, DraftRequest, DraftTwist, RunnableRequest
from toolscale.authoring.words import unfounded
from toolscale.canonical import canonical_json
from toolscale.domain.format import Identification, IntentFormat
from toolscale.synthesis.composition import Composed
from toolscale.synthesis.intents import Binding
from toolscale.synthesis.phrases import Persona
from toolscale.synthesis.reference import ReferenceRun, Rejected
from toolscale.synthesis.situations import Situations
from toolscale.synthesis.user import is_stated
from toolscale.task import Fact, Origin, Request, Twist, UserScenario

WORDS = "words"
"""The rule that no value stands in a caller's words that the caller does not know."""
TWIST = "twist"
"""The rule that a twist does not change what solves the task."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who calls with which intent, in which situation: all that a draft is about. `own` are the caller's columns."""

    intent: IntentFormat
    caller: Any
    own: Binding
    binding: Binding
    way: Identification
    persona: Persona
    origin: Origin
    key: tuple[Any, ...]


class Trace:
    """The calls of the run so far, for whoever is to mend it."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, run: ReferenceRun) -> None:
        """Write down the calls that were made."""
        self.lines = [f"{call.tool}({canonical_json(call.arguments)}) -> {call.result}" for call in run.calls]


def composed(draft: Draft, occasion: Occasion, situations: Situations, trace: Trace) -> Composed:
    """Make the draft's calls and compose the candidate. Raises Rejected; `trace` holds the calls up to there."""
    environment = situations.environment
    runnable = [RunnableRequest(request, environment.compiled, n) for n, request in enumerate(draft.requests)]
    with environment.episode() as episode:
        run = ReferenceRun(environment, episode, situations.intents.templates)
        try:
            identity = _identified(occasion, situations, run)
            requests = [
                _requested(n, request, runnable[n], occasion, situations, run)
                for n, request in enumerate(draft.requests)
            ]
        finally:
            trace.note(run)
        difference = episode.difference()
    _words_are_known(requests, identity, draft.twist)
    conditional = any(step.when is not None for request in runnable for step in request.reference)
    scenario = UserScenario(
        name=situations.name_of(occasion.caller),
        persona=occasion.persona.description,
        register=occasion.persona.register,
        identity=identity,
        identified_in=0,
        unknown=tuple(occasion.way.unknown_info) if identity else (),
        requests=tuple(requests),
        twist=None,
    )
    twist = _twist(draft.twist, scenario, run, situations) if draft.twist else None
    return Composed.of_run(
        run,
        replace(scenario, twist=twist),
        difference,
        intents=[occasion.intent.id] * len(requests),
        conditional=conditional,
        refusals=[request.refused for request in runnable],
        bindings=[occasion.binding] * len(requests),
        origin=occasion.origin,
        key=occasion.key,
    )


def _identified(occasion: Occasion, situations: Situations, run: ReferenceRun) -> tuple[Fact, ...]:
    if not occasion.intent.identify:
        return ()
    identity = situations.facts(occasion.way.known_info, occasion.own)
    run.identify(occasion.way.reference, occasion.own, identity, 0)
    return identity


def _requested(
    number: int,
    request: DraftRequest,
    runnable: RunnableRequest,
    occasion: Occasion,
    situations: Situations,
    run: ReferenceRun,
) -> Request:
    facts = _facts(request, occasion.binding, situations)
    reason = situations.text(request.reason_for_call, occasion.binding)
    run.request(runnable, occasion.binding, facts, number)
    asks = [situations.text(say.about, occasion.binding) for say in runnable.say if "{" not in say.about]
    asks += [statement.about for statement in run.statements[-1]]
    return Request(
        intent=occasion.intent.id,
        reason=reason,
        facts=facts,
        unknown=tuple(request.unknown_info),
        asks=tuple(dict.fromkeys(asks)),
    )


def _facts(request: DraftRequest, binding: Binding, situations: Situations) -> tuple[Fact, ...]:
    abouts = [fact.about for fact in request.known_info]
    for about in abouts:
        if abouts.count(about) > 1:
            raise Rejected(RULE, "two facts of one request have the same name", about)
    return situations.facts({fact.about: fact.value for fact in request.known_info}, binding)


def _words_are_known(requests: Sequence[Request], identity: Sequence[Fact], twist: DraftTwist | None) -> None:
    """Raise Rejected for a value in the words that no fact holds."""
    facts = [*identity, *(fact for request in requests for fact in request.facts)]
    if twist is not None and twist.first_value is not None:
        facts.append(Fact("first value", twist.first_value))
    known = [f"{fact.about}: {fact.said}." for fact in facts]
    for number, request in enumerate(requests):
        if strange := unfounded(request.reason, known):
            raise Rejected(
                WORDS,
                f"the reason for call of request {number} says {strange[0]}, which no known fact holds",
                request.reason,
            )


def _twist(draft: DraftTwist, scenario: UserScenario, run: ReferenceRun, situations: Situations) -> Twist:
    if draft.request >= len(scenario.requests):
        raise Rejected(TWIST, "the twist names a request that there is not", str(draft.request))
    if draft.kind == "distraction":
        if not draft.text or unfounded(draft.text, ()):
            raise Rejected(TWIST, "a distraction is words without numbers, dates or ids", str(draft.text))
        return Twist("distraction", draft.request, text=" ".join(draft.text.split()))
    if draft.kind == "impossible wish":
        wishes = situations.folder.domain.about.impossible_wishes
        if draft.text not in wishes:
            raise Rejected(TWIST, "an impossible wish is one of the domain's, word for word", "; ".join(wishes))
        return Twist("impossible wish", draft.request, text=draft.text)
    if draft.kind == "change of mind":
        return _change_of_mind(draft, scenario.requests[draft.request], run, situations)
    raise Rejected(TWIST, f"a draft can't have a {draft.kind}", "The library makes these itself.")


def _change_of_mind(draft: DraftTwist, request: Request, run: ReferenceRun, situations: Situations) -> Twist:
    """The user first wants another value of one fact, which matters to confirmed writes alone."""
    fact = next((fact for fact in request.facts if fact.about == draft.about), None)
    if fact is None or draft.first_value is None:
        known = ", ".join(fact.about for fact in request.facts)
        raise Rejected(TWIST, "a change of mind names a fact of its request and the value that comes first", known)
    first = Fact(fact.about, draft.first_value)
    if first.said.casefold() == fact.said.casefold():
        raise Rejected(TWIST, "the first value is the right one already", first.said)
    if is_stated(fact, request.reason):
        raise Rejected(TWIST, "the reason for call says the right value: it must say the first one", request.reason)
    confirmed = situations.environment.compiled.policy.confirmed_tools
    uses = [call for call in run.calls if any(f"user: {fact.about}" in text for text in call.sources.values())]
    own = [call for call in run.calls if call.request == draft.request and call.tool in confirmed]
    misled = any(call.tool not in confirmed for call in uses)
    if not uses or misled or not own or fact.value not in own[0].arguments.values():
        raise Rejected(
            TWIST, f"'{fact.about}' must matter to the first confirmed write of its request, and to no read", fact.said
        )
    return Twist("change of mind", draft.request, first)
