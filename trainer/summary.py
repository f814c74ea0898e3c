"""Attempts added up: success with its interval, pass^k, money, time and preference, of all attempts and of parts of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from toolscale.trainer.failures import FAILURES
from toolscale.trainer.intervals import Share, pass_hat
from toolscale.trainer.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Summary:
    """A number of attempts. Dollars, seconds, preference, calls and turns are means over attempts."""

    success: Share
    passes: tuple[float, ...]
    dollars: float
    dollars_per_solved: float | None
    seconds: float
    preference: float
    calls: float
    turns: float
    malformed: float
    experts: dict[str, float]
    """The share of the calls that asked this expert."""
    failures: dict[str, int]

    def as_row(self) -> dict[str, object]:
        """Return the figures for JSON; `passes` are pass^1, pass^2 ..."""
        low, high = self.success.interval
        return {
            "success": self.success.value,
            "low": low,
            "high": high,
            "solved": self.success.hits,
            "attempts": self.success.trials,
            "pass_hat": list(self.passes),
            "dollars": self.dollars,
            "dollars_per_solved": self.dollars_per_solved,
            "seconds": self.seconds,
            "preference": self.preference,
            "calls": self.calls,
            "turns": self.turns,
            "malformed": self.malformed,
            "experts": self.experts,
            "failures": self.failures,
        }


def summary(outcomes: Sequence[Outcome]) -> Summary:
    """Return the figures of some attempts. Each task must have been tried equally often."""
    count = len(outcomes)
    solved = Share(sum(one.solved for one in outcomes), count)
    by_task: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    for one in outcomes:
        by_task[one.task_id] += one.solved
        tries[one.task_id] += 1
    attempts = min(tries.values(), default=0)
    dollars = sum(one.dollars for one in outcomes)
    calls = sum(one.calls for one in outcomes)
    asked: Counter[str] = Counter()
    for one in outcomes:
        asked.update(one.asked)
    failed = Counter(one.failure for one in outcomes if one.failure is not None)
    return Summary(
        success=solved,
        passes=tuple(pass_hat([by_task[name] for name in tries], attempts, k) for k in range(1, attempts + 1)),
        dollars=dollars / count if count else 0.0,
        dollars_per_solved=dollars / solved.hits if solved.hits else None,
        seconds=_mean(one.seconds for one in outcomes),
        preference=_mean(one.preference for one in outcomes),
        calls=_mean(one.calls for one in outcomes),
        turns=_mean(one.turns for one in outcomes),
        malformed=_mean(one.malformed for one in outcomes),
        experts={name: asked[name] / calls for name in sorted(asked)} if calls else {},
        failures={name: failed[name] for name in FAILURES if failed[name]},
    )


def summaries(
    outcomes: Sequence[Outcome], parts: Callable[[Outcome], Iterable[str]], order: Sequence[str] = ()
) -> dict[str, Summary]:
    """Return a summary of each part of the attempts; an attempt may count for several parts."""
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        for part in parts(one):
            found.setdefault(part, []).append(one)
    names = sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name))
    return {name: summary(found[name]) for name in names}


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
