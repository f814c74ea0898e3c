"""TRL: the rows and the environments for GRPOTrainer's `environment_factory`, one environment class a domain.

TRL reads tools from the methods of a class, calls `reset` with the row before each rollout and `get_reward` after it, and ends an
episode at the first message without a call; so the user is a tool here (`calls_only`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from datasets import Dataset, Features, List, Value

from toolscale.errors import ToolscaleError
from toolscale.formats.calls_only import SAY_TO_USER_SCHEMA, CallsOnlyEpisode
from toolscale.formats.signatures import method
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.shards.build import Build
from toolscale.synthesis.plan import Split

FEATURES = Features(
    {
        "environment": Value("string"),
        "task_id": Value("string"),
        "key": Value("string"),
        "prompt": List({"role": Value("string"), "content": Value("string")}),
    }
)
_OWN = frozenset({"reset", "get_reward"})


class EpisodeEnvironment:
    """What GRPOTrainer asks of an environment; the tools are methods of the subclass that a domain gets."""

    build: ClassVar[Build]

    def __init__(self) -> None:
        self._played: CallsOnlyEpisode | None = None

    def reset(self, *, task_id: str, key: str, **_: Any) -> None:
        """Begin the row's task anew. The prompt holds the user's first words already, so there is nothing to add to it."""
        if self._played is not None:
            self._played.__exit__(None, None, None)
        task = self.build.task(task_id)
        self._played = CallsOnlyEpisode(task, self.build.environment_for(task), key=key)

    def get_reward(self) -> float:
        """Return 1.0 if the episode solves its task, else 0.0."""
        return float(self._episode.result()["score"])

    @property
    def _episode(self) -> CallsOnlyEpisode:
        if self._played is None:
            raise RuntimeError("reset was not called")
        return self._played


def environments(build: Build) -> dict[str, type[EpisodeEnvironment]]:
    """Return an environment class for each domain of a build: pass it as `environment_factory`.

    A class has every tool of its domain, since TRL knows no tools by row; one that the row's task does not offer answers that it
    does not exist. Experts are not offered: their prices differ from row to row. Raises ToolscaleError for a tool named as one of
    TRL's own methods.
    """
    classes: dict[str, type[EpisodeEnvironment]] = {}
    for row in build.rows("tasks", columns=["task_id", "domain"]):
        if row["domain"] in classes:
            continue
        schemas = [*build.environment_for(build.task(row["task_id"])).tool_schemas, SAY_TO_USER_SCHEMA]
        methods = {
            name: method(schema, _call) for schema in schemas if (name := schema["function"]["name"]) != ASK_EXPERT
        }
        if taken := sorted(_OWN & methods.keys()):
            raise ToolscaleError(f"the domain {row['domain']} has a tool {taken[0]}, which is a method of TRL's own")
        title = "".join(part.title() for part in row["domain"].split("_"))
        classes[row["domain"]] = type(f"{title}Environment", (EpisodeEnvironment,), {"build": build, **methods})
    return classes


def _call(environment: EpisodeEnvironment, name: str, arguments: dict[str, Any]) -> str:
    return environment._episode.call(name, arguments).text


def grpo_rows(build: Build, split: Split, *, key: str = "trl") -> Dataset:
    """Return a split's rows for GRPOTrainer: `prompt`, the `environment` (the domain), and what `reset` needs."""
    rows = []
    for task in build.tasks(split):
        with CallsOnlyEpisode(task, build.environment_for(task), key=key) as played:
            prompt = [
                {"role": "system", "content": played.system_prompt},
                {"role": "user", "content": played.opening},
            ]
        rows.append({"environment": task.domain, "task_id": task.id, "key": key, "prompt": prompt})
    return Dataset.from_list(rows, features=FEATURES)
