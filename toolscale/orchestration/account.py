"""The account of an episode: every tool call and every model's answer, with tokens, dollars and seconds.

Seconds are counted from what models write and how fast they are, never waited for, so that an account is the same on any machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from toolscale.orchestration.offer import Expert, PricedModel

CHARACTERS_PER_TOKEN = 4
"""Where nobody counted: about right for English and JSON in current tokenizers."""
TOOL_SECONDS = 0.05
"""What one call of a tool of the environment is taken to last, in seconds."""

_JSON = json.JSONEncoder(ensure_ascii=False)  # as json.dumps, which makes one for each call that is not ASCII

Who = Literal["orchestrator", "expert", "tool"]


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer of a model took: tokens sent and received; dollars and seconds, None to have them from its price."""

    tokens_in: int
    tokens_out: int
    dollars: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the account."""

    who: Who
    name: str
    tokens_in: int
    tokens_out: int
    dollars: float
    seconds: float


@dataclass(slots=True)
class Account:
    """The postings of one episode, in their order."""

    postings: list[Posting] = field(default_factory=list)

    @property
    def dollars(self) -> float:
        """What everything cost, in dollars."""
        return sum(posting.dollars for posting in self.postings)

    @property
    def seconds(self) -> float:
        """How long everything took, one after the other, in seconds."""
        return sum(posting.seconds for posting in self.postings)

    def tokens(self, who: Who | None = None) -> tuple[int, int]:
        """Return the tokens sent and received, of all models or of those of one kind."""
        chosen = [posting for posting in self.postings if who in (None, posting.who)]
        return sum(posting.tokens_in for posting in chosen), sum(posting.tokens_out for posting in chosen)

    def counts(self) -> dict[str, int]:
        """Return how often each tool was called and each expert asked, also in vain: n_i of the paper."""
        counts: dict[str, int] = {}
        for posting in self.postings:
            if posting.who != "orchestrator":
                counts[posting.name] = counts.get(posting.name, 0) + 1
        return counts

    def tool_called(self, name: str) -> None:
        """Post one call of a tool."""
        self.postings.append(Posting("tool", name, 0, 0, 0.0, TOOL_SECONDS))

    def expert_asked(self, expert: Expert, usage: Usage) -> None:
        """Post one answer of an expert."""
        self.postings.append(_posting("expert", expert.name, expert, usage))

    def orchestrator_answered(self, model: PricedModel | None, usage: Usage) -> None:
        """Post one message of the model that plays the agent; without a price it costs what `usage` says, or nothing."""
        self.postings.append(_posting("orchestrator", model.name if model else "orchestrator", model, usage))


def _posting(who: Who, name: str, model: PricedModel | None, usage: Usage) -> Posting:
    listed = (0.0, 0.0)
    if model is not None:
        listed = model.dollars(usage.tokens_in, usage.tokens_out), model.seconds(usage.tokens_out)
    dollars = listed[0] if usage.dollars is None else usage.dollars
    seconds = listed[1] if usage.seconds is None else usage.seconds
    return Posting(who, name, usage.tokens_in, usage.tokens_out, dollars, seconds)


def estimated_tokens(characters: int) -> int:
    """Return about how many tokens so many characters are."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def characters(shown: Sequence[Mapping[str, Any]]) -> int:
    """Return how many characters messages or tool schemas are, as a model reads them."""
    return sum(_length(item) for item in shown)


def _length(item: Mapping[str, Any]) -> int:
    if "role" not in item:
        return len(_JSON.encode(item))
    calls = item.get("tool_calls")
    return len(str(item.get("content") or "")) + (len(_JSON.encode(calls)) if calls else 0)
