"""The funnel of a model's work: how many were drafted, mended, accepted, evolved, rewritten, and each fault by its kind.

It is counted from answers, wherever they came from: a build that is made again from the cache counts the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from toolscale.models.faults import Malformed
from toolscale.models.request import ModelAnswer

Stage = Literal["draft", "repair", "evolve", "rewrite"]
Step = Literal[
    "drafted",
    "accepted at once",
    "accepted after repair",
    "accepted",
    "evolved",
    "kept as drafted",
    "rewritten",
    "kept words",
]


@dataclass(slots=True)
class Funnel:
    """Counts of one candidate, one unit of work or one build."""

    steps: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """By stage and kind, as "draft: provenance": a rule that a draft failed, or what was wrong with an answer."""
    answers: Counter[str] = field(default_factory=Counter)
    tokens_in: Counter[str] = field(default_factory=Counter)
    tokens_out: Counter[str] = field(default_factory=Counter)

    def step(self, step: Step) -> None:
        """Count a step that a candidate has come to."""
        self.steps[step] += 1

    def fault(self, stage: Stage, kind: str) -> None:
        """Count a fault."""
        self.faults[f"{stage}: {kind}"] += 1

    def answered(self, stage: Stage, answer: ModelAnswer) -> None:
        """Count an answer and its tokens, with those of the exchanges that led to it."""
        self.answers[stage] += 1
        self.tokens_in[stage] += answer.tokens_in
        self.tokens_out[stage] += answer.tokens_out
        if answer.repairs:
            self.faults[f"{stage}: {Malformed.kind}, asked again"] += answer.repairs

    def add(self, other: Funnel) -> None:
        """Add the counts of another one."""
        for name in self.__dataclass_fields__:
            getattr(self, name).update(getattr(other, name))

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values, by name."""
        return {name: dict(sorted(getattr(self, name).items())) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, content: Mapping[str, Mapping[str, int]]) -> Funnel:
        """Return the funnel of `as_json`."""
        return cls(**{name: Counter(counts) for name, counts in content.items()})
