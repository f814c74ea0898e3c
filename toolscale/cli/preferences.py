"""`toolscale preferences`: the pairs of words and weights, checked; and more wordings by a model, checked too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson

if TYPE_CHECKING:
    from toolscale.orchestration.preferences import Preferences


@app.command(epilog="Example: toolscale preferences --model gpt-5-mini --wordings 5 > more.json")
def preferences(
    model: Annotated[str | None, typer.Option(help="Let this model write more wordings of every pair.")] = None,
    base_url: Annotated[str | None, typer.Option(help="The model's OpenAI-compatible endpoint, with /v1.")] = None,
    wordings: Annotated[
        int, typer.Option(min=1, max=20, help="Wordings of each pair that the model is asked for.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Check that the words of every preference claim what its weights claim; exit code 1 if some do not.

    With --model, more wordings are written and checked: those that claim what their pair's weights claim are printed as JSON by
    pair, for data/preferences.yaml, the others are named on stderr.
    """
    from toolscale.orchestration.preferences import preferences as listed

    known = listed()
    if model is not None:
        _write_more(known, model, base_url, wordings)
        return
    faults = [fault for pair in known.pairs for fault in known.faults(pair)]
    if as_json:
        pairs = [{"id": p.id, "for": p.use, "weights": p.weights, "says": p.says} for p in known.pairs]
        typer.echo(json.dumps({"pairs": pairs, "faults": faults}, indent=2, ensure_ascii=False))
    else:
        table = Table("pair", "for", "weights", "says")
        for pair in known.pairs:
            weights = ", ".join(f"{name} {weight:g}" for name, weight in pair.weights.items())
            table.add_row(pair.id, pair.use, weights, escape("\n".join(pair.says)))
        console = Console(highlight=False)
        console.print(table)
        for fault in faults:
            console.print(escape(fault), style="red", soft_wrap=True)
    if faults:
        raise typer.Exit(1)


def _write_more(known: Preferences, model: str, base_url: str | None, wordings: int) -> None:
    from toolscale.models import ModelSettings
    from toolscale.orchestration.more_preferences import written

    settings = ModelSettings(model=model, **({"base_url": base_url} if base_url else {}))
    stderr = Console(stderr=True, highlight=False)
    found: dict[str, list[str]] = {}
    for pair, text, fault in written(known, settings, wordings, tell=lambda line: stderr.print(escape(line))):
        if fault is None:
            found.setdefault(pair.id, []).append(text)
        else:
            stderr.print(escape(f"left out: {fault}"), soft_wrap=True)
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
