"""Shares with their uncertainty: Wilson's interval, and pass^k."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a number of trials succeeded, with Wilson's 95 % interval."""

    hits: int
    trials: int

    @property
    def value(self) -> float:
        """The share itself; 0 without trials."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval at 95 % (Wilson 1927); all of [0, 1] without trials."""
        if not self.trials:
            return 0.0, 1.0
        square = _Z95**2
        centre = self.value + square / (2 * self.trials)
        spread = _Z95 * math.sqrt(self.value * (1 - self.value) / self.trials + square / (4 * self.trials**2))
        scale = 1 + square / self.trials
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.1%} ({low:.1%} to {high:.1%})"


def pass_hat(solved: Sequence[int], attempts: int, k: int) -> float:
    """Return pass^k: the probability that k attempts at a task, drawn from those made, all solve it; mean over tasks.

    With c of n attempts solved it is C(c, k) / C(n, k) (Yao et al. 2024, tau-bench, arXiv 2406.12045, section 3).
    `solved` has c of each task. Raises ValueError if k is above the number of attempts.
    """
    if k > attempts:
        raise ValueError(f"pass^{k} needs {k} attempts at each task, there were {attempts}")
    ways = math.comb(attempts, k)
    return sum(math.comb(hits, k) / ways for hits in solved) / len(solved) if solved else 0.0
