"""A draft: the task that a model writes for one caller, in a form that a reference run can execute.

Its calls are an intent's reference in JSON: literals, or templates over the caller's situation and earlier results.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolscale.domain.format import Name, SayFormat, StepFormat
from toolscale.environment.compiled import CompiledDomain
from toolscale.environment.tools import Tool
from toolscale.errors import nearest
from toolscale.synthesis.reference import Rejected
from toolscale.task import TwistKind

MOST_REQUESTS = 4
MOST_STEPS = 12
RULE = "draft"
"""What rejections say of a draft that cannot even be run, beside the names of the rules of `toolscale rules`."""

Scalar = str | int | float | bool
F = TypeVar("F", bound=BaseModel)


class _Part(BaseModel):
    """A part of a draft: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DraftFact(_Part):
    """Something that the caller knows and tells when asked for it."""

    about: str = Field(min_length=1)
    value: Scalar | list[Scalar]


class DraftCall(_Part):
    """One tool with its arguments; None leaves out an argument that has a default."""

    tool: str
    arguments: dict[str, Any]

    def given(self, tools: dict[str, Tool]) -> dict[str, Any]:
        """Return the arguments without those that are left out."""
        tool = tools.get(self.tool)
        defaults = tool.parameters.defaults if tool else {}
        return {name: value for name, value in self.arguments.items() if value is not None or name not in defaults}


class DraftStep(_Part):
    """One call of the reference, as a step of an intent."""

    call: DraftCall
    as_: Name | None = Field(alias="as")
    when: str | None
    for_each: str | None
    optional: bool


class DraftStatement(_Part):
    """One thing that the caller must be told."""

    about: str = Field(min_length=1)
    kind: Literal["money", "number", "date", "time", "text"]
    value: str | int | float
    unit: str | None
    when: str | None


class DraftRefusal(_Part):
    """The wish that the agent must refuse: the call that would fulfil it, and the rule that forbids it."""

    rule: str
    wish: DraftCall


class DraftRequest(_Part):
    """One thing that the caller wants."""

    reason_for_call: str = Field(min_length=1)
    known_info: list[DraftFact]
    unknown_info: list[str]
    steps: list[DraftStep] = Field(min_length=1, max_length=MOST_STEPS)
    say: list[DraftStatement]
    refusal: DraftRefusal | None


class DraftTwist(_Part):
    """A turn in one request (from 0). A change of mind has `about` and `first_value`, a distraction its words in `text`."""

    kind: TwistKind
    request: int = Field(ge=0)
    about: str | None
    first_value: Scalar | None
    text: str | None


class Draft(_Part):
    """What a model answers."""

    requests: list[DraftRequest] = Field(min_length=1, max_length=MOST_REQUESTS)
    twist: DraftTwist | None


class RunnableRequest:
    """A drafted request as a reference run takes it. Raises Rejected where it is no step, statement or call."""

    def __init__(self, request: DraftRequest, domain: CompiledDomain, number: int) -> None:
        here = f"requests[{number}]"
        steps, said = enumerate(request.steps), enumerate(request.say)
        self.reference = [_step(step, domain, f"{here}.steps[{place}]") for place, step in steps]
        self.say = [_statement(statement, f"{here}.say[{place}]") for place, statement in said]
        self.refused: str | None = None
        self.wish: dict[str, dict[str, Any]] | None = None
        if request.refusal is not None:
            _exists(request.refusal.rule, "rule", [rule.id for rule in domain.policy.rules], f"{here}.refusal")
            _check(request.refusal.wish, domain, f"{here}.refusal.wish")
            self.refused = request.refusal.rule
            self.wish = {request.refusal.wish.tool: request.refusal.wish.given(domain.tools)}


def read_draft(value: Any) -> Draft:
    """Return the draft in a model's JSON value. Raises Rejected naming the field at fault."""
    try:
        return Draft.model_validate(value)
    except ValidationError as error:
        raise Rejected(RULE, "the answer is no draft", _first_of(error)) from None


def _first_of(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}"


def _step(step: DraftStep, domain: CompiledDomain, place: str) -> StepFormat:
    _check(step.call, domain, place)
    content = {step.call.tool: step.call.given(domain.tools), "optional": step.optional}
    content |= {name: value for name, value in (("as", step.as_), ("when", step.when)) if value}
    if step.for_each:
        content["for_each"] = step.for_each
    return _as(StepFormat, content, place)


def _statement(statement: DraftStatement, place: str) -> SayFormat:
    content = {"about": statement.about, statement.kind: statement.value}
    content |= {name: value for name, value in (("unit", statement.unit), ("when", statement.when)) if value}
    return _as(SayFormat, content, place)


def _as(kind: type[F], content: dict[str, Any], place: str) -> F:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise Rejected(RULE, f"{place} can't be read", _first_of(error)) from None


def _check(call: DraftCall, domain: CompiledDomain, place: str) -> None:
    _exists(call.tool, "tool", domain.tools, place)
    for name in call.arguments:
        _exists(name, f"parameter of {call.tool}", domain.tools[call.tool].parameters.names, place)


def _exists(name: str, kind: str, known: Iterable[str], place: str) -> None:
    if name not in known:
        raise Rejected(RULE, f"{place} names a {kind} that there is not", f"'{name}'. {nearest(name, known)}")
