"""The accounts: tokens, dollars, retries and faults of every call, by stage and model; and the budget."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

CHARACTERS_PER_TOKEN = 4
"""Of English text, about; only for what no endpoint has counted."""


@dataclass(slots=True)
class Spending:
    """What one stage has used of one model."""

    answers: int = 0
    """Answers that could be used, paid or from the cache."""
    paid: int = 0
    """Exchanges that were paid for; repairs are exchanges of their own."""
    from_cache: int = 0
    """Exchanges that the cache answered."""
    tokens_in: int = 0
    tokens_out: int = 0
    dollars: float = 0.0
    seconds: float = 0.0
    """Summed over the paid exchanges, which overlap."""
    retries: int = 0
    repairs: int = 0
    mended: Counter[str] = field(default_factory=Counter)
    """Faults that a retry or a repair has mended or tried to, by kind."""
    faults: Counter[str] = field(default_factory=Counter)
    """Requests that got no answer, by kind."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What requests would cost, before anything is spent."""

    requests: int
    cached: int
    """Requests whose first exchange is in the cache: they cost nothing."""
    tokens_in: int
    tokens_out: int
    dollars: float | None
    """None if the model has no price."""

    def __add__(self, other: Estimate) -> Estimate:
        dollars = None if self.dollars is None or other.dollars is None else self.dollars + other.dollars
        return Estimate(
            self.requests + other.requests,
            self.cached + other.cached,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            dollars,
        )


class Ledger:
    """The accounts of one run; several clients may share one, and then share its budget."""

    def __init__(self, budget_usd: float | None = None) -> None:
        self.budget_usd = budget_usd
        self.spending: dict[tuple[str, str], Spending] = {}
        self.notes: dict[str, None] = {}
        """What people should be told, each once."""
        self._reserved: list[float] = []

    def of(self, stage: str, model: str) -> Spending:
        """Return the account of a stage and a model."""
        return self.spending.setdefault((stage, model), Spending())

    def note(self, text: str) -> bool:
        """Keep a note; return whether it is new."""
        new = text not in self.notes
        self.notes[text] = None
        return new

    @property
    def dollars(self) -> float:
        """What was spent so far."""
        return math.fsum(spent.dollars for spent in self.spending.values())

    @property
    def faults(self) -> Counter[str]:
        """Requests that got no answer, by kind, over all stages."""
        return sum((spent.faults for spent in self.spending.values()), Counter[str]())

    def reserve(self, dollars: float) -> bool:
        """Set money aside for an exchange; return False, and set none aside, if the budget does not hold it."""
        if self.budget_usd is None:
            return True
        if self.dollars + math.fsum([*self._reserved, dollars]) > self.budget_usd:
            return False
        self._reserved.append(dollars)
        return True

    def release(self, dollars: float) -> None:
        """Give back what was set aside for an exchange that is over."""
        if self.budget_usd is not None:
            self._reserved.remove(dollars)

    @property
    def waiting(self) -> bool:
        """Whether money is set aside for exchanges in flight, some of which may come back."""
        return bool(self._reserved)

    def dollars_per_answer(self) -> float:
        """Return what an answer has cost so far on average, 0 before the first."""
        answers = sum(spent.answers for spent in self.spending.values() if spent.paid)
        return self.dollars / answers if answers else 0.0

    def to_go_on(self, left: int, what: str = "requests", each: float | None = None) -> str:
        """Return what it would take to do what is left, for people; `each` is what one costs; None: as answers did so far."""
        each = self.dollars_per_answer() if each is None else each
        more = each * left
        return (
            f"${self.dollars:.4f} of ${self.budget_usd or 0:.4f} is spent. {left} {what} are left: about ${more:.4f} more "
            f"(${each:.6f} each). Give --budget-usd {_ceiling(more)} to go on; what is paid for is kept in the cache."
        )

    def as_json(self) -> dict[str, Any]:
        """Return the accounts as JSON values."""
        return {
            "dollars": round(self.dollars, 6),
            "budget_usd": self.budget_usd,
            "stages": [
                {
                    "stage": stage,
                    "model": model,
                    "answers": spent.answers,
                    "paid": spent.paid,
                    "from_cache": spent.from_cache,
                    "tokens_in": spent.tokens_in,
                    "tokens_out": spent.tokens_out,
                    "dollars": round(spent.dollars, 6),
                    "retries": spent.retries,
                    "repairs": spent.repairs,
                    "mended": dict(sorted(spent.mended.items())),
                    "faults": dict(sorted(spent.faults.items())),
                }
                for (stage, model), spent in sorted(self.spending.items())
            ],
            "notes": list(self.notes),
        }


def _ceiling(dollars: float) -> str:
    """Round a sum up to two digits that matter, so that it is enough."""
    if dollars <= 0:
        return "more"
    step = 10.0 ** (math.floor(math.log10(dollars)) - 1)
    return f"{math.ceil(dollars / step) * step:.10f}".rstrip("0").rstrip(".")
