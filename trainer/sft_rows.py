"""Supervised examples from a build: conversations and tools in the columns that TRL's SFTTrainer reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from datasets import Dataset, Features, List, Value

from toolscale.shards.build import Build
from toolscale.shards.rows import trajectory_of
from toolscale.synthesis.plan import Split
from toolscale.trainer.asking import with_questions
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


def sft_rows(
    build: Build,
    split: Split,
    selection: Selection = _EVERYTHING,
    *,
    asking: float = 0,
    among: Collection[str] | None = None,
) -> Dataset:
    """Return the split's trajectories: `messages` in OpenAI's format and `tools` as the JSON text of a list of schemas.

    The features are explicit, so that shards never differ in type; arguments stay the JSON text that the model must write.
    `asking` is the share of the messages with calls before which an expert is asked. `among` are the tasks of which the
    selection takes some; None: all. Raises TrainingError if the selection takes none of the split.
    """
    levels = {
        row["task_id"]: row["difficulty"]["level"]
        for _, row in selection.some_of(build, [split])
        if among is None or row["task_id"] in among
    }
    tasks = {task.id: task for task in build.tasks(split) if task.id in levels} if asking else {}

    def rows() -> Iterator[dict[str, Any]]:
        for row in build.rows("trajectories", split):
            name, messages = row["task_id"], row["messages"]
            if name not in levels:
                continue
            if asking:
                task = tasks[name]
                messages = with_questions(
                    task, build.environment_for(task), trajectory_of(row), share=asking, key=row["trajectory_id"]
                )
            yield {"task_id": name, "level": levels[name], "messages": messages, "tools": row["tools"]}

    return Dataset.from_list(list(rows()), features=FEATURES)
