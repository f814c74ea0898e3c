"""TS131: every intent makes tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.validators.registry import Finding, domain_rule
from toolscale.validators.rehearsal import Rehearsal, rehearsed

_SHOWN = 500


@domain_rule("TS131", "intents-run", rehearses=True)
def intents_run(folder: DomainFolder) -> Iterator[Finding]:
    """Each intent is in a task of the rehearsal that every task rule accepts. Each leads two of the candidates there.

    Why: an intent that is always rejected costs time in every build and adds nothing; its author believes that it is covered.

    Fails: a reference whose last call the tool refuses; a refusal whose wish breaks two rules.
    Passes: at least one of the candidates with this intent is accepted. The finding quotes what is wrong with the others.
    """
    try:
        rehearsal = rehearsed(folder)
    except DomainError:
        return  # TS101 says it
    accepted = {name for candidate in rehearsal.accepted for name in candidate.task.intents}
    for index, name in enumerate(folder.intents):
        if name not in accepted:
            yield Finding(
                f"no task with '{name}' was accepted: {_commonest(rehearsal, name)}",
                "See docs/adding-a-domain.md for what the rule asks, and mend the intent.",
                folder.place("intents.yaml", "intents", index),
            )


def _commonest(rehearsal: Rehearsal, intent: str) -> str:
    """Quote the rejection that most candidates with the intent share: where it can, one of those that have no other intent."""
    concerned = [rejection for rejection in rehearsal.rejections if intent in rejection.intents]
    reasons = Counter((rejection.rule, rejection.reason) for rejection in concerned)
    (rule, reason), times = reasons.most_common(1)[0]
    alike = [rejection for rejection in concerned if (rejection.rule, rejection.reason) == (rule, reason)]
    evidence = min(alike, key=lambda rejection: len(rejection.intents)).evidence
    return f"{rule}: {reason} ({times} of {len(concerned)}): {evidence[:_SHOWN]}"
