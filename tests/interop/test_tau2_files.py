"""tau2: the files have the fields of tau2's task model. What tau2's own evaluator says of them is in test_tau2_domain."""

from __future__ import annotations

import json
from pathlib import Path

from toolscale.formats import tau2_files
from toolscale.shards.build import Build


def test_each_domain_gets_tasks_splits_and_the_policy(built: Build, tmp_path: Path) -> None:
    written = [*tau2_files.write(built, str(built.folder), tmp_path)]
    assert sorted(file.name for file in written) == ["policy.md", "split_tasks.json", "tasks.json", "toolscale.json"]
    tasks = json.loads((tmp_path / "library" / "tasks.json").read_text())
    splits = json.loads((tmp_path / "library" / "split_tasks.json").read_text())
    assert [task["id"] for task in tasks] == [task.id for task in built.tasks()]
    assert sorted(name for ids in splits.values() for name in ids) == sorted(task["id"] for task in tasks)
    for task in tasks:
        assert set(task) == {"id", "description", "user_scenario", "initial_state", "evaluation_criteria"}
        criteria = task["evaluation_criteria"]
        assert {assertion["func_name"] for assertion in criteria["env_assertions"]} == set(tau2_files.ASSERTIONS)
        assert criteria["reward_basis"] == ["DB", "ENV_ASSERTION"]
        reference = built.task(task["id"]).reference
        assert [(action["name"], action["arguments"]) for action in criteria["actions"]] == [
            (call.tool, call.arguments) for call in reference
        ]


def test_one_split_can_be_written_alone(built: Build, tmp_path: Path) -> None:
    [*_] = tau2_files.write(built, str(built.folder), tmp_path, split="test")
    splits = json.loads((tmp_path / "library" / "split_tasks.json").read_text())
    assert splits == {"test": [task.id for task in built.tasks("test")]}
