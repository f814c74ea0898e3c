"""verifiers: an environment package for a build, which its commands find by name; all that it does is in `verifiers_taskset`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from toolscale import __version__
from toolscale.errors import BuildError
from toolscale.formats.splits import splits_of
from toolscale.shards.build import Build

_PYPROJECT = """\
[project]
name = "{name}"
version = "0.1.0"
description = "Verifiable tool-use tasks: {domains}."
requires-python = ">=3.11"
dependencies = ["toolscale>={toolscale}", "verifiers>=0.4"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["{module}"]
"""
_MODULE = '''\
"""{domains}: the tasks of {address}, made by `toolscale export --format verifiers`."""

import verifiers.v1 as vf

from toolscale.formats.verifiers_taskset import EpisodeTask, EpisodeTaskset, EpisodeTasksetConfig


class Config(EpisodeTasksetConfig):
    """Where the tasks are, and which of them are taken."""

    build: str = {address!r}
    split: str = {split!r}


class Tasks(EpisodeTaskset, vf.Taskset[EpisodeTask, Config]):
    """The tasks."""


__all__ = ["Tasks"]
'''


def write(build: Build, address: str, out: Path, split: str | None = None) -> Iterator[Path]:
    """Write the package `toolscale-FOLDER` into `out`, a folder's name, and yield its files; `split` becomes its default.

    Raises BuildError if the folder's name can't be part of a package's.
    """
    name = re.sub(r"[^a-z0-9]+", "-", out.resolve().name.lower()).strip("-")
    if not name:
        raise BuildError(f"{out} has a name that no package can have", remedy="Name it with letters: --out tasks.")
    name = f"toolscale-{name}"
    module = name.replace("-", "_")
    values = {
        "name": name,
        "module": module,
        "domains": ", ".join(build.manifest["domains"]),
        "address": address,
        "split": splits_of(build, split)[0],
        "toolscale": __version__,
    }
    for file, text in ((out / "pyproject.toml", _PYPROJECT), (out / module / "__init__.py", _MODULE)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(**values), encoding="utf-8")
        yield file
