"""Other words for what a caller says: a paraphrase by a model, with each value locked, or the words as they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from toolscale.authoring.briefing import own_prompt
from toolscale.authoring.words import says, stated, values_in
from toolscale.models.request import ModelRequest
from toolscale.synthesis.composition import Composed
from toolscale.synthesis.phrases import age_or_sex_in
from toolscale.task import Fact, UserScenario

MOST_TIMES_LONGER = 4
LONGEST_PERSONA = 400
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "persona": {"type": "string"},
        "texts": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["persona", "texts"],
    "additionalProperties": False,
}


class Refusal(Exception):
    """The new words can't be used: `kind` is what is counted, `evidence` for people."""

    def __init__(self, kind: str, evidence: str) -> None:
        super().__init__(f"{kind}: {evidence}")
        self.kind = kind
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Wording:
    """One text of a scenario with the values that must stay."""

    text: str
    locked: tuple[str, ...]


def wordings(composed: Composed) -> list[Wording]:
    """Return the texts of a candidate that may be put otherwise: the reasons for call, and a distraction's words last."""
    scenario = composed.scenario
    facts: list[Fact] = [*scenario.identity, *(fact for request in scenario.requests for fact in request.facts)]
    if scenario.twist is not None and scenario.twist.fact is not None:
        facts.append(scenario.twist.fact)
    found = []
    for request, binding in zip(scenario.requests, composed.bindings, strict=True):
        found.append(Wording(request.reason, tuple(stated(facts, binding.values(), request.reason))))
    if scenario.twist is not None and scenario.twist.kind == "distraction":
        found.append(Wording(scenario.twist.text, ()))
    return found


def question(composed: Composed, title: str, temperature: float | None = None) -> ModelRequest:
    """Return what a model is asked."""
    text = own_prompt("rewrite").render(
        title=title,
        persona=composed.scenario.persona,
        register=composed.scenario.register,
        texts=[{"text": item.text, "locked": list(item.locked)} for item in wordings(composed)],
    )
    return ModelRequest(
        messages=[{"role": "user", "content": text}],
        schema=SCHEMA,
        schema_name="rewrite",
        stage="rewrite",
        prompt=own_prompt("rewrite").identity,
        temperature=temperature,
    )


def reworded(composed: Composed, answer: dict[str, Any], model: str) -> Composed:
    """Return the candidate in the new words, its origin naming the model.

    Raises Refusal if a value is lost or new, or a text is missing.
    """
    old = wordings(composed)
    persona, texts = " ".join(str(answer["persona"]).split()), [" ".join(text.split()) for text in answer["texts"]]
    if len(texts) != len(old):
        raise Refusal("count", f"{len(texts)} texts for {len(old)}")
    for wording, text in zip(old, texts, strict=True):
        _check(wording, text)
    _check_persona(persona, old)
    author = f"{composed.origin.author}, words by {model} ({own_prompt('rewrite').identity})"
    origin = replace(composed.origin, author=author)
    return replace(composed, scenario=_scenario(composed.scenario, persona, texts), origin=origin)


def _scenario(scenario: UserScenario, persona: str, texts: Sequence[str]) -> UserScenario:
    requests = tuple(replace(request, reason=text) for request, text in zip(scenario.requests, texts, strict=False))
    twist = scenario.twist
    if twist is not None and twist.kind == "distraction":
        twist = replace(twist, text=texts[-1])
    return replace(scenario, persona=persona, requests=requests, twist=twist)


def _check(wording: Wording, text: str) -> None:
    if not text:
        raise Refusal("empty", wording.text)
    if len(text) > MOST_TIMES_LONGER * max(len(wording.text), 60):
        raise Refusal("length", text)
    for value in wording.locked:
        if not says(value, text):
            raise Refusal("value lost", f"{value} of {wording.text!r} is not in {text!r}")
    before, after = values_in(wording.text, in_words=True), values_in(text, in_words=True)
    if lost := before - after:
        raise Refusal("value lost", f"{_named(lost)} of {wording.text!r} is not in {text!r}")
    if new := after - before:
        raise Refusal("value added", f"{_named(new)} in {text!r} is not in {wording.text!r}")


def _check_persona(persona: str, old: Sequence[Wording]) -> None:
    if not persona or len(persona) > LONGEST_PERSONA:
        raise Refusal("persona", f"{len(persona)} characters")
    if values := values_in(persona):
        raise Refusal("persona", f"{_named(values)} in {persona!r}")
    if word := age_or_sex_in(persona):
        raise Refusal("persona", f"{word!r} states an age or a sex in {persona!r}")
    for value in (value for wording in old for value in wording.locked):
        if says(value, persona):
            raise Refusal("persona", f"{value} in {persona!r}")


def _named(values: frozenset[tuple[str, str]]) -> str:
    return ", ".join(f"the {kind} {value}" for kind, value in sorted(values))
