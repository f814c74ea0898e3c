"""What a trainer reads from a build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolscale.shards.build import Build
from toolscale.trainer.encoding import Examples
from toolscale.trainer.selection import Selection
from toolscale.trainer.sft_rows import sft_rows


def test_every_trajectory_of_a_split_becomes_an_example(built: Build) -> None:
    rows = sft_rows(built, "train")
    assert len(rows) == sum(1 for _ in built.tasks("train"))
    trajectory = next(built.trajectories("train"))
    assert [m["role"] for m in rows[0]["messages"]] == [m["role"] for m in trajectory.messages]


def test_tools_are_a_list_of_openai_schemas_and_arguments_stay_text(built: Build) -> None:
    row = sft_rows(built, "validation")[0]
    names = {tool["function"]["name"] for tool in json.loads(row["tools"])}
    calls = [call for message in row["messages"] for call in message["tool_calls"] or ()]
    assert {call["function"]["name"] for call in calls} <= names
    assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)


@pytest.mark.slow
def test_examples_do_not_depend_on_the_number_of_processes_that_encode_them(built: Build, model_folder: Path) -> None:
    examples = Examples(str(built.folder), None, str(model_folder), "compact", Selection(), asking=0.3)
    assert examples.encoded(workers=2) == examples.encoded(workers=1)
