"""The catalog of experts, `data/experts.yaml`: who they are, what they can, how much they write and how fast."""

from __future__ import annotations

import functools
import math
from importlib import resources
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from toolscale.errors import Place, ToolscaleError, nearest
from toolscale.models.prices import Price, prices
from toolscale.orchestration.offer import Expert, ExpertKind, PricedModel, Size

StepKind = Literal["lookup", "change", "sum", "judgement", "report"]
_FILE = "data/experts.yaml"
_Probability = Annotated[float, Field(gt=0, le=1)]
_Positive = Annotated[float, Field(gt=0)]


class _Format(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Skill(_Format):
    """The probability of doing one plain step right, by the kind of the step."""

    lookup: _Probability
    change: _Probability
    sum: _Probability
    judgement: _Probability
    report: _Probability

    def at(self, kind: StepKind, burdens: int = 0) -> float:
        """Return the probability of doing a step with so many burdens right: skill ** (1 + burdens / 2)."""
        plain: float = getattr(self, kind)
        return math.pow(plain, 1 + burdens / 2)


class CatalogExpert(_Format):
    """One expert. Its name is its key in the price table."""

    name: str
    kind: ExpertKind
    size: Size
    maker: str | None = Field(default=None, description="The provider of a closed model.")
    description: str = Field(min_length=1)
    skill: Skill
    tokens: int = Field(gt=0, description="The mean length of an answer, reasoning included.")
    tokens_per_second: _Positive
    seconds_to_first_token: Annotated[float, Field(ge=0)]
    held_out: bool = Field(default=False, description="Offered in test_unseen alone.")

    def price(self, provider: str) -> tuple[str, Price] | None:
        """Return who is paid, and the price, in a task of this provider; None if it has no such model."""
        seller = self.maker or provider
        listed = prices().providers[seller].models.get(self.name)
        return None if listed is None else (seller, listed)

    def offered(self, provider: str) -> Expert:
        """Return the expert as a task of this provider offers it. Raises ToolscaleError if it does not sell it."""
        priced = self.price(provider)
        if priced is None:
            raise ToolscaleError(f"{provider} lists no price for '{self.name}'", remedy="See data/prices.yaml.")
        seller, price = priced
        return Expert(
            name=self.name,
            provider=seller,
            dollars_in=price.tokens_in,
            dollars_out=price.tokens_out,
            tokens_per_second=self.tokens_per_second,
            seconds_to_first_token=self.seconds_to_first_token,
            kind=self.kind,
            size=self.size,
            closed=self.maker is not None,
            description=self.description,
        )


class CatalogOrchestrator(_Format):
    """The small model that asks: what it can do alone, and as which models it is priced, in this order."""

    priced_as: list[str] = Field(min_length=1)
    skill: Skill
    tokens_per_second: _Positive
    seconds_to_first_token: Annotated[float, Field(ge=0)]

    def at(self, provider: str) -> PricedModel | None:
        """Return the small model at a provider, None if it lists none of the models."""
        listed = prices().providers[provider].models
        name = next((name for name in self.priced_as if name in listed), None)
        if name is None:
            return None
        price = listed[name]
        return PricedModel(
            name, provider, price.tokens_in, price.tokens_out, self.tokens_per_second, self.seconds_to_first_token
        )


class HeldOut(_Format):
    """What test_unseen has for itself."""

    providers: list[str] = Field(min_length=1)


class Catalog(_Format):
    """All experts, and the small model."""

    held_out: HeldOut
    orchestrator: CatalogOrchestrator
    experts: list[CatalogExpert] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_known(self) -> Catalog:
        names = [expert.name for expert in self.experts]
        if len(names) != len(set(names)):
            raise ValueError("two experts have one name")
        for provider in (*self.held_out.providers, *(e.maker for e in self.experts if e.maker)):
            if provider not in prices().providers:
                raise ValueError(f"data/prices.yaml has no provider '{provider}'")
        for expert in self.experts:
            if expert.maker and (expert.maker in self.held_out.providers) != expert.held_out:
                raise ValueError(f"'{expert.name}' and its maker must be held out together")
        return self

    def expert(self, name: str) -> CatalogExpert:
        """Return one expert. Raises ToolscaleError for an unknown name, with the nearest."""
        found = next((expert for expert in self.experts if expert.name == name), None)
        if found is None:
            raise ToolscaleError(
                f"the catalog has no expert '{name}'", remedy=nearest(name, [e.name for e in self.experts])
            )
        return found

    def sold(self, provider: str, *, held_out: bool) -> list[CatalogExpert]:
        """Return the experts that a task of this provider may offer, of the held-out ones or of the others."""
        return [expert for expert in self.experts if expert.held_out == held_out and expert.price(provider) is not None]

    def providers(self, *, held_out: bool) -> list[str]:
        """Return the providers that sell experts and the small model: the held-out ones or the others, in the table's order."""
        return [
            name
            for name in prices().providers
            if (name in self.held_out.providers) == held_out
            and self.orchestrator.at(name) is not None
            and any(expert.maker is None for expert in self.sold(name, held_out=held_out))
        ]


@functools.cache
def catalog() -> Catalog:
    """Return the catalog. Raises ToolscaleError naming the field that does not read."""
    text = (resources.files("toolscale") / "data" / "experts.yaml").read_text(encoding="utf-8")
    try:
        return Catalog.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        cause = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise ToolscaleError(cause, remedy="Correct the catalog of experts.", place=Place(_FILE)) from None
