"""NeMo Gym: JSON lines with `responses_create_params`, for the resources server of `nemo_gym_server`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.formats.calls_only import CallsOnlyEpisode
from toolscale.formats.splits import splits_of
from toolscale.shards.build import Build
from toolscale.task import Task

KEY = "nemo-gym"


def write(build: Build, out: Path, split: str | None = None) -> Iterator[Path]:
    """Write a file a split and yield it; what a row has beside `responses_create_params` is what `seed_session` is sent."""
    for name in splits_of(build, split):
        lines = [canonical_json(row_of(build, task)) for task in build.tasks(name)]
        if lines:
            out.mkdir(parents=True, exist_ok=True)
            file = out / f"{name}.jsonl"
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            yield file


def row_of(build: Build, task: Task) -> dict[str, Any]:
    """Return a task's row. Tools have the schemas of the task's row, in the form of the Responses API."""
    with CallsOnlyEpisode(task, build.environment_for(task), key=KEY) as played:
        return {
            "responses_create_params": {
                "input": [
                    {"role": "system", "content": played.system_prompt},
                    {"role": "user", "content": played.opening},
                ],
                "tools": [{"type": "function", "strict": False, **schema["function"]} for schema in played.tools],
                "parallel_tool_calls": False,
            },
            "task_id": task.id,
            "domain": task.domain,
            "key": KEY,
        }
