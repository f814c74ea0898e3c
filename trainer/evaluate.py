"""Evaluation: a model's attempts at held-out tasks, beside other models and baselines, as figures and a report.

toolscale train evaluate --config trainer/recipes/evaluate.yaml
toolscale train evaluate --build BUILD --model openai:gpt-5-mini --out reports/gpt-5-mini
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from toolscale.environment.environment import Environment
from toolscale.errors import TrainingError
from toolscale.live import LiveEpisode
from toolscale.orchestration.policies import figures, outlook
from toolscale.randomness import key_of
from toolscale.registry import load
from toolscale.rewards import Rollout
from toolscale.shards.build import Build
from toolscale.synthesis.user import UserTurn
from toolscale.task import Task, Trajectory
from toolscale.trainer.evaluation_report import write_report
from toolscale.trainer.outcomes import Outcome, outcome, read_outcomes, write_outcomes
from toolscale.trainer.playing import Attempt, Limits
from toolscale.trainer.prompts import Rendering
from toolscale.trainer.rollout import Roller
from toolscale.trainer.selection import Selection
from toolscale.trainer.summary import Summary, summary
from toolscale.trainer.unseen import Seen

OPENAI = "openai:"
Tell = Callable[[int, int], None]
"""Told how many attempts are over, of how many."""


class EvaluationConfiguration(BaseModel):
    """What is evaluated, on which tasks, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    build: str = Field(description="The pinned build or release: a folder or org/name.")
    revision: str | None = Field(default=None, description="The tag or commit of a build on the Hub.")
    model: str = Field(description="A model's folder, its name on the Hub, or openai:NAME for an endpoint.")
    base_url: str | None = Field(default=None, description="The endpoint's address, up to and with /v1.")
    out: Path = Field(description="The folder of the attempts, the figures and the report.")
    name: str | None = Field(default=None, description="What the report calls the model; its own name by default.")
    splits: tuple[Literal["validation", "test", "test_unseen"], ...] = ("test", "test_unseen")
    tasks: Selection = Field(default=Selection(), description="Which tasks of these splits.")
    attempts: int = Field(default=1, ge=1, description="Attempts at each task: pass^1 to pass^k.")
    temperature: float = Field(default=1.0, ge=0, description="0 takes the likeliest token always.")
    rendering: Rendering | None = Field(default=None, description="How tools and policy are told; as in training.")
    turns: int = Field(default=30, ge=1)
    turn_tokens: int = Field(default=2048, ge=8)
    length: int = Field(default=32_768, ge=64)
    at_once: int = Field(default=64, ge=1)
    generator: Literal["transformers", "vllm"] = "transformers"
    beside: tuple[Path, ...] = Field(default=(), description="Folders of other evaluations to show beside this one.")
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """What an evaluation leaves."""

    name: str
    total: Summary
    report: Path
    outcomes: tuple[Outcome, ...]


def run(configuration: EvaluationConfiguration, *, tell: Tell | None = None) -> EvaluationResult:
    """Let a model try the tasks, write attempts, figures and report, and return the figures.

    Raises BuildError, TrainingError, or ModelError where an endpoint fails.
    """
    others = {folder.name: _earlier(folder) for folder in configuration.beside}
    build = load(configuration.build, revision=configuration.revision)
    seen = Seen.in_training(build)
    chosen = _chosen(build, configuration)
    attempts = [
        Attempt(task, build.environment_for(task), f"evaluation/{number}", f"evaluation/{configuration.seed}/{number}")
        for task, _ in chosen
        for number in range(configuration.attempts)
    ]
    references = {one.task_id: one for split in configuration.splits for one in build.trajectories(split)}
    over = 0

    def finished(*_: Any) -> None:
        nonlocal over
        over += 1
        if tell is not None:
            tell(over, len(attempts))

    played = roller_of(configuration).play(
        attempts,
        temperature=configuration.temperature,
        seed=key_of("evaluation", configuration.seed),
        finished=finished,
    )
    outcomes = []
    outlooks = []
    for place, (task, split) in enumerate(chosen):
        environment = build.environment_for(task)
        reference = reference_rollout(task, environment, references[task.id])
        if task.orchestration is not None:
            outlooks.append(outlook(task, references[task.id], environment))
        kinds = seen.splits(task, split)
        for number in range(configuration.attempts):
            one = played[place * configuration.attempts + number]
            outcomes.append(outcome(one, number, kinds, reference))
    closed_form = figures(outlooks) if outlooks else []
    name = configuration.name or configuration.model.rstrip("/").rsplit("/", 1)[-1]
    configuration.out.mkdir(parents=True, exist_ok=True)
    write_outcomes(outcomes, configuration.out / "attempts.jsonl")
    row = {"model": configuration.model, "name": name, "build": configuration.build, **summary(outcomes).as_row()}
    (configuration.out / "figures.json").write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    report = write_report(configuration.out, name, outcomes, others, closed_form, model=Path(configuration.model))
    return EvaluationResult(name, summary(outcomes), report, tuple(outcomes))


def roller_of(configuration: EvaluationConfiguration) -> Roller:
    """Return what plays the episodes: a model here, in vLLM, or behind an endpoint."""
    limits = Limits(configuration.turn_tokens, configuration.length, configuration.turns)
    if configuration.model.startswith(OPENAI):
        from toolscale.trainer.api_rollout import ApiRoller, settings_of

        return ApiRoller(settings_of(configuration.model.removeprefix(OPENAI), configuration.base_url), limits)
    if configuration.base_url is not None:
        raise TrainingError(
            f"the model '{configuration.model}' is here, it has no address",
            remedy=f"Name a model behind an endpoint {OPENAI}NAME, or leave --base-url out.",
        )
    from toolscale.trainer.loading import load_for_generation, rendering_of
    from toolscale.trainer.rollout import SlotRoller
    from toolscale.trainer.tokens import ConversationTokenizer

    rendering = rendering_of(configuration.model, configuration.rendering)
    tokenizer = ConversationTokenizer.load(configuration.model, rendering)
    if configuration.generator == "vllm":
        from toolscale.trainer.vllm_rollout import VllmRoller, engine_for

        return VllmRoller(engine_for(configuration.model, configuration.length), tokenizer, limits)
    model = load_for_generation(configuration.model, tokenizer)
    return SlotRoller(model, tokenizer, limits, at_once=configuration.at_once)


def reference_rollout(task: Task, environment: Environment, trajectory: Trajectory) -> Rollout:
    """Return what the task's reference comes to, as if the task's small model had written it and asked nobody."""
    with LiveEpisode(task, environment, most_turns=len(trajectory.messages)) as live:
        for number, message in enumerate(trajectory.messages, 1):
            if message["role"] == "user":
                live.hear(UserTurn(message["content"], ends=number == len(trajectory.messages)))
            elif message["role"] == "assistant":
                live.act(message)
        return live.rollout()


def _chosen(build: Build, configuration: EvaluationConfiguration) -> list[tuple[Task, str]]:
    splits = {row["task_id"]: split for split, row in configuration.tasks.some_of(build, configuration.splits)}
    tasks = (task for split in configuration.splits for task in build.tasks(split))
    return [(task, splits[task.id]) for task in tasks if task.id in splits]


def _earlier(folder: Path) -> Sequence[Outcome]:
    path = folder / "attempts.jsonl"
    if not path.exists():
        raise TrainingError(
            f"{folder} is no evaluation: it has no attempts.jsonl",
            remedy="Run `toolscale train evaluate` into it first.",
        )
    return read_outcomes(path)
