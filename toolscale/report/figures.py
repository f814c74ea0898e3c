"""The figures of a build: what its manifest counts, and the distribution of calls, as the report's tables show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from toolscale.report.reasons import Reason, commonest_reasons
from toolscale.shards.build import Build

LEVELS = ("easy", "medium", "hard")
RARELY = 5
"""A tool or rule that fewer tasks exercise is called rarely used."""
_MOST_CALLS = 20


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many tasks of a domain exercise a tool or a policy rule."""

    name: str
    tasks: int

    @property
    def rare(self) -> bool:
        """Whether it is rarely used."""
        return self.tasks < RARELY


@dataclass(frozen=True, slots=True)
class DomainFigures:
    """What came of one domain. Counts are of tasks but for `drawn` and `rejected`, which are of candidates; shares are 0 to 1."""

    name: str
    version: str
    drawn: int
    accepted: int
    rejected: dict[str, int]
    levels: dict[str, int]
    twists: dict[str, int]
    refused: int
    conditional: int
    joined_and_deep: int
    calls_mean: float
    calls_most: int
    sequences: int
    top_sequence_share: float
    similar_text_share: float
    tools: tuple[Coverage, ...]
    rules: tuple[Coverage, ...]

    @property
    def share(self) -> float:
        """Accepted tasks by drawn candidates."""
        return self.accepted / self.drawn if self.drawn else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of a build; `calls` has how many tasks need so many calls, the last entry for that many or more."""

    domains: tuple[DomainFigures, ...]
    rules: tuple[str, ...]
    calls: tuple[tuple[int, int], ...]
    calls_open_ended: bool
    reasons: tuple[Reason, ...]
    manifest: dict[str, Any]

    @property
    def drawn(self) -> int:
        """Candidates drawn in all domains."""
        return sum(domain.drawn for domain in self.domains)

    @property
    def accepted(self) -> int:
        """Candidates accepted in all domains."""
        return sum(domain.accepted for domain in self.domains)

    def rejected_by(self, rule: str) -> int:
        """Return the candidates that a rule rejected in all domains."""
        return sum(domain.rejected.get(rule, 0) for domain in self.domains)

    @property
    def rarely_used(self) -> int:
        """Tools and rules, over all domains, that fewer than five tasks exercise."""
        return sum(item.rare for domain in self.domains for item in (*domain.tools, *domain.rules))


def figures(build: Build) -> Figures:
    """Return the figures of a build. Of the rows, two columns are read: the tasks' difficulty and the rejections' reasons."""
    domains = tuple(_domain(name, content) for name, content in build.manifest["domains"].items())
    rejecting: Counter[str] = Counter()
    for domain in domains:
        rejecting.update(domain.rejected)
    calls = Counter(int(row["difficulty"]["calls"]) for row in build.rows("tasks", columns=["difficulty"]))
    open_ended = max(calls, default=0) > _MOST_CALLS
    most = min(max(calls, default=0), _MOST_CALLS)
    distribution = [(number, calls[number]) for number in range(min(calls, default=1), most)]
    distribution.append((most, sum(count for number, count in calls.items() if number >= most)))
    return Figures(
        domains=domains,
        rules=tuple(sorted(rejecting, key=lambda rule: (-rejecting[rule], rule))),
        calls=tuple(distribution),
        calls_open_ended=open_ended,
        reasons=tuple(commonest_reasons(build)),
        manifest=build.manifest,
    )


def _domain(name: str, content: dict[str, Any]) -> DomainFigures:
    measured = content["diversity"]
    return DomainFigures(
        name=name,
        version=content["version"],
        drawn=content["drawn"],
        accepted=content["accepted"],
        rejected=content["rejected"],
        levels={level: content["levels"].get(level, 0) for level in LEVELS},
        twists=content["twists"],
        refused=content["refused"],
        conditional=content["conditional"],
        joined_and_deep=content["joined_and_deep"],
        calls_mean=content["calls"]["mean"],
        calls_most=content["calls"]["most"],
        sequences=measured["sequences"],
        top_sequence_share=measured["top_sequence_share"],
        similar_text_share=measured["similar_text_share"],
        tools=_coverage(measured["tools"]),
        rules=_coverage(measured["rules"]),
    )


def _coverage(counts: dict[str, int]) -> tuple[Coverage, ...]:
    return tuple(Coverage(name, count) for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
