"""Reinforcement learning in live episodes: GRPO with the rewards of the paper (arXiv 2511.21689, section 3.2).

toolscale train rl --config trainer/recipes/rl.yaml
torchrun --nproc_per_node 8 -m toolscale train rl --config trainer/recipes/rl.yaml
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

from accelerate.utils import gather_object
from datasets import Dataset
from pydantic import Field
from transformers import set_seed
from trl import GRPOConfig, GRPOTrainer

from toolscale.errors import TrainingError
from toolscale.randomness import key_of
from toolscale.registry import load
from toolscale.rewards import kept, left_out, too_alike
from toolscale.shards.build import Build
from toolscale.task import Task
from toolscale.trainer.charts import draw_training
from toolscale.trainer.episode_metrics import episode_metrics, group_metrics
from toolscale.trainer.loading import load_model, lora, note_rendering, rendering_of
from toolscale.trainer.metrics import Divergence, MetricsFile, Step, read_metrics
from toolscale.trainer.objective import group_rewards
from toolscale.trainer.playing import Attempt, Limits, Played
from toolscale.trainer.probe import solved_sometimes
from toolscale.trainer.rollout import Roller, SlotRoller
from toolscale.trainer.stage import (
    StageConfiguration,
    StageResult,
    check_reports,
    last_checkpoint,
    own_device,
    processes,
    shared_arguments,
)
from toolscale.trainer.tokens import ConversationTokenizer


class RlConfiguration(StageConfiguration):
    """Reinforcement learning; the defaults are the paper's (appendix of arXiv 2511.21689) where it names them."""

    learning_rate: float = Field(default=1e-6, gt=0)
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    steps: int = Field(default=200, ge=1)
    groups: int = Field(default=16, ge=1, description="Tasks in one step.")
    rollouts: int = Field(default=8, ge=2, description="Episodes of each of them: one group.")
    temperature: float = Field(default=1.0, gt=0)
    clip_low: float = Field(default=0.2, gt=0)
    clip_high: float = Field(default=0.28, gt=0)
    kl: float = Field(default=1e-4, ge=0, description="Weight of the divergence from the model that one starts with.")
    loss: Literal["grpo", "dapo", "dr_grpo"] = Field(default="dapo", description="How tokens are averaged.")
    turns: int = Field(default=30, ge=1, description="Turns of the agent in one episode.")
    turn_tokens: int = Field(default=2048, ge=8, description="Tokens of one turn.")
    length: int = Field(default=32_768, ge=64, description="Tokens of a whole conversation.")
    at_once: int = Field(default=64, ge=1, description="Episodes that one process plays at a time.")
    generator: Literal["transformers", "vllm"] = Field(default="transformers", description="Who generates.")
    vllm_memory: float = Field(default=0.4, gt=0, lt=1, description="Share of the GPU's memory that vLLM takes.")
    invalid: Literal["left out", "failed"] = Field(
        default="left out",
        description="Episodes with malformed calls or no valid end: left out as in the paper, which gives no signal against "
        "them, or counted with their R.",
    )
    probe: int = Field(
        default=0, ge=0, description="Attempts at each task beforehand; those never or always solved go."
    )
    largest_fall: float = Field(default=0.5, gt=0, le=1, description="Stop if success falls by this share of its best.")


def run(configuration: RlConfiguration, *, tell: Step | None = None) -> StageResult:
    """Train, and return what came of it. The same call goes on from the last checkpoint after a kill.

    Raises BuildError for a build and TrainingError for a model, a selection or a run that is at fault.
    """
    check_reports(configuration)
    set_seed(configuration.seed)
    rendering = rendering_of(configuration.model, configuration.rendering)
    tokenizer = ConversationTokenizer.load(configuration.model, rendering)
    model = load_model(
        configuration.model, tokenizer, attention=configuration.attention, frozen=configuration.lora is not None
    )
    checkpoint = last_checkpoint(configuration)
    build = load(configuration.build, revision=configuration.revision)
    chosen = [row["task_id"] for _, row in configuration.tasks.some_of(build, ["train"])]
    if configuration.probe:
        limits = Limits(configuration.turn_tokens, configuration.length, configuration.turns)
        chosen = solved_sometimes(
            build,
            chosen,
            SlotRoller(model.to(own_device()), tokenizer, limits, at_once=configuration.at_once),
            attempts=configuration.probe,
            temperature=configuration.temperature,
            note=configuration.out / "probe.json",
        )
    trainer = OrchestrationTrainer(configuration, model, tokenizer, build, chosen, tell)
    start = time.monotonic()
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(configuration.out))
    rows = read_metrics(configuration.out / "metrics.jsonl")
    if trainer.is_world_process_zero():
        tokenizer.tokenizer.save_pretrained(configuration.out)
        note_rendering(configuration.out, rendering)
        draw_training(rows, configuration.out / "charts", title="Reinforcement learning")
    return StageResult(configuration.out, trainer.state.global_step, time.monotonic() - start, rows[-1] if rows else {})


