"""verl: Parquet as its RLHFDataset reads it, one row a task, for the agent loop and the reward function beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from toolscale.canonical import canonical_json
from toolscale.formats.splits import splits_of
from toolscale.orchestration.presentation import system_prompt, tool_schemas
from toolscale.shards.build import Build
from toolscale.synthesis.user import ScriptedUser

AGENT = "toolscale"
"""The name under which `verl_agent_loop` is registered."""
KEY = "verl"
SCHEMA = pa.schema(
    [
        ("data_source", pa.string()),
        ("agent_name", pa.string()),
        ("prompt", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("ability", pa.string()),
        ("reward_model", pa.struct([("style", pa.string()), ("ground_truth", pa.string())])),
        (
            "extra_info",
            pa.struct(
                [
                    ("index", pa.int64()),
                    ("split", pa.string()),
                    ("task_id", pa.string()),
                    ("build", pa.string()),
                    ("key", pa.string()),
                ]
            ),
        ),
        ("tools", pa.string()),
    ]
)


def write(build: Build, address: str, out: Path, split: str | None = None) -> Iterator[Path]:
    """Write a file a split and yield it. `address` is where the build is found again; `tools` is JSON text.

    The ground truth is the task's id: what decides is the task with its environment, which the build has.
    """
    for name in splits_of(build, split):
        rows: list[dict[str, Any]] = []
        for task in build.tasks(name):
            environment = build.environment_for(task)
            rows.append(
                {
                    "data_source": f"toolscale/{task.domain}",
                    "agent_name": AGENT,
                    "prompt": [
                        {"role": "system", "content": system_prompt(task, environment)},
                        {"role": "user", "content": ScriptedUser(task.scenario, key=KEY).opening().text},
                    ],
                    "ability": "tool use",
                    "reward_model": {"style": "rule", "ground_truth": task.id},
                    "extra_info": {
                        "index": len(rows),
                        "split": name,
                        "task_id": task.id,
                        "build": address,
                        "key": KEY,
                    },
                    "tools": canonical_json(tool_schemas(task, environment)),
                }
            )
        if rows:
            out.mkdir(parents=True, exist_ok=True)
            file = out / f"{name}.parquet"
            pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), file)
            yield file
