"""`toolscale parts`: what is in the part store, and how to make it smaller."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.options import AsJson


@app.command(epilog="Example: toolscale parts --keep-gb 5")
def parts(
    folder: Annotated[
        Path | None, typer.Option("--parts", help="The part store; none: the one in the cache folder.", file_okay=False)
    ] = None,
    keep_gb: Annotated[
        float | None, typer.Option(min=0, help="Remove what was used longest ago until so many gigabytes are left.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is in the part store, which builds share, or make it smaller."""
    from toolscale.shards.store import GIGABYTE, PartStore

    store = PartStore(folder)
    removed = store.trim(round(keep_gb * GIGABYTE)) if keep_gb is not None else []
    held = store.parts()
    number, size = Counter(part.domain for part in held), Counter[str]()
    for part in held:
        size[part.domain] += part.size
    if as_json:
        domains = {name: {"parts": number[name], "bytes": size[name]} for name in sorted(number)}
        typer.echo(json.dumps({"folder": str(store.folder), "removed": len(removed), "domains": domains}))
        return
    console = Console(highlight=False, soft_wrap=True)
    if keep_gb is not None:
        console.print(f"{len(removed)} parts removed")
    table = Table("domain", "parts", "MB")
    for name in sorted(number):
        table.add_row(name, f"{number[name]:,}", f"{size[name] / 1e6:,.1f}")
    console.print(table, soft_wrap=False)
    console.print(f"{len(held)} parts, {size.total() / GIGABYTE:.3f} GB in {store.folder}")
