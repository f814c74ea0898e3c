"""tau2: a build as tau2-bench's files: a folder a domain with tasks.json, split_tasks.json and policy.md.

`tau2_domain` registers such a folder with tau2, so that its agents, user simulator and evaluator run on it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toolscale.formats.splits import splits_of
from toolscale.scoring.said import Statement
from toolscale.shards.build import Build
from toolscale.shards.rows import Row, task_of
from toolscale.task import Task

SOURCE = "toolscale.json"
BEGIN = "begin_task"
"""What a task calls before the conversation, since a tau2 domain has one database and ours has many."""
ASSERTIONS = ("said_all_that_must_be_said", "said_only_what_was_read", "kept_the_policy")


def write(build: Build, address: str, out: Path, split: str | None = None) -> Iterator[Path]:
    """Write a folder a domain and yield its files. `address` is where the build is found again."""
    tasks: dict[str, list[dict[str, Any]]] = {}
    splits: dict[str, dict[str, list[str]]] = {}
    policies: dict[str, str] = {}
    for name in splits_of(build, split):
        for row in build.rows("tasks", name):
            task = task_of(row)
            tasks.setdefault(task.domain, []).append(task_json(task, row))
            splits.setdefault(task.domain, {}).setdefault(name, []).append(task.id)
            if task.domain not in policies:
                policies[task.domain] = build.environment_for(task).system_prompt
    for domain in tasks:
        folder = out / domain
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in (("tasks.json", tasks[domain]), ("split_tasks.json", splits[domain])):
            yield _written(folder / file, json.dumps(content, ensure_ascii=False, indent=2))
        yield _written(folder / "policy.md", policies[domain])
        yield _written(folder / SOURCE, json.dumps({"build": address, "domain": domain}, indent=2))


def task_json(task: Task, row: Row) -> dict[str, Any]:
    """Return a task as tau2's Task model has it.

    The reward is DB and ENV_ASSERTION: `communicate_info` is there to be read, but not in the reward basis, because tau2 looks
    for the text as it stands ("25" is in "1250", "$1,250.00" is not "1250") where toolscale compares values.
    """
    people = row["user_scenario"]
    return {
        "id": task.id,
        "description": {"purpose": ", ".join(task.intents), "relevant_policies": ", ".join(task.refused) or None},
        "user_scenario": {
            "persona": people["persona"],
            "instructions": {
                "domain": task.domain,
                "reason_for_call": people["reason_for_call"],
                "known_info": people["known_info"] or None,
                "unknown_info": people["unknown_info"] or None,
                "task_instructions": people["task_instructions"],
            },
        },
        "initial_state": {
            "initialization_data": None,
            "initialization_actions": [
                {"env_type": "assistant", "func_name": BEGIN, "arguments": {"task_id": task.id}},
            ],
            "message_history": None,
        },
        "evaluation_criteria": {
            "actions": [
                {
                    "action_id": f"{task.id}-{number}",
                    "requestor": "assistant",
                    "name": call.tool,
                    "arguments": call.arguments,
                    "info": None,
                    "compare_args": None,
                }
                for number, call in enumerate(task.reference)
            ],
            "env_assertions": [
                {"env_type": "assistant", "func_name": name, "arguments": {}, "assert_value": True}
                for name in ASSERTIONS
            ],
            "communicate_info": [_as_text(statement) for statement in task.criteria.statements],
            "nl_assertions": None,
            "reward_basis": ["DB", "ENV_ASSERTION"],
        },
    }


def _as_text(statement: Statement) -> str:
    return str(statement.value).removesuffix(".0")


def _written(file: Path, text: str) -> Path:
    file.write_text(text + "\n", encoding="utf-8")
    return file
