"""What a task offers an orchestrator beside its environment: experts, their prices, and the user's preference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ASK_EXPERT = "ask_expert"
"""The tool through which every expert is asked."""
ACCURACY, COST, LATENCY = "accuracy", "cost", "latency"
ASPECTS = (ACCURACY, COST, LATENCY)
"""What a preference weighs beside tools and experts."""

ExpertKind = Literal["generalist", "code", "maths"]
Size = Literal["small", "medium", "large"]


@dataclass(frozen=True, slots=True)
class PricedModel:
    """A model at a provider: dollars per million tokens, tokens per second, seconds until the first one."""

    name: str
    provider: str
    dollars_in: float
    dollars_out: float
    tokens_per_second: float
    seconds_to_first_token: float

    def dollars(self, tokens_in: int, tokens_out: int) -> float:
        """Return what an exchange costs, in dollars."""
        return (tokens_in * self.dollars_in + tokens_out * self.dollars_out) / 1e6

    def seconds(self, tokens_out: int) -> float:
        """Return how long an answer takes, in seconds."""
        return self.seconds_to_first_token + tokens_out / self.tokens_per_second


@dataclass(frozen=True, slots=True)
class Expert(PricedModel):
    """A model that the agent may ask; it is `closed` if only its maker sells it."""

    kind: ExpertKind
    size: Size
    closed: bool
    description: str

    @property
    def seller(self) -> str:
        """What a description says of who sells it: nothing if anybody may."""
        return f", sold by {self.provider}" if self.closed else ""


@dataclass(frozen=True, slots=True)
class Preference:
    """What the user prefers: in words, and as the vector P of the paper by the name of each entry, from 0 to 1."""

    pair: str
    instruction: str
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Orchestration:
    """The experts of a task with the prices of one provider, the small model's own price, and the preference.

    `priced_on` is the date of the provider's price list.
    """

    provider: str
    priced_on: str
    orchestrator: PricedModel
    experts: tuple[Expert, ...]
    preference: Preference

    @property
    def described(self) -> tuple[tuple[PricedModel, str], ...]:
        """The experts, then the small model, each with what people are told that it is."""
        experts = tuple((one, f"{one.size} {one.kind}{one.seller}") for one in self.experts)
        return (*experts, (self.orchestrator, "the small model itself"))

    def expert(self, name: str) -> Expert | None:
        """Return the expert of this name, None if the task does not offer it."""
        return next((expert for expert in self.experts if expert.name == name), None)
