"""Builds on disk: whole, readable by others, provable again from their rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import toolscale
from toolscale.canonical import canonical_json
from toolscale.errors import BuildError
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build
from toolscale.shards.columns import SCHEMAS
from toolscale.shards.rows import instructions
from toolscale.synthesis.plan import SPLITS
from toolscale.validators.build_validation import (
    BUILD_CHECKS,
    BuildFault,
    validate_duplicates,
    validate_environments,
    validate_files,
    validate_tasks,
)


@pytest.fixture
def own(built: Build, tmp_path: Path) -> Path:
    """A copy of the build that a test may break."""
    return Path(shutil.copytree(built.folder, tmp_path / "own"))


def rewrite(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)


def task_faults(folder: Path) -> list[BuildFault]:
    return [fault for _, faults in validate_tasks(Build(folder)) for fault in faults]


def test_all_configurations_but_rejections_have_all_splits(built: Build) -> None:
    assert built.files("rejections")
    for config in ("tasks", "trajectories", "environments"):
        for split in SPLITS:
            assert built.files(config, split), (config, split)


def test_the_manifest_counts_what_there_is(built: Build) -> None:
    domain = built.manifest["domains"]["library"]
    assert built.manifest["tasks"] == sum(1 for _ in built.tasks()) == 40
    assert domain["accepted"] == 40
    assert domain["drawn"] == 40 + sum(domain["rejected"].values()) == 40 + sum(1 for _ in built.rows("rejections"))
    assert sum(domain["levels"].values()) == 40


def test_nothing_in_a_build_names_a_path(built: Build) -> None:
    texts = [path.read_bytes() for path in built.folder.rglob("*") if path.is_file()]
    for secret in (str(built.folder.parent), str(Path.home()) + "/", str(Path.cwd())):
        assert not any(secret.encode() in text for text in texts), secret


def test_a_task_runs_from_its_row_alone(built: Build) -> None:
    build = toolscale.load(built.folder)
    for task, trajectory in zip(build.tasks("test"), build.trajectories("test"), strict=True):
        assert score_trajectory(task, build.environment_for(task), trajectory.messages).value == 1


def test_datasets_reads_every_configuration(built: Build, tmp_path: Path) -> None:
    for config, schema in SCHEMAS.items():
        loaded = datasets.load_dataset(str(built.folder), config, cache_dir=str(tmp_path))
        assert set(loaded) == {split for split in SPLITS if built.files(config, split)}
        assert next(iter(loaded.values())).features.arrow_schema.names == schema.names
    row = datasets.load_dataset(str(built.folder), "tasks", split="train", streaming=True)
    assert json.loads(next(iter(row))["reference"][0]["arguments"])


def test_pandas_and_duckdb_read_the_files(built: Build) -> None:
    assert len(pd.read_parquet(built.folder / "tasks")) == 40
    query = f"SELECT count(*), min(difficulty.calls) FROM '{built.folder}/tasks/*.parquet'"
    count, fewest = duckdb.sql(query).fetchall()[0]
    assert (count, fewest >= 1) == (40, True)


def test_an_untouched_build_has_no_faults(built: Build) -> None:
    assert [fault for check in BUILD_CHECKS for fault in check(built)] == []
    assert task_faults(built.folder) == []


def test_one_changed_byte_of_an_argument_names_task_rule_and_difference(own: Path) -> None:
    path = next((own / "tasks").glob("train-*"))
    changed: list[str] = []

    def change(rows: list[dict[str, Any]]) -> None:
        row = next(row for row in rows if "renew_loan" in str(row["reference"]))
        call = next(call for call in row["reference"] if call["name"] == "renew_loan")
        *start, last = json.loads(call["arguments"])["loan_id"]
        changed.extend([row["task_id"], "".join(start) + ("A" if last != "A" else "B")])
        call["arguments"] = canonical_json({"loan_id": changed[1]})

    rewrite(path, change)
    (fault,) = task_faults(own)
    assert (fault.where, fault.rule) == (changed[0], "replays")
    assert changed[1] in fault.evidence
    assert [f.where for f in validate_files(Build(own))] == [f"tasks/{path.name}"]


def test_a_changed_letter_of_free_text_is_found_too(own: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        row = next(row for row in rows if "escalate_to_human" in str(row["reference"]))
        row["reference"][-1]["arguments"] = row["reference"][-1]["arguments"].replace("Wants", "Wonts")

    rewrite(next((own / "tasks").glob("test_unseen-*")), change)
    assert [fault.rule for fault in task_faults(own)] == ["conversation"]


def test_a_task_that_stands_in_train_and_in_test_is_found(own: Path) -> None:
    """The test split's last task becomes a copy of a train task, under its own id."""
    source = {
        config: pq.read_table(next((own / config).glob("train-*"))).to_pylist()[0]
        for config in ("tasks", "trajectories")
    }
    changed = []
    for config, row in source.items():

        def change(rows: list[dict[str, Any]], row: dict[str, Any] = row) -> None:
            rows[-1] = {**row, "task_id": rows[-1]["task_id"], "split": "test"}
            changed.append(rows[-1]["task_id"])

        rewrite(next((own / config).glob("test-*")), change)
    (fault,) = validate_duplicates(Build(own))
    assert (fault.rule, fault.where) == ("duplicates", changed[0])


def test_arguments_that_are_not_json_name_task_and_call(own: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["reference"][0]["arguments"] = '{"email'

    rewrite(next((own / "tasks").glob("train-*")), change)
    (fault,) = task_faults(own)
    assert fault.rule == "rows"
    assert "arguments of" in fault.evidence


def test_a_changed_database_is_found(own: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["database"] = rows[0]["database"].replace(b"active", b"passiv", 1)

    rewrite(next((own / "environments").glob("train-*")), change)
    assert [fault.rule for fault in validate_environments(Build(own))] == ["environments"]


def test_a_changed_policy_is_found(own: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["policy_json"] = rows[0]["policy_json"].replace(">= 2", ">= 3")

    rewrite(next((own / "environments").glob("train-*")), change)
    assert {fault.rule for fault in task_faults(own)} == {"rows"}


def test_an_unknown_task_suggests_the_nearest(built: Build) -> None:
    known = next(built.tasks()).id
    with pytest.raises(BuildError, match=known):
        built.task(known[:-1] + "x")


def test_a_newer_row_format_says_what_to_install(own: Path) -> None:
    manifest = json.loads((own / "manifest.json").read_text())
    (own / "manifest.json").write_text(json.dumps({**manifest, "row_format": 99, "toolscale": "9.9"}))
    with pytest.raises(BuildError, match=r"Install toolscale 9\.9"):
        toolscale.load(own)


def test_a_folder_that_is_no_build_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"no manifest\.json"):
        toolscale.load(tmp_path)


def test_the_instructions_say_all_that_the_user_knows(built: Build) -> None:
    for task in built.tasks("train"):
        text = instructions(task.scenario)
        for request in task.scenario.requests:
            assert request.reason in text
            assert all(fact.said in text for fact in request.facts)
