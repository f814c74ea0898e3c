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
Workers = Annotated[int | None, typer.Option(min=1, help="Worker processes; one a core by default.")]
JUnitFile = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit XML report too.", dir_okay=False)
]
