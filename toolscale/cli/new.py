"""`toolscale new`: a scaffold for a domain, or a whole one that a language model writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.model_options import (
    AnswerCache,
    BaseUrl,
    Budget,
    ModelConfiguration,
    ModelIfAny,
    model_settings,
    named,
    show_ledger,
    tell,
)
from toolscale.cli.options import AsJson
from toolscale.errors import ToolscaleError, nearest

_AUTHORS = ("scaffold", "llm")


@app.command(
    epilog="Example: toolscale new bike_shop --into ./my-domains\n\n"
    'Example: toolscale new museum --author llm --brief "a small museum with guided tours" --model gpt-5-mini'
)
def new(
    name: Annotated[str, typer.Argument(help="The domain's name, which is its folder's too.")],
    into: Annotated[Path, typer.Option(help="The folder to make it in.")] = Path(),
    author: Annotated[
        str, typer.Option(help="scaffold (a small library to rewrite), or llm (a language model).")
    ] = "scaffold",
    brief: Annotated[str | None, typer.Option(help="What the model is to write a domain of.")] = None,
    again_from: Annotated[
        str | None,
        typer.Option(help="Write this step and those after it afresh: schema, records, tools, policy, intents."),
    ] = None,
    model: ModelIfAny = None,
    base_url: BaseUrl = None,
    settings: ModelConfiguration = None,
    budget: Budget = None,
    cache: AnswerCache = None,
    as_json: AsJson = False,
) -> None:
    """Write a small sound domain to start from: it passes `check` and builds as it is.

    With --author llm a model writes one from a brief, step by step; the same command goes on where a run stopped. Exit code 1 if
    the domain does not keep every rule after all repairs.
    """
    from toolscale.domain.scaffold import write_scaffold

    if author not in _AUTHORS:
        raise ToolscaleError(f"there is no author '{author}'", remedy=nearest(author, _AUTHORS))
    if author == "scaffold":
        folder = write_scaffold(name, into)
        path = folder if folder.is_absolute() else f"./{folder}"  # a bare name would be looked up, not opened
        typer.echo(
            f"{folder} is there. Next: toolscale check {path}; then rewrite it file by file (docs/adding-a-domain.md)."
        )
        return
    if not brief:
        raise ToolscaleError("no brief is given", remedy='Say what the domain is about: --brief "a public library".')
    from dataclasses import asdict

    from toolscale.authoring.domain_report import as_markdown
    from toolscale.authoring.domain_writer import DomainWriter
    from toolscale.validators.writing import faults

    models = model_settings(
        named(model), base_url, given=["max_tokens=16384", *(settings or ())], budget=budget, cache=cache
    )
    writer = DomainWriter(name, brief, into, models, faults, tell=tell)
    state = writer.write(again_from=again_from)
    typer.echo(
        json.dumps(asdict(state) | {"spent": writer.ledger.as_json()}) if as_json else as_markdown(asdict(state))
    )
    if not as_json:
        show_ledger(writer.ledger)
    if not state.passed:
        tell(f"{writer.work} holds it as far as it came: mend it there, or give --again-from")
        raise typer.Exit(1)
    tell(f"{writer.target} is there")
