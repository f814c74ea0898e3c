"""List prices of models: `data/prices.yaml`, dollars per million tokens, with the source and date of each provider."""

from __future__ import annotations

import functools
import re
from importlib import resources
from typing import Annotated
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolscale.errors import Place, ToolscaleError, nearest
from toolscale.models.settings import ModelSettings

_FILE = "data/prices.yaml"
_VARIANT = re.compile(r"-(?:turbo|fp8)$")
_NotNegative = Annotated[float, Field(ge=0)]


class Price(BaseModel):
    """Dollars per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    tokens_in: _NotNegative = Field(alias="in", description="Dollars per million tokens sent.")
    tokens_out: _NotNegative = Field(alias="out", description="Dollars per million tokens received.")

    def dollars(self, tokens_in: float, tokens_out: float) -> float:
        """Return what the tokens cost, in dollars."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


class Provider(BaseModel):
    """One provider's list prices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(description="The page that the prices are from.")
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="When they were read there.")
    models: dict[str, Price]


class PriceTable(BaseModel):
    """All providers, in the order in which a model's price is looked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    providers: dict[str, Provider]


@functools.cache
def prices() -> PriceTable:
    """Return the table. Raises ToolscaleError naming the field that does not read."""
    text = (resources.files("toolscale") / "data" / "prices.yaml").read_text(encoding="utf-8")
    try:
        return PriceTable.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        cause = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise ToolscaleError(cause, remedy="Correct the price table.", place=Place(_FILE)) from None


def price(model: str, provider: str | None = None) -> Price | None:
    """Return a model's price at a provider, or at the first provider that lists it; None if nobody does.

    A model is found by its whole name or by its last part in small letters, without -turbo, -fp8 and the like. Raises
    ToolscaleError for an unknown provider, with the nearest name.
    """
    providers = prices().providers
    if provider is not None and provider not in providers:
        raise ToolscaleError(f"there is no provider '{provider}'", remedy=nearest(provider, providers))
    listings = [providers[provider]] if provider is not None else list(providers.values())
    for name in dict.fromkeys((model, short := model.rsplit("/", 1)[-1].lower(), _VARIANT.sub("", short))):
        for listing in listings:
            if name in listing.models:
                return listing.models[name]
    return None


def price_of(settings: ModelSettings) -> Price | None:
    """Return what the settings' model costs at its endpoint; None if nobody lists it. A model in this process costs nothing."""
    if settings.price is not None:
        return Price.model_validate({"in": settings.price[0], "out": settings.price[1]})
    if settings.backend == "vllm":
        return Price.model_validate({"in": 0, "out": 0})
    return price(settings.model, settings.provider or provider_at(settings.base_url))


def provider_at(base_url: str) -> str | None:
    """Return the provider whose name, without signs, is part of the address's host; None if none is."""
    host = (urlsplit(base_url).hostname or "").lower()
    bare = host.replace("-", "").replace(".", "")
    return next((name for name in prices().providers if _bare(name) in bare), None)


def _bare(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
