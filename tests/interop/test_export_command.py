"""`toolscale export`: each format's files, named in its answer; what is said to bad input."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from toolscale.cli.app import COMMANDS, app
from toolscale.errors import BuildError
from toolscale.shards.build import Build

for command in COMMANDS:  # each registers itself
    import_module(f"toolscale.cli.{command}")

EXPECTED = {
    "trl": {"train.parquet"},
    "verl": {"train.parquet"},
    "verifiers": {"pyproject.toml", "__init__.py"},
    "nemo-gym": {"train.jsonl"},
    "tau2": {"tasks.json", "split_tasks.json", "policy.md", "toolscale.json"},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_format_writes_its_files_and_names_them(built: Build, tmp_path: Path, name: str) -> None:
    words = [
        "export",
        str(built.folder),
        "--format",
        name,
        "--out",
        str(tmp_path / "out"),
        "--split",
        "train",
        "--json",
    ]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert {Path(file).name for file in told["files"]} == EXPECTED[name]
    assert all(Path(file).is_file() for file in told["files"])


def test_two_exports_are_the_same_bytes(built: Build, tmp_path: Path) -> None:
    for name in EXPECTED:
        written = []
        for turn in ("one", "two"):
            words = ["export", str(built.folder), "--format", name, "--out", str(tmp_path / turn / name), "--json"]
            files = json.loads(CliRunner().invoke(app, words, catch_exceptions=False).stdout)["files"]
            written.append([Path(file).read_bytes() for file in files])
        assert written[0] == written[1]


def test_an_unknown_split_is_refused_with_the_known_ones(built: Build, tmp_path: Path) -> None:
    words = ["export", str(built.folder), "--format", "verl", "--out", str(tmp_path), "--split", "trains"]
    with pytest.raises(BuildError, match="train"):
        CliRunner().invoke(app, words, catch_exceptions=False)