class OrchestrationTrainer(GRPOTrainer):
    """TRL's GRPO on our rollouts: only prompts reach a rollout function, so a task's id is its prompt."""

    def __init__(
        self,
        configuration: RlConfiguration,
        model: Any,
        tokenizer: ConversationTokenizer,
        build: Build,
        task_ids: Sequence[str],
        tell: Step | None = None,
    ) -> None:
        self._configuration = configuration
        self._tokens = tokenizer
        self._build = build
        wanted = set(task_ids)
        self._tasks: dict[str, Task] = {task.id: task for task in build.tasks("train") if task.id in wanted}
        self._roller: Roller | None = None
        self._clock = time.perf_counter()
        self._rolled = 0.0
        self._in_environment = 0.0
        self._generated = 0
        super().__init__(
            model=model,
            reward_funcs=[self.reward],
            args=_arguments(configuration),
            train_dataset=Dataset.from_dict({"prompt": list(task_ids)}),
            processing_class=tokenizer.tokenizer,
            peft_config=lora(configuration.lora),
            rollout_func=self.roll,
            callbacks=[
                MetricsFile(configuration.out / "metrics.jsonl", tell=tell),
                Divergence(watched="success", most_fall=configuration.largest_fall),
            ],
        )

    def roll(self, prompts: list[str], trainer: GRPOTrainer) -> dict[str, Any]:
        """Play an episode for each prompt, which is a task's id; return what GRPOTrainer asks of a rollout function."""
        start = time.perf_counter()
        step, seed = self.state.global_step, self._configuration.seed
        attempts = [
            Attempt(
                self._tasks[name],
                self._build.environment_for(self._tasks[name]),
                user_key=f"{seed}/{step}/{name}",
                expert_key=f"{seed}/{step}/{name}/{self.accelerator.process_index}/{number}",
            )
            for number, name in enumerate(prompts)
        ]
        training = self.model.training
        self.model.eval()
        played = self._generator().play(
            attempts,
            temperature=self._configuration.temperature,
            seed=key_of("rollout", seed, step, self.accelerator.process_index),
        )
        self.model.train(training)
        self._rolled += time.perf_counter() - start
        self._in_environment += sum(one.environment_seconds for one in played)
        self._generated += sum(one.generated for one in played)
        return {
            "prompt_ids": [one.prompt for one in played],
            "completion_ids": [one.completion for one in played],
            "logprobs": [one.logprobs for one in played] if self._configuration.generator == "vllm" else None,
            "env_mask": [[int(own) for own in one.own] for one in played],
            "played": played,
        }

    def reward(self, *, played: list[Played], log_metric: Any, **_: Any) -> list[float | None]:
        """Return R of each episode; None, which TRL leaves out, for groups and episodes that are not trained on.

        The episodes of a group may lie on several processes, so all are looked at together.
        """
        start = time.perf_counter()
        size = self._configuration.rollouts
        mine = [(one.task.id, one.rollout, one.measured) for one in played]
        everyone = gather_object(mine)
        rewarded: list[float | None] = []
        for first in range(0, len(everyone), size):
            task = self._tasks[everyone[first][0]]
            rollouts = [rollout for _, rollout, _ in everyone[first : first + size]]
            values = group_rewards(task, rollouts)
            lenient = self._configuration.invalid == "failed"
            reason = too_alike(values) if lenient else left_out(rollouts, values)
            for name, value in group_metrics(task, rollouts, values, reason).items():
                log_metric(name, value)
            usable = [True] * size if lenient else kept(rollouts)
            trained_on = usable if reason is None else [False] * size
            rewarded += [float(value) if use else None for value, use in zip(values, trained_on, strict=True)]
        for name, value in episode_metrics([(rollout, measured) for _, rollout, measured in everyone]).items():
            log_metric(name, value)
        self._in_environment += time.perf_counter() - start
        self._rolled += time.perf_counter() - start
        place = self.accelerator.process_index * len(played)
        return rewarded[place : place + len(played)]

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add the speed and the shares of the time since the last row: environment (with scoring), generation, update."""
        now = time.perf_counter()
        spent = max(now - self._clock, 1e-9)
        if self._rolled and "loss" in logs:
            generating = max(self._rolled - self._in_environment, 1e-9)
            logs["time/environment"] = self._in_environment / spent
            logs["time/generation"] = generating / spent
            logs["time/update"] = 1 - self._rolled / spent
            logs["tokens_per_second"] = self._generated / generating
        self._clock, self._rolled, self._in_environment, self._generated = now, 0.0, 0.0, 0
        super().log(logs, start_time)

    def _generator(self) -> Roller:
        if self._roller is None:
            limits = Limits(self._configuration.turn_tokens, self._configuration.length, self._configuration.turns)
            if self._configuration.generator == "vllm":
                from toolscale.trainer.vllm_rollout import VllmRoller, engine_of

                self._roller = VllmRoller(engine_of(self), self._tokens, limits)
            else:
                model = self.accelerator.unwrap_model(self.model)
                self._roller = SlotRoller(model, self._tokens, limits, at_once=self._configuration.at_once)
        return self._roller


def _arguments(configuration: RlConfiguration) -> GRPOConfig:
    episodes = configuration.groups * configuration.rollouts
    at_once = configuration.device_batch * processes()
    if episodes % at_once:
        raise TrainingError(
            f"{configuration.groups} groups of {configuration.rollouts} rollouts are no multiple of {at_once}, the sequences "
            f"that {processes()} processes update on at once",
            remedy="Change groups, rollouts or device_batch.",
        )
    if configuration.fsdp and configuration.generator != "vllm":
        raise TrainingError(
            "a sharded model can't generate in this process: its parts would have to meet for every token",
            remedy="Set generator: vllm, or fsdp: false.",
        )
    vllm = configuration.generator == "vllm"
    return GRPOConfig(
        **shared_arguments(configuration),
        max_steps=configuration.steps,
        gradient_accumulation_steps=episodes // at_once,
        num_generations=configuration.rollouts,
        max_completion_length=configuration.length,
        temperature=configuration.temperature,
        epsilon=configuration.clip_low,
        epsilon_high=configuration.clip_high,
        beta=configuration.kl,
        loss_type=configuration.loss,
        scale_rewards="group",
        use_vllm=vllm,
        vllm_mode="colocate",
        vllm_gpu_memory_utilization=configuration.vllm_memory,
        vllm_max_model_length=configuration.length if vllm else None,
    )
