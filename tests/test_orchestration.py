"""What tasks offer beside their environment: tools, experts, prices, preferences, and how they reach the agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolscale.canonical import canonical_json
from toolscale.domain import DomainFolder, load
from toolscale.environment.environment import Environment
from toolscale.errors import DomainError
from toolscale.models.prices import price, prices
from toolscale.orchestration.catalog import CatalogExpert, catalog
from toolscale.orchestration.offer import ASK_EXPERT, ASPECTS, Orchestration
from toolscale.orchestration.offers import Offers
from toolscale.orchestration.preferences import Pair, preferences, read
from toolscale.orchestration.presentation import ask_expert_schema, system_prompt, tool_schemas
from toolscale.rewards import weights_of
from toolscale.shards.build import Build
from toolscale.shards.rows import task_of, task_row
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.held_out import held_back_tools, held_out, used_tools
from toolscale.task import Task
from toolscale.validators import judge_task


@pytest.fixture(scope="module")
def bank() -> DomainFolder:
    return load("bank")


@pytest.fixture(scope="module")
def bank_environment(bank: DomainFolder) -> Environment:
    return Environment.of(bank, seed=1, scale=0.2)


def drawn(
    bank: DomainFolder, environment: Environment, *, unseen: bool, tested: bool = False, count: int = 60
) -> Iterator[tuple[tuple[str, ...], Orchestration]]:
    offers = Offers(bank, environment.compiled, unseen=unseen, tested=tested)
    return (offers.drawn(["find_client", "list_cards"], ("key", number)) for number in range(count))


def offer_of(task: Task) -> Orchestration:
    assert task.orchestration is not None
    return task.orchestration


# --- what is drawn -------------------------------------------------------------------------------------------


def test_a_task_offers_the_tools_that_it_needs_and_some_others(accepted: list[Accepted]) -> None:
    sizes = set()
    for c in accepted:
        needed = {*(call.tool for call in c.task.reference), *(wish.tool for wish in c.task.wishes)}
        assert needed <= set(c.task.tools)
        assert c.task.tools[-1] == ASK_EXPERT
        sizes.add(len(c.task.tools))
    assert len(sizes) > 1


def test_the_same_draw_gives_the_same_offer(bank: DomainFolder, bank_environment: Environment) -> None:
    once = list(drawn(bank, bank_environment, unseen=False))
    assert list(drawn(bank, bank_environment, unseen=False)) == once
    assert len({canonical_json(tools) for tools, _ in once}) > 30


def test_every_expert_has_the_price_of_its_seller(bank: DomainFolder, bank_environment: Environment) -> None:
    for _, offer in drawn(bank, bank_environment, unseen=False):
        for expert in offer.experts:
            listed = prices().providers[expert.provider].models[expert.name]
            assert (expert.dollars_in, expert.dollars_out) == (listed.tokens_in, listed.tokens_out)
            assert expert.closed == (expert.provider != offer.provider)


def test_one_expert_is_cheap_here_and_dear_there(bank: DomainFolder, bank_environment: Environment) -> None:
    seen: dict[str, set[float]] = {}
    for _, offer in drawn(bank, bank_environment, unseen=False, count=200):
        for expert in offer.experts:
            seen.setdefault(expert.name, set()).add(expert.dollars_in)
    assert max(seen["llama-3.3-70b-instruct"]) > 5 * min(seen["llama-3.3-70b-instruct"])


def test_test_unseen_has_experts_providers_and_preferences_of_its_own(
    bank: DomainFolder, bank_environment: Environment
) -> None:
    train, unseen = (
        [offer for _, offer in drawn(bank, bank_environment, unseen=unseen, count=200)] for unseen in (False, True)
    )
    for of in (
        lambda offer: {expert.name for expert in offer.experts},
        lambda offer: {expert.provider for expert in offer.experts} | {offer.provider},
        lambda offer: {offer.preference.pair},
        lambda offer: {offer.preference.instruction},
    ):
        assert not set().union(*map(of, train)) & set().union(*map(of, unseen))


def test_tests_have_preferences_of_their_own(bank: DomainFolder, bank_environment: Environment) -> None:
    train, test = (
        {offer.preference.pair for _, offer in drawn(bank, bank_environment, unseen=False, tested=tested, count=300)}
        for tested in (False, True)
    )
    assert not train & test
    assert len(train) > 25
    assert len(test) > 10


def test_tools_are_held_back_from_train_and_offered_in_test_unseen(
    bank: DomainFolder, bank_environment: Environment
) -> None:
    away = held_back_tools(bank)
    assert len(away) >= 3
    assert away <= used_tools(bank, held_out(bank))
    assert not away & set().union(*(set(tools) for tools, _ in drawn(bank, bank_environment, unseen=False)))
    assert all(away <= set(tools) for tools, _ in drawn(bank, bank_environment, unseen=True))


def test_a_preference_weighs_all_that_its_task_offers(accepted: list[Accepted]) -> None:
    for c in accepted:
        weights = offer_of(c.task).preference.weights
        assert set(weights) == {*c.task.weighed, *ASPECTS}
        weights_of(weights, c.task.weighed, task=c.task.id)


def test_a_domain_may_not_call_a_tool_ask_expert(copy: Path) -> None:
    with (copy / "tools.yaml").open("a") as file:
        file.write("\nask_expert:\n  description: Ask.\n  parameters: {}\n  result: SELECT '1'\n")
    with pytest.raises(DomainError, match="'ask_expert' is a tool of the library"):
        Environment.of(load(str(copy)), seed=1)


# --- catalogs ------------------------------------------------------------------------------------------------


def test_the_catalog_has_three_kinds_of_experts_seen_and_unseen() -> None:
    for away in (False, True):
        kinds = {expert.kind for expert in catalog().experts if expert.held_out == away}
        assert kinds == {"generalist", "code", "maths"}
    assert len(catalog().experts) >= 12


def test_at_least_six_providers_price_experts_for_train() -> None:
    assert len(catalog().providers(held_out=False)) >= 6


def test_every_price_list_names_its_source_and_date() -> None:
    for provider in prices().providers.values():
        assert provider.source.startswith("https://")
        assert provider.date


def test_words_and_weights_of_every_preference_agree() -> None:
    listed = preferences()
    assert [fault for pair in listed.pairs for fault in listed.faults(pair)] == []
    assert len(listed.pairs) >= 40


@pytest.mark.parametrize(
    ("weights", "text", "evidence"),
    [
        ("{cost: 0}", "Please do it cheaply.", "says cost high, its weights say cost low"),
        ("{cost: 1, latency: 1}", "I'd rather wait than pay.", "says cost high, latency low"),
        ("{cost: 1}", "Cheap and quick, please.", "says cost high, latency high"),
        ("{experts.closed: 0}", "Please use the closed models.", "says experts.closed high"),
        ("{accuracy: 1}", "Thank you very much.", "says nothing, its weights say accuracy high"),
    ],
)
def test_words_that_say_something_else_than_the_weights_are_found(weights: str, text: str, evidence: str) -> None:
    words = canonical_json(preferences().words)
    planted = read(f'{{words: {words}, pairs: [{{id: planted, for: train, weights: {weights}, says: ["{text}"]}}]}}')
    (fault,) = planted.faults(planted.pairs[0])
    assert evidence in fault


@given(st.sampled_from(preferences().pairs), st.lists(st.sampled_from(catalog().experts), min_size=1, max_size=5))
def test_a_pair_gives_every_name_one_weight(pair: Pair, listed: list[CatalogExpert]) -> None:
    experts = [expert.offered("fireworks") for expert in listed if expert.price("fireworks")]
    vector = pair.vector(["list_loans", "lend_book", "calculate"], ["list_loans"], experts)
    assert set(vector) == {"list_loans", "lend_book", "calculate", *(e.name for e in experts), *ASPECTS}
    assert all(0 <= weight <= 1 for weight in vector.values())


# --- how it reaches the agent and the rows -------------------------------------------------------------------


def test_the_agent_is_told_the_preference_and_the_experts_with_their_prices(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    task = accepted[0].task
    offer = offer_of(task)
    assert offer.preference.instruction in system_prompt(task, author.environment)
    schemas = tool_schemas(task, author.environment)
    assert [schema["function"]["name"] for schema in schemas] == list(task.tools)
    description = schemas[-1]["function"]["description"]
    for expert in offer.experts:
        assert f"{expert.name}: {expert.description} ${expert.dollars_in:g} in" in description
    assert schemas[-1]["function"]["parameters"]["properties"]["expert"]["enum"] == [e.name for e in offer.experts]


def test_trajectories_open_with_the_prompt_that_a_live_agent_gets(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    for c in accepted:
        assert c.trajectory.messages[0]["content"] == system_prompt(c.task, author.environment)


def test_a_task_comes_back_from_its_row_as_it_went_in(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    for c in accepted:
        assert task_of(task_row(c, author.environment, "train")) == c.task


def test_a_row_of_format_one_has_no_experts(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    row = task_row(accepted[0], author.environment, "train")
    del row["orchestration"]
    row["tools"] = row["tools"][:-1]
    task = task_of(row)
    assert task.orchestration is None
    assert system_prompt(task, author.environment) == author.environment.system_prompt
    opening = {"role": "system", "content": author.environment.system_prompt}
    trajectory = replace(accepted[0].trajectory, messages=(opening, *accepted[0].trajectory.messages[1:]))
    assert all(verdict.passed for verdict in judge_task(task, trajectory, author.environment))
    assert [schema["function"]["name"] for schema in tool_schemas(task, author.environment)] == row["tools"]


def test_the_columns_can_be_read_by_people_and_the_weights_are_canonical(built: Build) -> None:
    for row in built.rows("tasks"):
        offer = row["orchestration"]
        assert {expert["name"] for expert in offer["experts"]} <= set(json.loads(offer["preference"]["weights"]))
        assert canonical_json(json.loads(offer["preference"]["weights"])) == offer["preference"]["weights"]
        assert offer["provider"] in prices().providers


def test_test_unseen_of_a_build_shares_no_expert_with_train(built: Build) -> None:
    def experts(split: str) -> set[str]:
        return {expert.name for task in built.tasks(split) for expert in offer_of(task).experts}

    assert not experts("train") & experts("test_unseen")


def test_the_tool_that_asks_names_the_experts_of_its_task_only(accepted: list[Accepted]) -> None:
    enums = {canonical_json(ask_expert_schema(offer_of(c.task))["function"]["parameters"]) for c in accepted}
    assert len(enums) > 1


def test_a_model_is_priced_by_the_last_part_of_its_name() -> None:
    listed = price("llama-3.3-70b-instruct", "nebius")
    assert listed is not None
    assert price("meta-llama/Llama-3.3-70B-Instruct", "nebius") == listed
    assert price("meta-llama/Llama-3.3-70B-Instruct") is not None
    assert price("meta-llama/Llama-9-9B") is None


def test_a_row_that_names_an_unknown_tool_is_judged_and_does_not_break_the_judge(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    task = replace(accepted[0].task, tools=("open_scroll", *accepted[0].task.tools))
    failed = [verdict for verdict in judge_task(task, accepted[0].trajectory, author.environment) if not verdict.passed]
    assert [verdict.rule for verdict in failed] == ["offers"]
    assert "'open_scroll', which is no tool" in failed[0].evidence
