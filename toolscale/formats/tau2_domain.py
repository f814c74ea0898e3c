"""tau2: registers an exported domain with tau2-bench; its tools run on toolscale's own environments.

tau2 decides by its own evaluator: the hash of the database after the agent's calls against that after the reference's, and
assertions about the conversation. The database that it hashes is the state difference, which is equal exactly if the states are.
This module needs tau2-bench (Python 3.12 or newer).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tau2.data_model.message import AssistantMessage, UserMessage
from tau2.data_model.tasks import Task as Tau2Task
from tau2.environment.db import DB
from tau2.environment.environment import Environment as Tau2Environment
from tau2.environment.tool import Tool
from tau2.environment.toolkit import ToolKitBase, ToolKitType, ToolType, is_tool
from tau2.registry import registry

from toolscale.environment.episode import Episode
from toolscale.errors import BuildError, nearest
from toolscale.formats.signatures import method
from toolscale.formats.tau2_files import SOURCE
from toolscale.live import assistant_message
from toolscale.registry import load
from toolscale.scoring.score import PartName, Score, score_trajectory
from toolscale.shards.build import Build
from toolscale.task import Message, Task


def register(folder: Path | str, *, name: str | None = None, build: Build | None = None) -> str:
    """Register the domain that `toolscale export --format tau2` wrote into `folder` with tau2, and return its name there.

    The name is the domain's, or `name`, if tau2 has one of that name. `build` is where the environments come from, if they are
    not where they were at the export. Raises BuildError if the folder is none, ValueError if tau2 knows the name already.
    """
    folder = Path(folder)
    try:
        source = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
        tasks = [Tau2Task.model_validate(task) for task in json.loads((folder / "tasks.json").read_text("utf-8"))]
        splits: dict[str, list[str]] = json.loads((folder / "split_tasks.json").read_text("utf-8"))
        policy = (folder / "policy.md").read_text("utf-8")
    except (OSError, ValueError) as error:
        raise BuildError(
            f"{folder} is no exported domain: {error}",
            remedy="Name a domain's folder in what `toolscale export --format tau2` wrote.",
        ) from None
    named = name or str(source["domain"])
    opened = build or load(source["build"])
    toolkit = _toolkit(opened, opened.task(tasks[0].id))

    def get_environment(db: None = None, solo_mode: bool = False) -> EpisodeEnvironment:
        return EpisodeEnvironment(domain_name=named, policy=policy, tools=toolkit(opened), solo_mode=solo_mode)

    def get_tasks(task_split_name: str | None = None) -> list[Tau2Task]:
        if task_split_name is None:
            return tasks
        if task_split_name not in splits:
            raise ValueError(f"{named} has no split '{task_split_name}'. {nearest(task_split_name, splits)}")
        return [task for task in tasks if task.id in splits[task_split_name]]

    registry.register_domain(get_environment, named)
    registry.register_tasks(get_tasks, named, get_task_splits=lambda: splits)
    return named


class StateAsDifference(DB):
    """What tau2 hashes: the environment, and the canonical difference between its state and that at the beginning."""

    environment_id: str | None = None
    difference: str = "[]"


class RowTool(Tool):
    """A tool that shows the model the schema of the row, and not one made from a signature."""

    @property
    def openai_schema(self) -> dict[str, Any]:
        """Return the tool in OpenAI's function-calling format."""
        schema: dict[str, Any] = self._func.__self__.schemas[self.name]
        return schema


class EpisodeToolKit(ToolKitBase):
    """The tools of a domain; a subclass has a method for each. Nothing can be called before `begin_task`."""

    schemas: dict[str, dict[str, Any]]

    def __init__(self, build: Build) -> None:
        super().__init__(StateAsDifference())
        self._build = build
        self._task: Task | None = None
        self._episode: Episode | None = None
        self._messages: list[Message] = []
        self._score: Score | None = None

    def begin_task(self, task_id: str) -> str:
        """Begin a task: tau2 calls it from the task's initial state."""
        self._task = self._build.task(task_id)
        if self._episode is not None:
            self._episode.end()
        self._episode = self._build.environment_for(self._task).episode()
        return task_id

    def get_tools(self, include: list[str] | None = None) -> dict[str, Tool]:
        """Return the tools as the rows show them."""
        super().get_tools(include)  # raises for an unknown name
        return {name: RowTool(tool) for name, tool in self.tools.items() if include is None or name in include}

    def get_db_hash(self) -> str:
        """Return tau2's hash of the state."""
        if self._task is not None and self._episode is not None:
            self.db = StateAsDifference(
                environment_id=self._task.environment_id, difference=self._episode.difference().canonical
            )
        return str(super().get_db_hash())

    def hear(self, messages: Sequence[Any]) -> None:
        """Take the conversation that the assertions are about."""
        self._messages, self._score = [_openai(message) for message in messages if _is_spoken(message)], None

    def said_all_that_must_be_said(self) -> bool:
        """Whether each statement of the criteria was made to the user, compared by value."""
        return self._passed("fidelity")

    def said_only_what_was_read(self) -> bool:
        """Whether what had to be said had been read in the conversation."""
        return self._passed("grounding")

    def kept_the_policy(self) -> bool:
        """Whether no call broke a rule of the policy."""
        return self._passed("policy")

    def _passed(self, part: PartName) -> bool:
        assert self._task is not None
        if self._score is None:
            self._score = score_trajectory(self._task, self._build.environment_for(self._task), self._messages)
        return part not in self._score.failed

    def _call(self, name: str, arguments: dict[str, Any]) -> str:
        if self._episode is None or self._task is None:
            raise ValueError("no task has begun")
        if name not in self._task.tools:
            refusal = {"error": f"There is no tool '{name}'. {nearest(name, self._task.tools)}"}
            return self._episode.answered(name, arguments, json.dumps(refusal, ensure_ascii=False), ok=False).result
        return self._episode.call(name, arguments).result

    def __del__(self) -> None:
        episode = getattr(self, "_episode", None)  # not there if __init__ did not get so far
        if episode is not None:
            episode.end()


class EpisodeEnvironment(Tau2Environment):
    """tau2's environment, which also gives the toolkit the conversation that it is set to."""

    tools: EpisodeToolKit

    def set_state(self, *arguments: Any, **named: Any) -> None:
        """Replay a conversation, as tau2 does, and keep it for the assertions."""
        super().set_state(*arguments, **named)
        self.tools.hear(named["message_history"])


def _toolkit(build: Build, task: Task) -> Callable[[Build], EpisodeToolKit]:
    """Return the toolkit class of a task's domain.

    Every tool counts as one that changes the state, so that tau2 replays all calls: what may be done can depend on what was
    read before.
    """
    environment = build.environment_for(task)
    schemas = {schema["function"]["name"]: schema for schema in environment.tool_schemas}
    methods = {}
    for name, schema in schemas.items():
        kind = ToolType.WRITE if environment.compiled.tools[name].effect else ToolType.READ
        methods[name] = is_tool(kind, mutates_state=True)(method(schema, EpisodeToolKit._call))
    made: Callable[[Build], EpisodeToolKit] = ToolKitType(
        f"{task.domain.title()}ToolKit", (EpisodeToolKit,), {"schemas": schemas, **methods}
    )
    return made


def _is_spoken(message: Any) -> bool:
    return isinstance(message, AssistantMessage | UserMessage)


def _openai(message: Any) -> Message:
    if isinstance(message, UserMessage):
        return {"role": "user", "content": message.content or ""}
    calls = [(call.name, call.arguments) for call in message.tool_calls or ()]
    return assistant_message(message.content or "", calls)
