"""Rewards: the paper's formula, and the laws that the released code breaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolscale.live import assistant_message
from toolscale.orchestration.offer import ASPECTS
from toolscale.rewards import (
    PreferenceError,
    Rollout,
    counted,
    kept,
    left_out,
    measures,
    preference_score,
    rewards,
)

NAMES = ("find_member", "lend_book", "strong", "cheap")
NOTHING = dict.fromkeys((*NAMES, *ASPECTS), 0.0)


def rewarded(group: list[Rollout], **weights: float) -> list[float]:
    return rewards(group, {**NOTHING, **weights}, NAMES, task="library-1").tolist()


CENTS = st.integers(0, 10_000).map(lambda cents: cents / 100)
ROLLOUTS = st.builds(
    Rollout,
    outcome=st.integers(0, 1),
    dollars=CENTS,
    seconds=CENTS,
    counts=st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)),
)
GROUPS = st.lists(ROLLOUTS, min_size=1, max_size=8)
WEIGHTS = st.fixed_dictionaries({name: st.floats(0, 1) for name in (*NAMES, *ASPECTS)})


def test_the_dearer_of_three_right_rollouts_gets_less() -> None:
    """The toy on which the released code gives 3.33, 3.78 and 4.33."""
    right = [Rollout(1, dollars, 2.0) for dollars in (0.01, 0.05, 0.10)]
    values = rewarded([*right, Rollout(0, 0.05, 2.0)], accuracy=1, cost=1)
    assert values == pytest.approx([2.0, 14 / 9, 1.0, 0.0])
    assert [round(value, 2) for value in values] == [2.0, 1.56, 1.0, 0.0]


@given(GROUPS, WEIGHTS, CENTS)
def test_a_dearer_equal_rollout_never_scores_higher(
    group: list[Rollout], weights: dict[str, float], more: float
) -> None:
    dearer = replace(group[0], dollars=group[0].dollars + more)
    values = rewarded([*group, dearer], **weights)
    assert values[-1] <= values[0]


@given(GROUPS, WEIGHTS, CENTS)
def test_a_slower_equal_rollout_never_scores_higher(
    group: list[Rollout], weights: dict[str, float], more: float
) -> None:
    slower = replace(group[0], seconds=group[0].seconds + more)
    values = rewarded([*group, slower], **weights)
    assert values[-1] <= values[0]


@given(GROUPS.flatmap(lambda group: st.tuples(st.just(group), st.permutations(range(len(group))))), WEIGHTS)
def test_permuting_a_group_permutes_its_rewards(
    drawn: tuple[list[Rollout], list[int]], weights: dict[str, float]
) -> None:
    group, order = drawn
    values = rewarded(group, **weights)
    assert rewarded([group[place] for place in order], **weights) == [values[place] for place in order]


@given(GROUPS, WEIGHTS, st.floats(1e-6, 1e6))
def test_scaling_all_prices_changes_nothing(group: list[Rollout], weights: dict[str, float], factor: float) -> None:
    scaled = [replace(rollout, dollars=rollout.dollars * factor) for rollout in group]
    assert rewarded(scaled, **weights) == pytest.approx(rewarded(group, **weights), abs=1e-9)


@given(GROUPS, WEIGHTS)
def test_a_wrong_rollout_gets_nothing_and_no_reward_leaves_its_bounds(
    group: list[Rollout], weights: dict[str, float]
) -> None:
    for rollout, value in zip(group, rewarded(group, **weights), strict=True):
        assert 0 <= value <= sum(weights.values()) + 1e-9
        assert rollout.outcome == 1 or value == 0


def test_a_used_expert_pays_only_where_it_is_preferred() -> None:
    asked = Rollout(1, 0.02, 3.0, {"strong": 2})
    alone = Rollout(1, 0.02, 3.0)
    assert rewarded([asked, alone], strong=0.5) == [0.5, 0]
    assert rewarded([asked, alone], cheap=0.5) == [0, 0]


def test_what_all_rollouts_share_counts_for_nothing() -> None:
    assert rewarded([Rollout(1, 0.01, 1.0, {"strong": 3})] * 4, **dict.fromkeys(NOTHING, 1.0)) == [0, 0, 0, 0]


def test_measures_are_the_papers_vector() -> None:
    row = measures([Rollout(1, 0.25, 4.0, {"lend_book": 2, "cheap": 1})], NAMES)
    assert row.tolist() == [[0, 2, 0, 1, 1, -0.25, -4]]


@pytest.mark.parametrize("missing", [*NAMES, *ASPECTS])
def test_a_missing_preference_is_an_error_that_names_the_task(missing: str) -> None:
    preference = {name: 0.5 for name in NOTHING if name != missing}
    with pytest.raises(PreferenceError, match=rf"task library-1: the preference has no weight for '{missing}'"):
        rewards([Rollout(1, 0.0, 0.0)], preference, NAMES, task="library-1")


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_weight_out_of_bounds_is_an_error_that_names_the_task(value: float) -> None:
    with pytest.raises(PreferenceError, match=r"library-1.*'cost' is"):
        rewarded([Rollout(1, 0.0, 0.0)], cost=value)


def test_every_call_of_a_turn_counts() -> None:
    messages = [
        assistant_message("", [("find_member", {"email": "a@b.c"}), ("find_member", {}), ("lend_book", "no JSON")]),
        assistant_message("", [("ask_expert", {"expert": "strong", "question": "What now?"}), ("ask_expert", {})]),
        assistant_message("Done."),
    ]
    assert counted(messages) == {"find_member": 2, "lend_book": 1, "strong": 1, "ask_expert": 1}


def test_the_preference_evaluation_is_relative_to_the_baseline() -> None:
    baseline = Rollout(1, 0.04, 20.0, {"strong": 4})
    better = Rollout(1, 0.02, 5.0, {"strong": 2})

    def scored(rollout: Rollout, **weights: float) -> float:
        return preference_score(rollout, baseline, {**NOTHING, **weights}, NAMES, task="library-1")

    assert scored(better, cost=1) == pytest.approx(2)  # 4 cents against 2
    assert scored(better, latency=1) == 4
    assert scored(better, strong=1) == 0.5
    assert scored(better, accuracy=1) == 1
    assert scored(replace(better, counts={"cheap": 3}), cheap=1) == 3  # the baseline never asks it: max(1, 0)


def test_groups_that_teach_nothing_are_left_out() -> None:
    mixed = [Rollout(1, 0.01, 1.0), Rollout(0, 0.01, 1.0)]
    assert left_out(mixed, np.array([1.0, 0.0])) is None
    assert left_out(mixed, np.array([0.55, 0.45])) == "reward spread"
    assert left_out([replace(r, well_formed=False) for r in mixed], np.array([1.0, 0.0])) == "malformed calls"
    assert left_out([replace(r, ended=False) for r in mixed], np.array([1.0, 0.0])) == "no valid end"


def test_a_malformed_rollout_of_a_good_group_is_left_out_alone() -> None:
    group = [Rollout(1, 0.0, 0.0), Rollout(0, 0.0, 0.0, well_formed=False), Rollout(0, 0.0, 0.0, ended=False)]
    assert kept(group).tolist() == [True, False, False]
