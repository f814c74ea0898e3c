"""List prices of models: found by name, whoever sells them."""

from __future__ import annotations

import pytest

from toolscale.errors import ToolscaleError
from toolscale.models import ModelSettings
from toolscale.models.prices import price, price_of, prices, provider_at


def test_the_table_reads_and_every_provider_names_source_and_date() -> None:
    assert all(provider.source.startswith("https://") and provider.models for provider in prices().providers.values())


def test_dollars_are_counted_per_million_tokens() -> None:
    listed = price("gpt-5", "openai")
    assert listed is not None
    assert listed.dollars(1_000_000, 500_000) == pytest.approx(listed.tokens_in + listed.tokens_out / 2)


def test_a_model_is_found_by_the_last_part_of_its_name() -> None:
    provider = "together"
    name = next(name for name in prices().providers[provider].models if "llama" in name)
    for spelling in (name, f"meta-llama/{name.title()}", f"meta-llama/{name}-Turbo"):
        assert price(spelling, provider) == prices().providers[provider].models[name]


def test_without_a_provider_the_first_that_lists_the_model_counts() -> None:
    assert price("gpt-5") == prices().providers["openai"].models["gpt-5"]
    assert price("nobody-sells-this") is None


def test_an_unknown_provider_is_an_error_with_the_nearest() -> None:
    with pytest.raises(ToolscaleError, match="'openai'"):
        price("gpt-5", "openia")


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://api.together.xyz/v1", "together"),
        ("https://api.fireworks.ai/inference/v1", "fireworks"),
        ("http://localhost:8000/v1", None),
    ],
)
def test_the_provider_is_read_off_the_address(address: str, provider: str | None) -> None:
    assert provider_at(address) == provider


def test_a_price_in_the_settings_wins_and_a_model_in_this_process_costs_nothing() -> None:
    given = price_of(ModelSettings(model="gpt-5", price=(3, 4)))
    assert given is not None
    assert (given.tokens_in, given.tokens_out) == (3, 4)
    own = price_of(ModelSettings(model="gpt-5", backend="vllm"))
    assert own is not None
    assert own.dollars(10**6, 10**6) == 0
