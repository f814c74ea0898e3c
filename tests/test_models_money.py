"""Tokens, dollars, budgets and estimates of the model client."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.endpoint import Reply, scripted_endpoint
from tests.model_questions import asks, numbers, only, same_number, settings_of
from toolscale.models import Ledger, ModelAnswer, ModelClient, ModelSettings, ask_all
from toolscale.models.faults import OverBudget


def test_missing_token_counts_are_estimated_and_noted() -> None:
    ledger = Ledger()
    with scripted_endpoint(lambda body, n: Reply("x" * 40, usage=False)) as endpoint:
        answer = only(ask_all(settings_of(endpoint), [asks("y" * 80)], ledger=ledger))
    assert (answer.tokens_in, answer.tokens_out) == (21, 11)
    assert any("does not count tokens" in note for note in ledger.notes)


def test_tokens_and_dollars_are_counted_by_stage() -> None:
    ledger = Ledger()
    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, price=(1_000_000, 2_000_000))
        ask_all(settings, [*numbers(3), *numbers(2, stage="evolve", attempt=1)], ledger=ledger)
    assert ledger.of("draft", "scripted").dollars == pytest.approx(3 * (1 + 2 * 2))
    assert ledger.of("evolve", "scripted").dollars == pytest.approx(2 * (1 + 2 * 2))
    assert [row["answers"] for row in ledger.as_json()["stages"]] == [3, 2]


def test_the_price_is_the_tables_and_a_model_without_one_is_noted() -> None:
    ledger = Ledger()
    with scripted_endpoint(lambda body, n: Reply("word " * 1000)) as endpoint:
        only(ask_all(settings_of(endpoint, model="gpt-5", provider="openai"), [asks("x")], ledger=ledger))
        only(ask_all(settings_of(endpoint), [asks("x")], ledger=ledger))
    assert ledger.of("draft", "gpt-5").dollars == pytest.approx((1 * 1.25 + 1000 * 10) / 1e6)
    assert ledger.of("draft", "scripted").dollars == 0
    assert any("'scripted' at" in note for note in ledger.notes)


def test_a_budget_is_never_exceeded_and_what_is_finished_is_kept(tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    ledger = Ledger(0.2)
    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, price=(1000, 1000), max_tokens=10, cache=cache)  # 0.003 dollars an answer
        outcomes = ask_all(settings, numbers(100), ledger=ledger)
        finished = [outcome for outcome in outcomes if isinstance(outcome, ModelAnswer)]
        stopped = [outcome for outcome in outcomes if isinstance(outcome, OverBudget)]
        assert len(finished) + len(stopped) == 100
        assert ledger.dollars <= 0.2
        assert 40 <= len(finished) < 67, "some of the budget may be left: the next answer might have cost more"
        assert endpoint.answered == len(finished)
        more = Ledger(1.0)
        assert all(isinstance(o, ModelAnswer) for o in ask_all(settings, numbers(100), ledger=more))
        assert endpoint.answered == 100
    assert "34 requests are left" in ledger.to_go_on(34)
    assert "--budget-usd" in str(stopped[0])


def test_a_budget_for_a_model_without_a_price_is_refused() -> None:
    with pytest.raises(OverBudget, match="has no price"):
        ask_all(ModelSettings(model="scripted", base_url="http://127.0.0.1:1/v1", budget_usd=1), [])


def test_an_estimate_sends_nothing_and_leaves_out_what_is_cached(tmp_path: Path) -> None:
    async def estimates(settings: ModelSettings) -> tuple[float | None, float | None, int]:
        async with ModelClient(settings) as client:
            before = client.estimate(numbers(10))
            await client.answers(numbers(6))
            after = client.estimate(numbers(10))
            return before.dollars, after.dollars, after.cached

    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, price=(0, 1000), max_tokens=100, cache=tmp_path / "answers.sqlite")
        before, after, cached = asyncio.run(estimates(settings))
    assert len(endpoint.requests) == 6
    assert before == pytest.approx(10 * 100 * 0.001), "nothing is known yet: all answers may be as long as they can"
    assert after == pytest.approx(4 * 2 * 0.001), "the same prompt was answered in two tokens"
    assert cached == 6
