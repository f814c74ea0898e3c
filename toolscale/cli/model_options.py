"""Options of the commands that use a language model, and the settings that they come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolscale.errors import ToolscaleError

if TYPE_CHECKING:
    from toolscale.models.ledger import Estimate
    from toolscale.models.settings import ModelSettings

PANEL = "Language model"
Model = Annotated[str | None, typer.Option(help="The model's name at the endpoint.", rich_help_panel=PANEL)]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="An OpenAI-compatible endpoint, up to and with /v1.", envvar="OPENAI_BASE_URL", rich_help_panel=PANEL
    ),
]
Backend = Annotated[
    str, typer.Option(help="openai (any compatible endpoint) or vllm (in this process).", rich_help_panel=PANEL)
]
KeyEnv = Annotated[
    str, typer.Option(help="The environment variable that holds the endpoint's key.", rich_help_panel=PANEL)
]
PriceOption = Annotated[
    str | None,
    typer.Option("--price", metavar="IN,OUT", help="Dollars per million tokens in and out.", rich_help_panel=PANEL),
]
Temperature = Annotated[float, typer.Option(min=0, max=2, help="The model's temperature.", rich_help_panel=PANEL)]
MaxTokens = Annotated[int, typer.Option(min=1, help="Tokens of an answer.", rich_help_panel=PANEL)]
BudgetUsd = Annotated[
    float | None,
    typer.Option(min=0, help="Stop before more than these dollars are spent.", rich_help_panel=PANEL),
]
Answers = Annotated[
    Path | None,
    typer.Option(
        help="The file of paid answers; by default answers.sqlite in toolscale's cache folder.", rich_help_panel=PANEL
    ),
]
EstimateOption = Annotated[
    bool,
    typer.Option("--estimate", help="Say what it would cost about, and spend nothing.", rich_help_panel=PANEL),
]


def model_settings(
    model: str | None,
    base_url: str | None,
    backend: str,
    key_env: str,
    price: str | None,
    temperature: float,
    max_tokens: int,
    budget_usd: float | None,
    answers: Path | None,
) -> ModelSettings:
    """Return the settings that the options come to. Raises ToolscaleError for a missing model or a wrong value."""
    from pydantic import ValidationError

    from toolscale.flows.prefect_settings import cache_folder
    from toolscale.models.settings import OPENAI_URL, ModelSettings

    if model is None:
        raise ToolscaleError("no model is named", remedy="Give --model, and --base-url for an endpoint of your own.")
    try:
        return ModelSettings.model_validate(
            {
                "model": model,
                "base_url": base_url or OPENAI_URL,
                "backend": backend,
                "key_env": key_env,
                "price": _dollars(price),
                "temperature": temperature,
                "max_tokens": max_tokens,
                "budget_usd": budget_usd,
                "cache": (answers or cache_folder() / "answers.sqlite").absolute(),
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise ToolscaleError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def _dollars(price: str | None) -> tuple[float, float] | None:
    if price is None:
        return None
    try:
        dollars_in, dollars_out = (float(part) for part in price.split(","))
    except ValueError:
        raise ToolscaleError(f"'{price}' is no price", remedy="Two numbers, such as --price 0.25,2.") from None
    return dollars_in, dollars_out


def told(estimate: Estimate) -> str:
    """Return an estimate for people."""
    dollars = "no price is known" if estimate.dollars is None else f"about ${estimate.dollars:.4f}"
    return (
        f"{estimate.requests:,} requests, {estimate.cached:,} of them in the cache; about {estimate.tokens_in:,} tokens in and "
        f"{estimate.tokens_out:,} out: {dollars}. Repairs are not counted."
    )
