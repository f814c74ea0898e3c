"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DomainsFolder = Annotated[
    Path | None,
    typer.Option(
        "--domains",
        help="A folder of domain folders, searched before TOOLSCALE_DOMAINS and the built-in ones.",
        exists=True,
        file_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
