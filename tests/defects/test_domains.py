"""Planted faults in a domain: each is caught by the rule that was made for it, and the untouched domain passes that rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from toolscale.domain import DomainFolder, load
from toolscale.validators import Finding, domain_rules


@dataclass(frozen=True, slots=True)
class Fault:
    """One change that spoils a domain, and the name of the rule that finds it."""

    fault: str
    rule: str
    file: str
    old: str
    new: str

    def plant(self, folder: Path) -> None:
        path = folder / self.file
        text = path.read_text()
        assert self.old in text
        path.write_text(text.replace(self.old, self.new, 1) if self.old else text + self.new)


FAULTS = [Fault(**entry) for entry in yaml.safe_load(Path(__file__).with_name("domain_faults.yaml").read_text())]
RULES = {rule.name: rule for rule in domain_rules()}


def findings(rule: str, folder: DomainFolder) -> list[Finding]:
    return list(RULES[rule].check(folder))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule}: {fault.fault}")
def test_a_planted_fault_is_found_by_its_rule(fault: Fault, copy: Path) -> None:
    fault.plant(copy)
    found = findings(fault.rule, load(str(copy)))
    assert found
    assert all(finding.cause and finding.remedy for finding in found)
    assert any(finding.place and Path(finding.place.file).parent == copy for finding in found)


@pytest.mark.parametrize("rule", RULES)
def test_the_untouched_domain_passes_every_rule(rule: str, library: DomainFolder) -> None:
    assert findings(rule, library) == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.rule != "loads"], ids=lambda fault: fault.fault)
def test_what_another_rule_finds_is_nothing_that_keeps_a_domain_from_loading(fault: Fault, copy: Path) -> None:
    fault.plant(copy)
    assert findings("loads", load(str(copy))) == []


def test_a_rule_of_every_kind_has_its_faults() -> None:
    planted = Counter(fault.rule for fault in FAULTS)
    assert planted.keys() == RULES.keys()
    assert min(planted.values()) >= 2
