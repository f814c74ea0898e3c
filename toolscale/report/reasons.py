"""The commonest reasons of a build's rejections."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from toolscale.shards.build import Build

MOST_REASONS = 100
_EVIDENCE_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for which `candidates` of a domain were rejected by a rule; `evidence` is the beginning of the first one's."""

    domain: str
    rule: str
    reason: str
    candidates: int
    evidence: str


def commonest_reasons(build: Build) -> list[Reason]:
    """Return the commonest reasons, at most 100, the commonest first; equal ones stand in the order of the rows."""
    counted: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], str] = {}
    for row in build.rows("rejections", columns=["domain", "rule", "reason", "evidence"]):
        key = (row["domain"], row["rule"], row["reason"])
        counted[key] += 1
        examples.setdefault(key, row["evidence"][:_EVIDENCE_SHOWN])
    return [Reason(*key, count, examples[key]) for key, count in counted.most_common(MOST_REASONS)]
