"""Running a reference: the steps of the chained intents, one after the other, on a live episode."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from toolscale.canonical import canonical_json
from toolscale.domain.format import SayFormat, StepFormat
from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode
from toolscale.policy import rendered
from toolscale.scoring.said import Statement
from toolscale.synthesis.provenance import Sources
from toolscale.synthesis.templates import TemplateFault, Templates
from toolscale.task import Fact, ReferenceCall, Wish


class Rejected(Exception):
    """A candidate is no task: the rule that it fails, why, and what shows it."""

    def __init__(self, rule: str, reason: str, evidence: str = "") -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
        self.evidence = evidence


class Requested(Protocol):
    """What is run of a request, whether an intent or a model's draft says it."""

    @property
    def reference(self) -> Sequence[StepFormat]:
        """The calls."""

    @property
    def say(self) -> Sequence[SayFormat]:
        """What the user must be told."""

    @property
    def refused(self) -> str | None:
        """The rule that forbids the wish, None if there is nothing to refuse."""

    @property
    def wish(self) -> Mapping[str, dict[str, Any]] | None:
        """The call that the user wants and the rule forbids."""


@dataclass(slots=True)
class ReferenceRun:
    """The reference of one candidate as it grows, request by request."""

    environment: Environment
    episode: Episode
    templates: Templates
    calls: list[ReferenceCall] = field(default_factory=list)
    statements: list[list[Statement]] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    sources: Sources = field(init=False)
    _reads: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        domain = self.environment.domain
        self.sources = Sources(policy=rendered(domain.policy), clock=domain.about.clock)

    def identify(
        self, steps: Sequence[StepFormat], binding: dict[str, Any], facts: tuple[Fact, ...], request: int
    ) -> None:
        """Run the steps that establish who calls; the names they give stay known to all later requests.

        Whether anything is done for a caller depends on who they are, so these steps decide.
        """
        self.sources.user_says(facts)
        self._run_steps(steps, dict(binding), request, self.names, decided=True)

    def request(self, intent: Requested, binding: dict[str, Any], facts: tuple[Fact, ...], request: int) -> None:
        """Run one request's steps and collect what must be said. Raises Rejected."""
        self.sources.user_says(facts)
        values = {**binding, **self.names}
        decided = intent.refused is not None or any(say.when is not None for say in intent.say)
        self._run_steps(intent.reference, values, request, values, decided=decided)
        said = []
        for say in intent.say:
            statement = self._statement(say, values)
            if statement is not None:
                said.append(statement)
        self.statements.append(said)
        if intent.wish is not None and intent.refused is not None:
            self._wish_breaks_its_rule(intent.wish, intent.refused, values)

    @property
    def end(self) -> tuple[str, list[Statement]]:
        """Where the requests so far have led: what is changed, and what the last of them must be told."""
        return self.episode.difference().canonical, self.statements[-1]

    def end_of(
        self, intent: Requested, binding: dict[str, Any], facts: tuple[Fact, ...], request: int
    ) -> tuple[str, list[Statement]] | None:
        """Return where one more request would lead, None if its reference does not run; nothing is kept of it."""
        with self.episode.branch():
            trial = copy.deepcopy(
                self, {id(shared): shared for shared in (self.environment, self.episode, self.templates)}
            )
            try:
                trial.request(intent, binding, facts, request)
            except Rejected:
                return None
            return trial.end

    def _run_steps(
        self, steps: Sequence[StepFormat], values: dict[str, Any], request: int, keep: dict[str, Any], *, decided: bool
    ) -> None:
        """Run the steps; `decided` tells that what is made of their results depends on what they are."""
        results: list[Any] = []
        for place, step in enumerate(steps):
            later = steps[place + 1 :]
            decides = decided or any(other.when is not None or other.for_each is not None for other in later)
            values["result"] = _Results(results)
            if step.when is not None and not self._value(step.when, values):
                results.append(None)
                continue
            if step.for_each is None:
                result = self._make(step, values, request, decides)
            else:
                items = self._value(step.for_each, values)
                if not isinstance(items, list):
                    raise Rejected("template", f"for_each of {step.tool} gives no list", repr(items)[:200])
                result = [self._make(step, {**values, "item": item}, request, decides) for item in items]
            results.append(result)
            if step.as_:
                values[step.as_] = keep[step.as_] = result
        values["result"] = _Results(results)

    def _make(self, step: StepFormat, values: dict[str, Any], request: int, decides: bool) -> Any:
        arguments = self._value(step.arguments, values)
        tool = self.environment.compiled.tools[step.tool]
        identity = canonical_json([step.tool, arguments])
        seen = self._reads.get(identity)
        if seen is not None and not tool.writes:
            again = self.episode.trial(step.tool, arguments)
            if again.result == self.calls[seen].result:
                self.calls[seen] = replace(self.calls[seen], decides=self.calls[seen].decides or decides)
                return again.value
        record = self.episode.call(step.tool, arguments)
        shown = f"{step.tool}({canonical_json(arguments)})"
        if not record.ok:
            raise Rejected("replays", f"the reference call {step.tool} fails", f"{shown} -> {record.result}")
        if record.broken_rules:
            raise Rejected("keeps-policy", f"the reference breaks the rule {record.broken_rules[0]}", shown)
        completed = tool.parameters.complete(arguments)
        found, missing = self.sources.of_call(tool, completed)
        if missing:
            raise Rejected("provenance", f"the argument '{missing[0]}' of {step.tool} comes from nowhere", shown)
        number = len(self.calls)
        self.calls.append(
            ReferenceCall(
                tool=step.tool,
                arguments=arguments,
                result=record.result,
                writes=record.writes,
                optional=step.optional or seen is not None,  # a second look after a change is good practice
                decides=decides,
                request=request,
                sources=found,
            )
        )
        value = record.value
        self.sources.tool_returns(number, value)
        if not record.writes:
            self._reads[identity] = number
        return value

    def _statement(self, say: SayFormat, values: dict[str, Any]) -> Statement | None:
        if say.when is not None and not self._value(say.when, values):
            return None
        about = str(self._value(say.about, values))
        value = self._value(say.value, values)
        try:
            return Statement(kind=say.kind, value=value, about=about, unit=say.unit)
        except (ValueError, TypeError) as error:
            raise Rejected(
                "criteria", f"what must be said of {about} is no {say.kind}", f"{value!r}: {error}"
            ) from None

    def _wish_breaks_its_rule(self, wish: Mapping[str, dict[str, Any]], rule: str, values: dict[str, Any]) -> None:
        tool, templates = next(iter(wish.items()))
        arguments = self._value(templates, values)
        shown = f"{tool}({canonical_json(arguments)})"
        record = self.episode.trial(tool, arguments)
        if not record.ok:
            raise Rejected("refusal", f"the tool itself refuses the wish {tool}", f"{shown} -> {record.result}")
        if record.broken_rules != (rule,):
            broken = ", ".join(record.broken_rules) or "none"
            raise Rejected("refusal", f"the wish breaks {broken} and not just {rule}", shown)
        self.wishes.append(Wish(rule, len(self.calls), tool, arguments))

    def _value(self, template: Any, values: dict[str, Any]) -> Any:
        try:
            return self.templates.value(template, values)
        except TemplateFault as fault:
            raise Rejected("template", "a template of the reference does not render", str(fault)) from None


class _Results(list[Any]):
    """Results by step; [-1] is that of the last step that ran."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int) and index < 0:
            return [result for result in self if result is not None][index]
        return super().__getitem__(index)
