"""Options of the commands that ask a model, and the settings that they make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from toolscale.errors import ToolscaleError

if TYPE_CHECKING:
    from toolscale.models import Estimate, Ledger, ModelSettings

ModelName = Annotated[str, typer.Option("--model", help="The model's name at the endpoint; for vllm a name or folder.")]
ModelIfAny = Annotated[
    str | None, typer.Option("--model", help="The model's name at the endpoint; for vllm a name or folder.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", help="The endpoint's address, with /v1.", show_default="OPENAI_BASE_URL, else OpenAI"),
]
ModelConfiguration = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Another setting of the model (docs/models.md), such as temperature=0 or backend=vllm; may be repeated.",
    ),
]
Budget = Annotated[float | None, typer.Option("--budget-usd", min=0, help="Stop before more dollars are spent.")]
EstimateOnly = Annotated[bool, typer.Option("--estimate", help="Say what it would cost, and send nothing.")]
AnswerCache = Annotated[
    Path | None,
    typer.Option("--cache", help="The file of paid answers.", show_default="answers.sqlite in the cache folder"),
]


def model_settings(
    model: str,
    base_url: str | None = None,
    *,
    given: list[str] | None = None,
    budget: float | None = None,
    cache: Path | None = None,
) -> ModelSettings:
    """Return the settings of the options. Raises ToolscaleError naming the option that is wrong."""
    from toolscale.cache_folder import answer_cache
    from toolscale.models import ModelSettings

    values: dict[str, Any] = {
        "model": model,
        "budget_usd": budget,
        "cache": cache or answer_cache(),
    }
    if base_url is not None:
        values["base_url"] = base_url
    for setting in given or ():
        name, separator, text = setting.partition("=")
        if not separator:
            raise ToolscaleError(f"--set {setting} has no value", remedy="Write it as NAME=VALUE.")
        values[name.strip().replace("-", "_")] = _value(text)
    try:
        return ModelSettings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "model"
        known = f"Settings: {', '.join(ModelSettings.model_fields)}." if first["type"] == "extra_forbidden" else ""
        raise ToolscaleError(f"{name}: {first['msg']}", remedy=known) from None


def named(model: str | None) -> str:
    """Return the model's name. Raises ToolscaleError if none is given."""
    if model is None:
        raise ToolscaleError("no model is named", remedy="Give --model, and --base-url for an endpoint of your own.")
    return model


def _value(text: str) -> Any:
    """Read numbers, lists and objects as JSON; what is no JSON is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def tell(text: str) -> None:
    """Say on stderr what the user should hear of at once."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"note: {text}", markup=False)


def show_ledger(ledger: Ledger) -> None:
    """Print tokens and money by stage and model on stderr."""
    columns = ("stage", "model", "answers", "cached", "tokens in", "tokens out", "dollars", "retries", "faults")
    table = Table(*columns, box=SIMPLE, pad_edge=False, padding=(0, 1))
    for row in ledger.as_json()["stages"]:
        faults = ", ".join(f"{kind} {count}" for kind, count in row["faults"].items())
        numbers = [f"{row[name]:,}" for name in ("answers", "from_cache", "tokens_in", "tokens_out")]
        table.add_row(
            row["stage"], row["model"], *numbers, f"{row['dollars']:.4f}", f"{row['retries']:,}", faults or "none"
        )
    Console(stderr=True).print(table)


def show_estimate(estimate: Estimate) -> str:
    """Return what an estimate says, for people."""
    money = "no price is known for the model" if estimate.dollars is None else f"about ${estimate.dollars:,.4f}"
    cached = f" ({estimate.cached:,} are in the cache)" if estimate.cached else ""
    return (
        f"{estimate.requests:,} requests{cached}, about {estimate.tokens_in:,} tokens in and {estimate.tokens_out:,} out: "
        f"{money}. Nothing was sent."
    )
