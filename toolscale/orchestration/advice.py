"""What is due at a point of an episode, put into words: the right advice about the next step, and plausible wrong ones.

Advice gives away nothing that the conversation does not hold yet: what the user has not said is to be asked for, a request that
the user has not made is not acted upon, and what is to be told is what has been read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from toolscale.canonical import canonical_json
from toolscale.orchestration.catalog import StepKind
from toolscale.orchestration.experts import Consultation
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.orchestration.steps import made, steps
from toolscale.scoring.said import Statement, is_said, occurs_in_data
from toolscale.synthesis.near_misses import neighbours, other_values, wrong_wordings
from toolscale.synthesis.user import is_stated, mentions
from toolscale.task import Fact, ReferenceCall, Wish

_ANYTHING_ELSE = "Ask whether there is anything else."
_FROM_USER = re.compile(r"user: ([^;]+)")


@dataclass(frozen=True, slots=True)
class Advice:
    """The right advice, the wrong ones (at least one), and what it takes to be right: kinds of steps with their burdens."""

    right: str
    wrong: tuple[str, ...]
    takes: tuple[tuple[StepKind, int], ...]


def advice(consultation: Consultation) -> Advice:
    """Return what is to be said about the next step at this point of the episode."""
    task = consultation.task
    place = made(task, consultation.calls)
    refusals = [] if _spoken_since_last_call(consultation) else [w for w in task.wishes if w.after == place]
    call = task.reference[place] if place < len(task.reference) else None
    if call is None or not _is_requested(consultation, call.request):
        return _report(consultation, refusals, _due_statements(consultation, all_of_them=call is None))
    lacking = _lacking(consultation, call)
    first = _as_first_said(consultation, call) if len(lacking) == 1 else None
    if first is not None:
        return _call(consultation, refusals, place, first)
    if lacking:
        return _question(consultation, refusals, lacking)
    return _call(consultation, refusals, place, call)


def _call(consultation: Consultation, refusals: Sequence[Wish], place: int, call: ReferenceCall) -> Advice:
    step = next(step for step in steps(consultation.task) if step.call == place)
    confirmed = call.writes and call.tool in consultation.environment.compiled.policy.confirmed_tools
    agreed = " Ask the user to agree first." if confirmed else ""

    def wrong() -> Iterator[str]:
        yield from _fulfilled(refusals)
        for parameter, value in (
            *neighbours(consultation.task, place),
            *other_values(consultation.task, place, consultation.environment),
        ):
            yield _next(call.tool, {**call.arguments, parameter: value}) + agreed
        if place:
            before = consultation.task.reference[place - 1]
            yield _next(before.tool, before.arguments)
        yield _told(["all is done."])

    right = [*_refused(refusals), _next(call.tool, call.arguments) + agreed]
    return _advice(right, wrong(), [*_judgements(refusals), (step.kind, step.burdens)])


def _question(consultation: Consultation, refusals: Sequence[Wish], lacking: Sequence[str]) -> Advice:
    unknown = consultation.task.scenario.unknown
    wrong = [*_fulfilled(refusals), *(f"Ask the user for: {about}." for about in unknown), _told(["all is done."])]
    right = [*_refused(refusals), f"Ask the user for: {', '.join(lacking)}."]
    return _advice(right, wrong, [*_judgements(refusals), ("lookup", 0)])


def _report(consultation: Consultation, refusals: Sequence[Wish], due: Sequence[Statement]) -> Advice:
    values = [f"{statement.about}: {_value(statement)}." for statement in due]

    def wrong() -> Iterator[str]:
        yield from _fulfilled(refusals)
        for place, statement in enumerate(due):
            for wording in wrong_wordings(statement):
                if not is_said(statement, wording):
                    yield _told([*values[:place], wording, *values[place + 1 :]])
        yield _told(["all is done."])

    right = [*_refused(refusals), *([_told(values)] if values else []), _ANYTHING_ELSE]
    report: list[tuple[StepKind, int]] = [("report", max(0, len(due) - 1))]
    return _advice(right, wrong(), [*_judgements(refusals), *report])


def _advice(
    right: Sequence[str], wrong: Iterator[str] | Sequence[str], takes: Sequence[tuple[StepKind, int]]
) -> Advice:
    text = " ".join(right)
    return Advice(text, tuple(other for other in dict.fromkeys(wrong) if other != text), tuple(takes))


def _refused(wishes: Sequence[Wish]) -> list[str]:
    return [f"Refuse what {wish.tool} would do: the rule {wish.rule} forbids it." for wish in wishes]


def _fulfilled(wishes: Sequence[Wish]) -> list[str]:
    return [_next(wish.tool, wish.arguments) for wish in wishes]


def _judgements(wishes: Sequence[Wish]) -> list[tuple[StepKind, int]]:
    return [("judgement", 1) for _ in wishes]


def _is_requested(consultation: Consultation, request: int) -> bool:
    """Return whether the user has made a request; where a model speaks for the user, in its own words, all count as made."""
    heard = _texts(consultation, "user")
    has_made = [any(one.reason in text for text in heard) for one in consultation.task.scenario.requests]
    return has_made[request] or not any(has_made)


def _lacking(consultation: Consultation, call: ReferenceCall) -> list[str]:
    """Return what the call needs of the user, and the user has not said yet."""
    scenario = consultation.task.scenario
    facts = {fact.about: fact for fact in (*scenario.identity, *scenario.requests[call.request].facts)}
    needed = dict.fromkeys(about for source in call.sources.values() for about in _FROM_USER.findall(source))
    return [about for about in needed if about in facts and not _is_known(consultation, facts[about])]


def _as_first_said(consultation: Consultation, call: ReferenceCall) -> ReferenceCall | None:
    """Return the call with the value that the user said first and will put right later; None if there is none to go by.

    Such a call has its try: asked to agree to it, or told that it found nothing, the user says the right value.
    """
    twist = consultation.task.scenario.twist
    if twist is None or twist.fact is None or twist.request != call.request or not _is_known(consultation, twist.fact):
        return None
    scenario = consultation.task.scenario
    facts = (*scenario.identity, *scenario.requests[call.request].facts)
    right = next((fact.value for fact in facts if fact.about == twist.fact.about), None)
    arguments = {name: twist.fact.value if value == right else value for name, value in call.arguments.items()}
    tried = any(record.tool == call.tool and record.arguments == arguments for record in consultation.calls)
    return None if tried or arguments == call.arguments else replace(call, arguments=arguments)


def _is_known(consultation: Consultation, fact: Fact) -> bool:
    if isinstance(fact.value, bool):
        return any(mentions(text, fact.about) for text in _texts(consultation, "assistant"))
    return any(
        fact.said.casefold() in text.casefold() or is_stated(fact, text) for text in _texts(consultation, "user")
    )


def _due_statements(consultation: Consultation, *, all_of_them: bool) -> list[Statement]:
    """Return what is still to be said: all of it, or what has been read by now."""
    policy = consultation.environment.compiled.policy.text
    said = _texts(consultation, "assistant")
    read = [record.value for record in consultation.calls if record.ok and record.tool != ASK_EXPERT]
    return [
        statement
        for statement in consultation.task.criteria.statements
        if not any(is_said(statement, text) for text in said)
        and (all_of_them or is_said(statement, policy) or any(occurs_in_data(statement, value) for value in read))
    ]


def _spoken_since_last_call(consultation: Consultation) -> bool:
    """Return whether the agent has said anything since its last call of a tool; questions to experts do not count."""
    for message in reversed(consultation.messages):
        names = [call["function"]["name"] for call in message.get("tool_calls") or ()]
        if any(name != ASK_EXPERT for name in names):
            return False
        if message["role"] == "assistant" and message.get("content"):
            return True
    return False


def _texts(consultation: Consultation, role: str) -> list[str]:
    return [str(m["content"]) for m in consultation.messages if m["role"] == role and m.get("content")]


def _next(tool: str, arguments: object) -> str:
    return f"Next, call {tool} with {canonical_json(arguments)}."


def _told(values: Sequence[str]) -> str:
    return f"Tell the user: {' '.join(values)}"


def _value(statement: Statement) -> str:
    return f"{statement.value} {statement.unit}" if statement.unit else str(statement.value)
