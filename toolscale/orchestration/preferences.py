"""The preferences of `data/preferences.yaml`: pairs of words and weights, what each claims, and the vector for one task."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolscale.environment.builtin import CALCULATE
from toolscale.errors import Place, ToolscaleError
from toolscale.orchestration.offer import ACCURACY, ASPECTS, COST, LATENCY, Expert

Entry = Literal[
    "accuracy", "cost", "latency", "tools", "tools.reads", "tools.calculate", "experts", "experts.code", "experts.maths",
    "experts.generalist", "experts.small", "experts.large", "experts.closed", "experts.open",
]  # fmt: skip
Claim = Annotated[str, Field(pattern=r"^[a-z.]+ (high|low)$")]
HIGH, LOW = 0.75, 0.25
NEUTRAL = {ACCURACY: 0.5, COST: 0.5, LATENCY: 0.5}
_FILE = "data/preferences.yaml"
_Share = Annotated[float, Field(ge=0, le=1)]


class _Format(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Pair(_Format):
    """One kind of preference: several wordings, and the weights that all of them mean."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    use: Literal["train", "test"] = Field(alias="for")
    weights: dict[Entry, _Share] = Field(min_length=1)
    says: list[str] = Field(min_length=1)

    @property
    def claims(self) -> frozenset[str]:
        """What the weights claim, such as "cost high"; a weight in the middle claims nothing."""
        return frozenset(_claims(self.weights))

    def fits(self, tools: Sequence[str], experts: Sequence[Expert]) -> bool:
        """Return whether a task with these tools and experts can tell this pair from others.

        Experts that are treated apart are there, and so are others if they are to be avoided.
        """
        for entry, weight in self.weights.items():
            if entry == "tools.calculate" and CALCULATE not in tools:
                return False
            if not entry.startswith("experts."):
                continue
            matching = sum(_is(expert, entry) for expert in experts)
            if not matching or (weight <= LOW and matching == len(experts)):
                return False
        return True

    def vector(self, tools: Sequence[str], reads: Sequence[str], experts: Sequence[Expert]) -> dict[str, float]:
        """Return P for one task: a weight for each tool, expert and aspect; `reads` are the tools that only read."""
        own: dict[str, float] = {str(entry): weight for entry, weight in self.weights.items()}
        weights: dict[str, float] = {}
        for tool in tools:
            special = "tools.calculate" if tool == CALCULATE else "tools.reads" if tool in reads else "tools"
            weights[tool] = own.get(special, own.get("tools", 0.0))
        for expert in experts:
            apart = [weight for entry, weight in own.items() if entry.startswith("experts.") and _is(expert, entry)]
            weights[expert.name] = min(apart) if apart else own.get("experts", 0.0)
        return {**weights, **{aspect: own.get(aspect, NEUTRAL[aspect]) for aspect in ASPECTS}}


class Preferences(_Format):
    """All pairs, and the words by what they claim."""

    words: dict[Claim, list[str]]
    pairs: list[Pair] = Field(min_length=1)

    def of_use(self, use: Literal["train", "test"]) -> list[Pair]:
        """Return the pairs for training, or those for tests."""
        return [pair for pair in self.pairs if pair.use == use]

    def claimed(self, text: str) -> frozenset[str]:
        """Return what words claim, such as {"cost high", "latency low"}: the longer of two overlapping matches wins."""
        taken: list[tuple[int, int]] = []
        claims: dict[tuple[int, int], set[str]] = {}
        for span, claim in sorted(self._matches(text), key=lambda match: (match[0][0] - match[0][1], match)):
            if span in claims or not any(span[0] < end and start < span[1] for start, end in taken):
                taken.append(span)
                claims.setdefault(span, set()).add(claim)
        return frozenset(claim for found in claims.values() for claim in found)

    def _matches(self, text: str) -> Iterator[tuple[tuple[int, int], str]]:
        plain = text.replace("\u2019", "'")
        for claim, expressions in self.words.items():
            for expression in expressions:
                for found in _compiled(expression).finditer(plain):
                    yield found.span(), claim

    def faults(self, pair: Pair) -> list[str]:
        """Return a line for each wording of a pair that does not claim what its weights claim."""
        found = []
        for text in pair.says:
            words = self.claimed(text)
            if words != pair.claims:
                found.append(f"{pair.id}: '{text}' says {_listed(words)}, its weights say {_listed(pair.claims)}")
        return found


def aspects_claimed(weights: Mapping[str, float]) -> set[str]:
    """Return what a vector claims of accuracy, cost and latency."""
    return _claims({aspect: weights[aspect] for aspect in ASPECTS if aspect in weights})


def _claims(weights: Mapping[Any, float]) -> set[str]:
    return {
        f"{name} {'high' if weight >= HIGH else 'low'}" for name, weight in weights.items() if not LOW < weight < HIGH
    }


def _listed(claims: frozenset[str]) -> str:
    return ", ".join(sorted(claims)) or "nothing"


def _is(expert: Expert, entry: str) -> bool:
    what = entry.removeprefix("experts.")
    if what in ("closed", "open"):
        return expert.closed == (what == "closed")
    return what in (expert.kind, expert.size)


@functools.cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{expression})(?!\w)", re.IGNORECASE)


def read(text: str) -> Preferences:
    """Return the preferences of a file's text. Raises ToolscaleError naming the field that does not read."""
    try:
        content: Mapping[str, object] = yaml.safe_load(text)
        return Preferences.model_validate(content)
    except (ValidationError, yaml.YAMLError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        cause = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise ToolscaleError(cause, remedy="Correct the preferences.", place=Place(_FILE)) from None


@functools.cache
def preferences() -> Preferences:
    """Return the preferences of `data/preferences.yaml`. Raises ToolscaleError naming the field that does not read."""
    return read((resources.files("toolscale") / "data" / "preferences.yaml").read_text(encoding="utf-8"))
