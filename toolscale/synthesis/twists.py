"""Twists: the turns that a real call takes, added to any task without changing what solves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolscale.domain.format import StepFormat
from toolscale.environment.episode import Episode
from toolscale.randomness import KeyedRandom, draw, draw_weighted
from toolscale.synthesis.phrases import user_phrases
from toolscale.synthesis.templates import Templates
from toolscale.task import Fact, ReferenceCall, Request, Twist, TwistKind

TWIST_SHARE = 0.4
_WEIGHTS: dict[TwistKind, float] = {"change of mind": 3, "wrong detail": 3, "distraction": 2, "impossible wish": 2}


@dataclass(frozen=True, slots=True)
class Situation:
    """One request as it was drawn: what a twist needs to know of it."""

    request: Request
    steps: Sequence[StepFormat]
    known_info: dict[str, Any]
    binding: dict[str, Any]
    others: Sequence[dict[str, Any]]


def drawn_kind(*key: Any) -> TwistKind | None:
    """Return the kind of twist that the key draws, or None."""
    if KeyedRandom.of("twist", *key).random() >= TWIST_SHARE:
        return None
    return draw_weighted(_WEIGHTS, "twist kind", *key)


def change_of_mind(
    situations: Sequence[Situation],
    calls: Sequence[ReferenceCall],
    confirmed: frozenset[str],
    templates: Templates,
    *key: Any,
) -> tuple[Twist, dict[str, Any]] | None:
    """Return a twist in which the user first wants another value of one fact, and changes it when asked to confirm.

    The fact must matter only to confirmed writes: no read, condition or statement may hang on it. Other bindings of the same
    intent provide the first value, so it is one that such a user may well have wanted. With it comes the variable that the first
    words are to be rendered with.
    """
    chances = []
    for index, situation in enumerate(situations):
        for about, template in situation.known_info.items():
            names = templates.names(template)
            if len(names) != 1 or not _only_in_writes(next(iter(names)), situation, confirmed, templates):
                continue
            if any(next(iter(names)) not in other for other in situation.others):
                continue
            fact = next(f for f in situation.request.facts if f.about == about)
            asked = next((call for call in calls if call.request == index and call.tool in confirmed), None)
            if asked is None or fact.value not in asked.arguments.values():
                continue  # the user changes their mind at the first question, which must be about this value
            name = next(iter(names))
            alternatives = sorted({o[name] for o in situation.others if o[name] != situation.binding[name]}, key=str)
            if alternatives:
                chances.append((index, about, name, alternatives))
    if not chances:
        return None
    index, about, name, alternatives = draw(chances, "change of mind", *key)
    first = {name: draw(alternatives, "first value", *key)}
    situation = situations[index]
    value = templates.value(situation.known_info[about], {**situation.binding, **first})
    return Twist("change of mind", index, Fact(about, value)), first


def _only_in_writes(name: str, situation: Situation, confirmed: frozenset[str], templates: Templates) -> bool:
    for step in situation.steps:
        if name in templates.names([step.when, step.for_each]):
            return False
        if step.tool not in confirmed and name in templates.names(step.arguments):
            return False
    return sum(1 for template in situation.known_info.values() if name in templates.names(template)) == 1


def wrong_detail(identity: Sequence[Fact], calls: Sequence[ReferenceCall], episode: Episode, *key: Any) -> Twist | None:
    """Return a twist in which the user first gives a misspelt detail, which the first lookup does not find.

    `episode` is at the state before the first call; the lookup is tried there to prove that the slip shows.
    """
    if not calls or calls[0].writes:
        return None
    first = calls[0]
    chances = []
    for fact in identity:
        if not isinstance(fact.value, str) or len(fact.value) < 5:
            continue
        for parameter, value in first.arguments.items():
            if value != fact.value:
                continue
            slip = _slip(fact.value, *key, fact.about)
            record = episode.trial(first.tool, {**first.arguments, parameter: slip})
            if slip != fact.value and (not record.ok or record.value in ([], {}, None)):
                chances.append(Fact(fact.about, slip))
    return Twist("wrong detail", 0, draw(chances, "wrong detail", *key)) if chances else None


def _slip(value: str, *key: Any) -> str:
    """Swap two neighbouring letters or digits, as a hurried caller does."""
    places = [
        i for i in range(len(value) - 1) if value[i].isalnum() and value[i + 1].isalnum() and value[i] != value[i + 1]
    ]
    same_kind = [i for i in places if value[i].isdigit() == value[i + 1].isdigit()]
    if not same_kind:
        return value
    place = draw(same_kind, "slip", *key)
    return value[:place] + value[place + 1] + value[place] + value[place + 2 :]


def distraction(register: str, requests: int, *key: Any) -> Twist:
    """Return a twist in which the user wanders off the matter."""
    request = KeyedRandom.of("distraction", *key).randrange(requests)
    return Twist("distraction", request, text=user_phrases(register).choose("distraction", *key))


def impossible_wish(wishes: Sequence[str], requests: int, *key: Any) -> Twist:
    """Return a twist in which the user also asks for something that nobody here can do."""
    request = KeyedRandom.of("impossible wish", *key).randrange(requests)
    return Twist("impossible wish", request, text=draw(wishes, "wish", *key))
