"""verl: what its dataset reads, and what its reward function is called with."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from datasets import load_dataset

from toolscale.errors import ToolscaleError
from toolscale.formats import verl_files
from toolscale.formats.verl_reward import compute_score
from toolscale.shards.build import Build


@pytest.fixture(scope="module")
def folder(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verl")
    [*_] = verl_files.write(built, str(built.folder), out)
    return out


def test_every_task_is_a_row_with_the_columns_that_verl_names(built: Build, folder: Path) -> None:
    frame = pd.read_parquet(folder / "train.parquet")
    assert list(frame["reward_model"].map(lambda told: told["ground_truth"])) == [t.id for t in built.tasks("train")]
    assert {"data_source", "prompt", "agent_name", "reward_model", "extra_info", "tools"} <= set(frame.columns)
    assert set(frame["agent_name"]) == {"toolscale"}
    for row in frame.to_dict("records"):
        assert [message["role"] for message in row["prompt"]] == ["system", "user"]
        offered = json.loads(built.row("trajectories", "task_id", row["extra_info"]["task_id"])["tools"])
        assert json.loads(row["tools"]) == offered


def test_datasets_reads_the_files(folder: Path) -> None:
    loaded = load_dataset("parquet", data_files=str(folder / "train.parquet"), split="train", cache_dir=str(folder))
    assert loaded[0]["reward_model"]["style"] == "rule"


def test_a_reference_is_rewarded_and_a_conversation_without_calls_is_not(built: Build) -> None:
    task = next(built.tasks("train"))
    about = {"build": str(built.folder)}
    messages = list(built.trajectory(task.id).messages)
    assert compute_score("toolscale/library", json.dumps(messages), task.id, about)["score"] == 1.0
    assert compute_score("toolscale/library", "", task.id, {**about, "messages": messages})["score"] == 1.0
    silent = [message for message in messages if message["role"] == "user"]
    scored = compute_score("toolscale/library", silent, task.id, about)
    assert scored["score"] == 0.0
    assert scored["failed"]


def test_a_decoded_text_is_refused_and_not_scored_zero(built: Build) -> None:
    task = next(built.tasks("train"))
    with pytest.raises(ToolscaleError, match="no conversation"):
        compute_score("toolscale/library", "<|im_start|>assistant", task.id, {"build": str(built.folder)})
