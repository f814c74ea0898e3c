"""TS115: no caller gets at what belongs to another."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.synthesis.author import Accepted
from toolscale.task import ReferenceCall
from toolscale.validators.ownership import NOBODY, Ownership
from toolscale.validators.registry import Finding, domain_rule
from toolscale.validators.rehearsal import Rehearsal, rehearsed

MOST_OF_A_TOOL = 4
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class _Made:
    """A call of a reference: whose task it is, and where in the reference it stands."""

    candidate: Accepted
    caller: Any
    number: int

    @property
    def made(self) -> ReferenceCall:
        """The call itself."""
        return self.candidate.task.reference[self.number]


@domain_rule("TS115", "callers-apart", rehearses=True)
def callers_apart(folder: DomainFolder) -> Iterator[Finding]:
    """With one caller identified, a call about another one fails, breaks a rule, or tells and changes nothing of theirs.

    In a task of one caller, just before a call of its reference, the same call is tried with what another caller's task holds
    there: whole, and with the first caller's own key. What is another's: their key, their e-mail address and the like, and each
    row that points at them. No reference call returns such things either. Callers who stand in one row know each other.

    Exempt are the tools that identify callers, and those that the policy opens to everybody: a rule that applies to them and
    has neither predicate nor confirm.

    Why: who is called Smith hears of the other Smith's loan, and the scorer applauds.

    Fails: `broken_if` asks whether some member was found, and not whether it is this one; a list of all bookings of a day.
    Passes: `:owner_member_id NOT IN (SELECT result ->> 'member_id' FROM calls WHERE tool = 'find_member')`.
    """
    try:
        rehearsal = rehearsed(folder)
    except DomainError:
        return  # TS101 says it
    owned = Ownership(rehearsal.environment)
    identifying = {step.tool for way in folder.caller.ways for step in way.reference}
    opened = {tool for rule in folder.domain.policy if not (rule.broken_if or rule.confirm) for tool in rule.applies_to}
    made = _calls_by_tool(rehearsal, owned, identifying)
    for tool in folder.domain.tools:
        if tool in identifying or tool in opened:
            continue
        fault = _fault(rehearsal, owned, tool, made.get(tool, ()))
        if fault:
            yield Finding(
                f"{tool} {fault}",
                "Let a rule judge whose row it is, or open the tool by a rule with applies_to and neither predicate nor confirm.",
                folder.place("tools.yaml", tool),
            )


def _calls_by_tool(rehearsal: Rehearsal, owned: Ownership, identifying: set[str]) -> dict[str, list[_Made]]:
    """Return the reference calls of the tasks whose caller is identified, by tool."""
    made: dict[str, list[_Made]] = {}
    for candidate in rehearsal.accepted:
        reference = candidate.task.reference
        told = [[call.arguments, json.loads(call.result)] for call in reference if call.tool in identifying]
        named = owned.callers_of(told)
        callers = NOBODY.union(*named[:1]).intersection(*named)
        for caller in callers if len(callers) == 1 else ():
            for number, call in enumerate(reference):
                made.setdefault(call.tool, []).append(_Made(candidate, caller, number))
    return made


def _fault(rehearsal: Rehearsal, owned: Ownership, tool: str, made: Sequence[_Made]) -> str | None:
    """Return what is wrong with a tool, if anything is."""
    for call in made:
        value = owned.another(json.loads(call.made.result), call.caller)
        if value is not None:
            return f"returns {value}, which is another caller's, to {call.caller}: {call.made.result[:_SHOWN]}"
    for own in _of_different_callers(made):
        others = _of_different_callers([call for call in made if call.caller != own.caller])
        with rehearsal.environment.episode() as episode:
            for before in own.candidate.task.reference[: own.number]:
                episode.call(before.tool, before.arguments)
            for arguments in itertools.chain(*(_attempts(other, own.caller) for other in others)):
                record = episode.trial(tool, arguments)
                value = owned.another([arguments, record.value], own.caller)
                if record.ok and not record.broken_rules and value is not None:
                    shown = f"{tool}({canonical_json(arguments)}) gives {record.result[:_SHOWN]}"
                    return f"reaches {value}, which is another caller's, for {own.caller}: {shown}"
    return None


def _of_different_callers(made: Sequence[_Made]) -> list[_Made]:
    return list({call.caller: call for call in made}.values())[:MOST_OF_A_TOOL]


def _attempts(other: _Made, own: Any) -> Iterator[dict[str, Any]]:
    """Yield another caller's arguments: as they are, and with the own key in place of theirs."""
    arguments = other.made.arguments
    yield arguments
    if other.caller in arguments.values():
        yield {name: own if value == other.caller else value for name, value in arguments.items()}
