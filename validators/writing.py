"""Judging a domain that is being written: the faults that its author, a model, is sent back."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from toolscale.authoring.domain_steps import LOADS, Fault, shown
from toolscale.domain.folder import DomainFolder
from toolscale.validators.registry import domain_rules, judge_domain


def faults(folder: DomainFolder, codes: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of a folder by the rules of these codes, by every rule if there is none.

    A folder that does not load has one fault.
    """
    ignored = {rule.code for rule in domain_rules()} - set(codes) if codes else set()
    for rule, finding in judge_domain(folder, ignored):
        yield Fault(rule.code, shown(finding.place, folder.path), finding.cause, finding.remedy, rule.explanation)
        if rule.code == LOADS:
            return
