"""What a version says of itself: its card, its pictures, its Croissant file; and that others read it as it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import datasets
import duckdb
import mlcroissant
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from tests.test_release import contents
from toolscale.canonical import canonical_json
from toolscale.release import Proof
from toolscale.shards.build import Build
from toolscale.shards.columns import SCHEMAS
from toolscale.shards.meanings import COLUMN_MEANINGS, CONFIG_MEANINGS

SCHEMAS_OF = {"library": "tasks"}
PUBLISH = """
import json, sys
from pathlib import Path
from toolscale.release import Proof, publish
publish(Path(sys.argv[1]), sys.argv[2], "v1.0.0", proof=Proof(**json.loads(sys.argv[3])))
"""


@pytest.fixture(scope="module")
def version(released: Path) -> Path:
    return released / "v1.0.0"


def header(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    return content


def test_the_card_names_every_configuration_and_tasks_is_the_default(version: Path) -> None:
    configs = {config["config_name"]: config for config in header(version)["configs"]}
    assert set(configs) == {*SCHEMAS, "library"}
    assert [name for name, config in configs.items() if config.get("default")] == ["tasks"]


def test_datasets_reads_every_configuration_as_the_card_says(version: Path, tmp_path: Path) -> None:
    infos = {info["config_name"]: info["features"] for info in header(version)["dataset_info"]}
    for config, features in infos.items():
        loaded = datasets.load_dataset(str(version), config, cache_dir=str(tmp_path))
        written = {path.name.split("-")[0] for path in (version / SCHEMAS_OF.get(config, config)).iterdir()}
        assert set(loaded) == written
        assert next(iter(loaded.values())).features._to_yaml_list() == features


def test_features_in_card_and_parquet_agree(version: Path) -> None:
    for info in header(version)["dataset_info"]:
        for path in (version / SCHEMAS_OF.get(info["config_name"], info["config_name"])).iterdir():
            schema = pq.read_schema(path)
            stored = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
            assert datasets.Features.from_dict(stored)._to_yaml_list() == info["features"]
            assert datasets.Features.from_dict(stored).arrow_schema.equals(schema.remove_metadata())


def test_a_domain_is_a_configuration_that_streams(version: Path) -> None:
    rows = datasets.load_dataset(str(version), "library", split="test", streaming=True)
    assert [row["task_id"] for row in rows] == [task.id for task in Build(version).tasks("test")]


def test_payloads_come_out_of_every_reader_letter_by_letter(version: Path, tmp_path: Path) -> None:
    """Canonical JSON in string columns: no reader may turn 25.10 into 25.1 or 0.3 into 0.30000000000000004."""
    payloads = {row["task_id"]: row["criteria"] for row in Build(version).rows("tasks")}
    assert all(canonical_json(json.loads(text)) == text for text in payloads.values())
    files = f"{version}/tasks/*.parquet"
    loaded = datasets.load_dataset(str(version), "tasks", cache_dir=str(tmp_path))
    readers = {
        "datasets": {row["task_id"]: row["criteria"] for split in loaded.values() for row in split},
        "pandas": dict(pd.read_parquet(version / "tasks")[["task_id", "criteria"]].itertuples(index=False)),
        "polars": dict(pl.read_parquet(files).select("task_id", "criteria").iter_rows()),
        "duckdb": dict(duckdb.sql(f"SELECT task_id, criteria FROM '{files}'").fetchall()),
    }
    assert {name: read == payloads for name, read in readers.items()} == dict.fromkeys(readers, True)


def test_the_card_code_runs_as_it_stands(version: Path) -> None:
    """Only the folder and the model, which the card leaves to the reader, are filled in."""
    blocks = re.findall(r"```python\n(.*?)```", (version / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, Any] = {"policy": lambda messages, tools: {"content": f"I have {len(tools)} tools."}}
    for block in blocks:
        exec(block.replace("path/to/this/folder", str(version)), names)
    assert names["episode"].ending is not None
    assert names["rows"].num_rows == Build(version).manifest["splits"]["train"]


def test_the_funnel_adds_up_by_domain_and_rule(version: Path) -> None:
    rows = [line.split("|")[1:-1] for line in (version / "README.md").read_text().splitlines() if "| library |" in line]
    (funnel,) = [[cell.strip() for cell in row] for row in rows if len(row) > 4]
    _, _, drawn, accepted, _, *rejected = funnel
    rules = Counter(row["rule"] for row in Build(version).rows("rejections"))
    assert int(drawn) == int(accepted) + sum(map(int, rejected))
    assert sorted(map(int, rejected)) == sorted(rules.values())


def test_every_column_has_a_meaning() -> None:
    assert CONFIG_MEANINGS.keys() == SCHEMAS.keys()
    for config, schema in SCHEMAS.items():
        assert set(schema.names) <= COLUMN_MEANINGS[config].keys()


def test_pictures_are_whole_and_in_the_card(version: Path) -> None:
    shown = re.findall(r"!\[.+\]\((plots/.+)\)", (version / "README.md").read_text())
    assert sorted(shown) == sorted(f"plots/{path.name}" for path in (version / "plots").iterdir())
    for name in shown:
        assert ElementTree.parse(version / name).getroot().tag.endswith("svg")


def test_the_same_build_gives_the_same_version_elsewhere(
    built: Build,
    proof: Proof,
    version: Path,
    tmp_path: Path,
) -> None:
    elsewhere = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "4242", "MPLCONFIGDIR": str(tmp_path)}
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: red\n")
    words = [str(built.folder), str(tmp_path / "store"), json.dumps(proof.as_json())]
    subprocess.run([sys.executable, "-c", PUBLISH, *words], env={**os.environ, **elsewhere}, check=True)
    assert contents(tmp_path / "store" / "v1.0.0") == contents(version)


def test_mlcroissant_accepts_the_file_and_reads_the_rows(version: Path) -> None:
    dataset = mlcroissant.Dataset(version / "croissant.json")
    assert not dataset.metadata.issues.errors
    assert dataset.metadata.data_biases
    assert dataset.metadata.personal_sensitive_information
    for config in SCHEMAS:
        read = [row[f"{config}/{next(iter(SCHEMAS[config].names))}"].decode() for row in dataset.records(config)]
        column = SCHEMAS[config].names[0]
        assert sorted(read) == sorted(row[column] for row in Build(version).rows(config))
