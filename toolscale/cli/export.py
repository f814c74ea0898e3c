"""`toolscale export`: a build in another library's format."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolscale.cli.app import app
from toolscale.cli.options import AsJson

if TYPE_CHECKING:
    from datasets import Dataset

    from toolscale.shards.build import Build


class Format(StrEnum):
    """Who is to read it."""

    TRL = "trl"
    VERL = "verl"
    VERIFIERS = "verifiers"
    NEMO_GYM = "nemo-gym"
    TAU2 = "tau2"


@app.command(epilog="Example: toolscale export data/builds/demo --format verl --out data/verl")
def export(
    build: Annotated[str, typer.Argument(help="The folder of a build or release, or org/name@version.")],
    as_format: Annotated[Format, typer.Option("--format", help="The library that is to read it.")],
    out: Annotated[
        Path, typer.Option(help="The folder that the files are written to; those of the same name are replaced.")
    ],
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a build's tasks in the format of TRL, verl, verifiers, NeMo Gym or tau2. docs/formats.md says how each is loaded."""
    from toolscale.registry import load

    # what is written names the build, and is read from anywhere
    address = os.path.abspath(build) if os.path.isdir(build) else build
    written = [*_WRITERS[as_format](load(build), address, out, split)]
    if as_json:
        typer.echo(json.dumps({"format": as_format.value, "files": [str(file) for file in written]}))
        return
    for file in written:
        typer.echo(str(file))


def _trl(build: Build, _: str, out: Path, split: str | None) -> Iterator[Path]:
    from toolscale.formats.splits import splits_of
    from toolscale.formats.trl_environment import grpo_rows
    from toolscale.synthesis.plan import Split
    from toolscale.trainer.sft_rows import sft_rows

    kinds: tuple[tuple[str, Callable[[Build, Split], Dataset]], ...] = (("sft", sft_rows), ("grpo", grpo_rows))
    for name in splits_of(build, split):
        for kind, rows_of in kinds:
            file = out / kind / f"{name}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            rows_of(build, name).to_parquet(file)
            yield file


def _verl(build: Build, address: str, out: Path, split: str | None) -> Iterator[Path]:
    from toolscale.formats import verl_files

    return verl_files.write(build, address, out, split)


def _verifiers(build: Build, address: str, out: Path, split: str | None) -> Iterator[Path]:
    from toolscale.formats import verifiers_files

    return verifiers_files.write(build, address, out, split)


def _nemo_gym(build: Build, _: str, out: Path, split: str | None) -> Iterator[Path]:
    from toolscale.formats import nemo_gym_files

    return nemo_gym_files.write(build, out, split)


def _tau2(build: Build, address: str, out: Path, split: str | None) -> Iterator[Path]:
    from toolscale.formats import tau2_files

    return tau2_files.write(build, address, out, split)


_WRITERS: dict[Format, Callable[[Build, str, Path, str | None], Iterator[Path]]] = {
    Format.TRL: _trl,
    Format.VERL: _verl,
    Format.VERIFIERS: _verifiers,
    Format.NEMO_GYM: _nemo_gym,
    Format.TAU2: _tau2,
}
