"""Supervised training on a build's trajectories: what the assistant writes is learned, all else is context.

toolscale train sft --config trainer/recipes/sft.yaml
torchrun --nproc_per_node 8 -m toolscale train sft --config trainer/recipes/sft.yaml
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from datasets import Dataset, concatenate_datasets
from pydantic import Field
from transformers import set_seed
from trl import SFTConfig, SFTTrainer, pack_dataset

from toolscale.errors import TrainingError
from toolscale.randomness import KeyedRandom
from toolscale.trainer.charts import draw_training
from toolscale.trainer.curriculum import stages
from toolscale.trainer.encoding import Examples
from toolscale.trainer.loading import load_model, lora, note_rendering, rendering_of
from toolscale.trainer.metrics import Divergence, MetricsFile, Step, read_metrics
from toolscale.trainer.stage import (
    StageConfiguration,
    StageResult,
    check_reports,
    last_checkpoint,
    processes,
    shared_arguments,
)
from toolscale.trainer.tokens import ConversationTokenizer, EncodedConversation

_LARGEST_MASK = 2**33
"""Bytes of the attention mask of one packed batch."""
_STEPS_SORTED = 32
"""Steps whose conversations are sorted by length together."""


class SftConfiguration(StageConfiguration):
    """Supervised training."""

    learning_rate: float = Field(default=1e-5, gt=0)
    passes: float = Field(default=2, gt=0, description="How often each trajectory is seen.")
    curriculum: bool = Field(default=True, description="Begin with the easy tasks.")
    packing: bool = Field(default=True, description="Fill sequences of `length` tokens with whole conversations.")
    asking: float = Field(
        default=0, ge=0, le=1, description="Share of the messages with calls before which an expert is asked."
    )
    accumulate: int = Field(default=1, ge=1, description="Batches of each device in one step.")
    length: int = Field(default=32768, ge=64, description="The longest sequence; longer conversations are left out.")


def run(configuration: SftConfiguration, *, tell: Step | None = None) -> StageResult:
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
    trainer = MeasuredTrainer(
        model=model,
        args=SFTConfig(
            **shared_arguments(configuration),
            gradient_accumulation_steps=configuration.accumulate,
            num_train_epochs=1,  # the examples are in the order of training already
            train_sampling_strategy="sequential",
            dataset_kwargs={"skip_prepare_dataset": True},
            padding_free=configuration.packing,
            max_length=None,
        ),
        train_dataset=examples(configuration),
        processing_class=tokenizer.tokenizer,
        peft_config=lora(configuration.lora),
        callbacks=[MetricsFile(configuration.out / "metrics.jsonl", tell=tell), Divergence()],
    )
    start = time.monotonic()
    trainer.train(resume_from_checkpoint=last_checkpoint(configuration))
    trainer.save_model(str(configuration.out))
    rows = read_metrics(configuration.out / "metrics.jsonl")
    if trainer.is_world_process_zero():
        tokenizer.tokenizer.save_pretrained(configuration.out)
        note_rendering(configuration.out, rendering)
        draw_training(rows, configuration.out / "charts", title="Supervised training")
    return StageResult(configuration.out, trainer.state.global_step, time.monotonic() - start, rows[-1] if rows else {})


def _refuse_large_mask(configuration: SftConfiguration, packed: Dataset) -> None:
    """Raise TrainingError for packed batches that only FlashAttention can take: to all else they are one long sequence."""
    if "flash" in (configuration.attention or ""):
        return
    longest = sorted(map(sum, packed["seq_lengths"]), reverse=True)
    tokens = sum(longest[: configuration.device_batch])
    if tokens**2 > _LARGEST_MASK:
        raise TrainingError(
            f"a packed batch of {tokens:,} tokens needs an attention mask of {tokens**2 / 2**30:,.0f} GiB",
            remedy="Set attention: flash_attention_2, packing: false, or a smaller device_batch or length.",
        )


class MeasuredTrainer(SFTTrainer):
    """TRL's supervised trainer, which also tells its speed, and needs no mask for padding."""

    _clock: float | None = None
    _read = 0.0

    def compute_loss(self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Compute the loss without telling the model of the padding: it lies behind, where causal attention never looks.

        Without a mask PyTorch takes its fastest attention.
        """
        mask = inputs.get("attention_mask")
        if mask is not None:
            inputs["attention_mask"] = torch.ones_like(mask)
        loss = super().compute_loss(model, inputs, *arguments, **options)
        if mask is not None:
            self._total_train_tokens -= int(self.accelerator.gather_for_metrics((mask == 0).sum()).sum())
            self._metrics["train"]["num_tokens"] = [self._total_train_tokens]
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add tokens a second of all processes, and what they compute: 6 FLOP a parameter and token."""
        now, read = time.perf_counter(), float(self._total_train_tokens)
        if self._clock is not None and "loss" in logs and now > self._clock:
            logs["tokens_per_second"] = (read - self._read) / (now - self._clock)
            logs["teraflops"] = 6 * self._parameters * logs["tokens_per_second"] / 1e12
        self._clock, self._read = now, read
        super().log(logs, start_time)

    @functools.cached_property
    def _parameters(self) -> int:
        return int(self.accelerator.unwrap_model(self.model).num_parameters())


def examples(configuration: SftConfiguration) -> Dataset:
    """Return the examples in the order of training, with `input_ids` and `labels` (and `seq_lengths` if packed).

    Raises BuildError for a build, and TrainingError for a model, a selection, or lengths that are at fault.
    """
    levels, encoded = zip(
        *Examples(
            configuration.build,
            configuration.revision,
            configuration.model,
            rendering_of(configuration.model, configuration.rendering),
            configuration.tasks,
            configuration.asking,
        ).encoded(),
        strict=True,
    )
    fitting = [number for number, one in enumerate(encoded) if len(one.ids) <= configuration.length]
    if not fitting:
        raise TrainingError(
            f"no conversation fits into {configuration.length} tokens",
            remedy=f"The shortest has {min(len(one.ids) for one in encoded)}: raise `length`.",
        )
    order = stages(
        [levels[number] for number in fitting],
        passes=configuration.passes,
        curriculum=configuration.curriculum,
        seed=configuration.seed,
    )
    staged = [[encoded[fitting[number]] for number in stage] for stage in order]
    if not configuration.packing:
        step = configuration.device_batch * configuration.accumulate * processes()
        return _dataset(list(chain.from_iterable(_alike(stage, step, configuration.seed) for stage in staged)))
    # packed stage by stage: packing sorts by length, which would undo the curriculum
    packed = [pack_dataset(_dataset(stage), configuration.length) for stage in staged if stage]
    shuffled: Dataset = concatenate_datasets([part.shuffle(seed=configuration.seed) for part in packed])
    _refuse_large_mask(configuration, shuffled)
    return shuffled


def _alike(stage: Sequence[EncodedConversation], step: int, seed: int) -> list[EncodedConversation]:
    """Put conversations of like length into the same step, so that little is padded; the steps stay in random order."""
    window = step * _STEPS_SORTED
    ordered = []
    for start in range(0, len(stage), window):
        by_length = sorted(stage[start : start + window], key=lambda one: len(one.ids))
        steps = [by_length[at : at + step] for at in range(0, len(by_length), step)]
        whole, rest = [one for one in steps if len(one) == step], [one for one in steps if len(one) < step]
        KeyedRandom.of("steps", seed, start).shuffle(whole)
        ordered += [*chain.from_iterable(whole), *chain.from_iterable(rest)]
    return ordered


def _dataset(encoded: Sequence[EncodedConversation]) -> Dataset:
    columns: dict[str, Any] = {"input_ids": [one.ids for one in encoded], "labels": [one.labels for one in encoded]}
    return Dataset.from_dict(columns)
