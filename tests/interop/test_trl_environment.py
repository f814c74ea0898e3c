"""TRL: rows and environments. What TRL's trainer makes of them is in test_trl_trainer."""

from __future__ import annotations

import inspect

from tests.interop.playing_reference import a_writing_task, calls_of
from toolscale.formats.calls_only import SAY_TO_USER
from toolscale.formats.trl_environment import environments, grpo_rows
from toolscale.shards.build import Build


def test_an_environment_is_solved_by_the_references_calls_and_not_by_none(built: Build) -> None:
    task = a_writing_task(built)
    environment = environments(built)[task.domain]()
    row = next(row for row in grpo_rows(built, "train") if row["task_id"] == task.id)
    environment.reset(**row)
    assert environment.get_reward() == 0.0
    for name, arguments in calls_of(built.trajectory(task.id)):
        getattr(environment, name)(**arguments)
    assert environment.get_reward() == 1.0
    environment.reset(**row)
    assert environment.get_reward() == 0.0


def test_the_methods_of_an_environment_are_the_domains_tools_with_their_parameters(built: Build) -> None:
    task = a_writing_task(built)
    kind = environments(built)[task.domain]
    methods = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
    schemas = {s["function"]["name"]: s["function"] for s in built.environment_for(task).tool_schemas}
    assert methods - {"reset", "get_reward"} == {*schemas, SAY_TO_USER}
    for name, schema in schemas.items():
        signature = inspect.signature(getattr(kind(), name))
        assert list(signature.parameters) == list(schema["parameters"]["properties"])
        needed = {p.name for p in signature.parameters.values() if p.default is inspect.Parameter.empty}
        assert needed == set(schema["parameters"].get("required", ()))


def test_a_wrong_argument_is_answered_and_not_raised(built: Build) -> None:
    task = a_writing_task(built)
    environment = environments(built)[task.domain]()
    environment.reset(task_id=task.id, key="trl")
    assert "error" in environment.calculate(no_such_argument=1)
