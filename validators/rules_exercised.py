"""TS121: every rule of the policy that can be judged is kept in some task, and broken by some wrong one."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.domain.format import IntentFormat
from toolscale.errors import DomainError
from toolscale.validators.registry import Finding, domain_rule
from toolscale.validators.rehearsal import Rehearsal, rehearsed


@domain_rule("TS121", "rules-exercised", rehearses=True)
def rules_exercised(folder: DomainFolder) -> Iterator[Finding]:
    """Each rule with a predicate judges a call of an allowed intent, which keeps it, and is broken by a call of the rehearsal.

    What breaks it is the wish of a refusal or a mutant. The twin of each refusal calls a tool that the refused rule judges.

    Why: a predicate that nothing ever breaks may be wrong in any way, and nobody would notice. A rule that no allowed intent
    keeps teaches to refuse whatever comes near it.

    Fails: `broken_if: ":amount > 10000"` where no tool takes more than 5,000; a refusal whose twin does something else.
    Passes: one intent pays 200 and is served, its twin pays 20,000 and is refused.
    """
    try:
        rehearsal = rehearsed(folder)
    except DomainError:
        return  # TS101 says it
    kept, broken = _kept(folder, rehearsal), _broken(rehearsal)
    for index, rule in enumerate(folder.domain.policy):
        if rule.broken_if is None:
            continue
        place = folder.place("policy.yaml", index, "broken_if")
        if rule.id not in kept:
            tools = ", ".join(rule.applies_to)
            yield Finding(
                f"no allowed request of the rehearsal makes a call that '{rule.id}' judges ({tools})",
                "Write an intent that makes such a call and keeps the rule.",
                place,
            )
        if rule.id not in broken:
            yield Finding(
                f"nothing in the rehearsal breaks '{rule.id}': no wish, no mutant",
                "Write a refusal whose wish breaks it; or does the predicate never become true?",
                place,
            )
    for index, intent in enumerate(folder.intents.values()):
        yield from _twin_does_something_else(folder, index, intent)


def _kept(folder: DomainFolder, rehearsal: Rehearsal) -> set[str]:
    """Return the rules that judge a call which an allowed intent's reference makes: a reference breaks none."""
    policy = rehearsal.environment.compiled.policy
    return {
        rule
        for accepted in rehearsal.accepted
        for call in accepted.task.reference
        if folder.intents[accepted.task.intents[call.request]].refused is None
        for rule in policy.rules_of(call.tool)
    }


def _broken(rehearsal: Rehearsal) -> set[str]:
    """Return the rules that a wish or a mutant breaks."""
    wished = {wish.rule for accepted in rehearsal.accepted for wish in accepted.task.wishes}
    return wished | {rule for record in rehearsal.records for rule in record.broken_rules}


def _twin_does_something_else(folder: DomainFolder, index: int, intent: IntentFormat) -> Iterator[Finding]:
    if intent.refused is None or intent.twin is None:
        return
    rule = next((rule for rule in folder.domain.policy if rule.id == intent.refused), None)
    twin = folder.intents.get(intent.twin)
    if rule is None or twin is None:
        return  # TS101 says it
    if not any(step.tool in rule.applies_to for step in twin.reference):
        yield Finding(
            f"the twin of '{intent.id}', '{twin.id}', calls no tool that the rule '{rule.id}' judges",
            f"Name a twin that calls {' or '.join(rule.applies_to)} and keeps the rule.",
            folder.place("intents.yaml", "intents", index, "twin"),
        )
