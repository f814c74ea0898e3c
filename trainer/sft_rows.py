"""Supervised examples from a build: conversations and tools in the columns that TRL's SFTTrainer reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from datasets import Dataset, Features, List, Value

from toolscale.shards.build import Build
from toolscale.synthesis.plan import Split
from toolscale.trainer.selection import Selection

FEATURES = Features(
    {
        "task_id": Value("string"),
        "level": Value("string"),
        "messages": List(
            {
                "role": Value("string"),
                "content": Value("string"),
                "tool_calls": List(
                    {
                        "id": Value("string"),
                        "type": Value("string"),
                        "function": {"name": Value("string"), "arguments": Value("string")},
                    }
                ),
                "tool_call_id": Value("string"),
                "name": Value("string"),
            }
        ),
        "tools": Value("string"),
    }
)
_EVERYTHING = Selection()


def sft_rows(build: Build, split: Split, selection: Selection = _EVERYTHING) -> Dataset:
    """Return the split's trajectories: `messages` in OpenAI's format and `tools` as the JSON text of a list of schemas.

    The features are explicit, so that shards never differ in type; arguments stay the JSON text that the model must write.
    Raises TrainingError if the selection takes none.
    """
    levels = {row["task_id"]: row["difficulty"]["level"] for row in selection.rows(build, split)}

    def rows() -> Iterator[dict[str, Any]]:
        for row in build.rows("trajectories", split):
            if row["task_id"] in levels:
                level = levels[row["task_id"]]
                yield {"task_id": row["task_id"], "level": level, "messages": row["messages"], "tools": row["tools"]}

    return Dataset.from_list(list(rows()), features=FEATURES)
