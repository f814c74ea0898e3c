"""Rewards: the group-relative reward of ToolOrchestra, its preference evaluation, and which groups are worth training on.

Symbols are those of the paper (arXiv 2511.21689, section 3.2): a rollout tau of a task is the vector
M = [n_1 ... n_k, r_outcome, -dollars, -seconds], where n_i counts the calls of the i-th tool or expert that the task offers,
and P, of the same length and with entries from 0 to 1, is what the user prefers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from toolscale.errors import ToolscaleError, nearest
from toolscale.orchestration.offer import ASK_EXPERT, ASPECTS
from toolscale.scoring.score import tool_calls
from toolscale.task import Message

LEAST_SPREAD = 0.1
"""Groups whose rewards have a smaller standard deviation taught nothing in the paper's training and were left out."""

Floats = npt.NDArray[np.float64]


class PreferenceError(ToolscaleError):
    """A preference does not say what it must about a task."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the reward looks at in one rollout of a task.

    `counts` are the calls by the name of the tool or the expert (names that are missing were not called), `outcome` is the
    score (in reports its expectation), `dollars` and `seconds` are the account's totals. A rollout is `well_formed` if each of
    its tool calls could be read, and `ended` if it came to a valid end instead of running out of turns or tokens.
    """

    outcome: float
    dollars: float
    seconds: float
    counts: Mapping[str, float] = field(default_factory=dict)
    well_formed: bool = True
    ended: bool = True


def counted(messages: Iterable[Message]) -> dict[str, int]:
    """Return the number of calls by tool in a conversation: every call of every turn, also calls that failed.

    A call of `ask_expert` counts for the expert that it asks, not for the tool.
    """
    counts: dict[str, int] = {}
    for name, arguments in tool_calls(list(messages)):
        counted_as = _asked(arguments) if name == ASK_EXPERT else name
        counts[counted_as] = counts.get(counted_as, 0) + 1
    return counts


def _asked(arguments: Any) -> str:
    expert = arguments.get("expert") if isinstance(arguments, dict) else None
    return expert if isinstance(expert, str) else ASK_EXPERT


def rewards(group: Sequence[Rollout], preference: Mapping[str, float], names: Sequence[str], *, task: str) -> Floats:
    """Return R(tau) for each rollout of a group, in the group's order; shape (len(group),).

    Each entry of M is min-max normalised over the group, M~ = (M - min M) / (max M - min M), and is 0 where all rollouts have
    the same. R = M~ . P where r_outcome is 1, else 0. Cost and latency are negated before they are normalised, so that the
    dearest rollout gets 0 for its cost: with a positive weight, of two rollouts that differ in nothing else the dearer never
    scores higher.

    `names` are the tools and experts that the task offers, in the order of M; `preference` weighs each of them and accuracy,
    cost and latency. Raises PreferenceError, naming `task`, if a weight is missing or not in [0, 1].
    """
    weights = weights_of(preference, names, task=task)
    if not group:
        return np.zeros(0)
    outcome = np.array([rollout.outcome for rollout in group])
    # summed row by row, not by a matrix product, whose rounding depends on a row's place: permuting permutes exactly
    scalar: Floats = (normalised(measures(group, names)) * weights).sum(axis=1)
    rewarded: Floats = np.where(outcome == 1, scalar, 0.0)
    return rewarded


def measures(group: Sequence[Rollout], names: Sequence[str]) -> Floats:
    """Return M of each rollout of a group; shape (len(group), len(names) + 3)."""
    rows = [
        [*(float(rollout.counts.get(name, 0)) for name in names), rollout.outcome, -rollout.dollars, -rollout.seconds]
        for rollout in group
    ]
    return np.array(rows, dtype=np.float64).reshape(len(group), len(names) + len(ASPECTS))


def normalised(measured: Floats) -> Floats:
    """Return each column of M min-max normalised over its rows; 0 where a column has one value only."""
    least = measured.min(axis=0)
    span = measured.max(axis=0) - least
    shares: Floats = np.divide(measured - least, span, out=np.zeros_like(measured), where=span > 0)
    return shares


def weights_of(preference: Mapping[str, float], names: Sequence[str], *, task: str) -> Floats:
    """Return P in the order of M; shape (len(names) + 3,).

    Raises PreferenceError, naming `task`, for a weight that is missing or not in [0, 1].
    """
    for name in (*names, *ASPECTS):
        if name not in preference:
            raise PreferenceError(
                f"task {task}: the preference has no weight for '{name}'",
                remedy=f"It must weigh every tool and expert that the task offers. {nearest(name, preference)}",
            )
        if not 0 <= preference[name] <= 1:
            raise PreferenceError(
                f"task {task}: the preference's weight for '{name}' is {preference[name]}", remedy="Give 0 to 1."
            )
    return np.array([preference[name] for name in (*names, *ASPECTS)], dtype=np.float64)


def preference_score(
    rollout: Rollout, baseline: Rollout, preference: Mapping[str, float], names: Sequence[str], *, task: str
) -> float:
    """Return how well a policy serves a preference, relative to a baseline policy (the paper's appendix L), for reports.

    Counts and outcome enter as M_s / max(1, M_0), dollars and seconds as M_0 / max(1, M_s), where M_s is the policy's entry
    and M_0 the baseline's, both positive; the result is their product with P. Because of max(1, .) the units matter, other
    than in `rewards`: a hundredth of a dollar is the unit of money here, so that a task of a few cents is not lost in the 1.
    Raises PreferenceError as `rewards` does.
    """
    weights = weights_of(preference, names, task=task)
    own, base = (np.abs(measures([one], names)[0]) for one in (rollout, baseline))
    own[-2], base[-2] = own[-2] * 100, base[-2] * 100
    relative = own / np.maximum(1, base)
    relative[-2:] = base[-2:] / np.maximum(1, own[-2:])
    return float((relative * weights).sum())


def left_out(group: Sequence[Rollout], rewarded: Floats) -> str | None:
    """Return why a group is not trained on, None if it is.

    As in the paper's training, a group is left out if its rewards have a standard deviation below 0.1, if no rollout of it
    has well-formed calls only, or if none comes to a valid end; single malformed rollouts are left out by `kept`.
    """
    if not any(rollout.well_formed for rollout in group):
        return "malformed calls"
    if not any(rollout.ended for rollout in group):
        return "no valid end"
    return too_alike(rewarded)


def too_alike(rewarded: Floats) -> str | None:
    """Return that the rewards of a group have a standard deviation below 0.1, None if they differ enough to learn from."""
    return "reward spread" if float(np.std(rewarded)) < LEAST_SPREAD else None


def kept(group: Sequence[Rollout]) -> npt.NDArray[np.bool_]:
    """Return which rollouts of a group are trained on: those with well-formed calls and a valid end; shape (len(group),)."""
    return np.array([rollout.well_formed and rollout.ended for rollout in group], dtype=np.bool_)
