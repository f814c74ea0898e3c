"""What supervised training and reinforcement learning have in common: where they read, write, run, and how they go on."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field

from toolscale.errors import TrainingError
from toolscale.trainer.prompts import Rendering
from toolscale.trainer.selection import Selection

Reports = Literal["tensorboard", "wandb"]


class LoraConfiguration(BaseModel):
    """Low-rank adapters in place of all weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(default=32, ge=1)
    alpha: int = Field(default=64, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    modules: tuple[str, ...] = Field(default=("all-linear",), description="Names of the layers that get an adapter.")


class StageConfiguration(BaseModel):
    """The settings of both stages of training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    build: str = Field(description="The pinned build or release: a folder or org/name.")
    revision: str | None = Field(default=None, description="The tag or commit of a build on the Hub.")
    model: str = Field(default="Qwen/Qwen3-8B", description="Any causal language model: a folder or a name on the Hub.")
    out: Path = Field(description="The folder of the trained model, its checkpoints, metrics and charts.")
    tasks: Selection = Field(default=Selection(), description="Which tasks to train on.")
    rendering: Rendering | None = Field(
        default=None, description="How tools and policy are told; as the model was trained, else in full."
    )
    lora: LoraConfiguration | None = Field(default=None, description="Train adapters; without it all weights.")
    learning_rate: float = Field(gt=0)
    warmup: float = Field(default=0.03, ge=0, lt=1, description="Share of the steps in which the rate rises.")
    schedule: Literal["constant", "cosine", "linear"] = "cosine"
    weight_decay: float = Field(default=0.0, ge=0)
    largest_gradient: float = Field(default=1.0, gt=0, description="The norm that gradients are cut to.")
    device_batch: int = Field(default=1, ge=1, description="Sequences that one device updates on at once.")
    activation_checkpointing: bool = Field(
        default=False, description="Compute activations again instead of keeping them."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="What is computed in; auto: bfloat16 on a GPU that has it, else float32."
    )
    fsdp: bool = Field(default=False, description="Shard the model over all processes (FSDP2) instead of copying it.")
    attention: str | None = Field(
        default=None, description="Attention kernel, such as flash_attention_2; else PyTorch's."
    )
    save_every: int = Field(default=50, ge=1, description="Steps between checkpoints; two are kept.")
    log_every: int = Field(default=1, ge=1, description="Steps between rows of the metrics.")
    reports: tuple[Reports, ...] = Field(default=("tensorboard",), description="Where metrics go beside metrics.jsonl.")
    fresh: bool = Field(default=False, description="Start anew instead of going on from the last checkpoint.")
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage of training leaves: the model's folder, the steps made, and the last row of the metrics."""

    model: Path
    steps: int
    seconds: float
    metrics: dict[str, float]


def own_device() -> torch.device:
    """Return where this process computes: its GPU if the machine has any, else the CPU."""
    return (
        torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        if torch.cuda.is_available()
        else torch.device("cpu")
    )


def runs_in_bf16() -> bool:
    """Return whether this machine trains in bfloat16: a CUDA device that has it. CPUs train in float32."""
    return bool(torch.cuda.is_available() and torch.cuda.is_bf16_supported())


def processes() -> int:
    """Return how many processes train together: what torchrun says, else 1."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def shared_arguments(configuration: StageConfiguration) -> dict[str, Any]:
    """Return what TRL's configurations are given by both stages.

    Raises TrainingError if the model is to be sharded where accelerate would quietly copy it.
    """
    many = processes() > 1
    if configuration.fsdp and not (torch.cuda.is_available() and "LOCAL_RANK" in os.environ):
        raise TrainingError(
            "a model is sharded over the GPUs of processes that torchrun starts, and none are here",
            remedy="Start the stage with torchrun on a machine with GPUs, or set fsdp: false.",
        )
    return {
        "output_dir": str(configuration.out / "checkpoints"),
        "learning_rate": configuration.learning_rate,
        "warmup_steps": configuration.warmup,
        "lr_scheduler_type": configuration.schedule,
        "weight_decay": configuration.weight_decay,
        "max_grad_norm": configuration.largest_gradient,
        "per_device_train_batch_size": configuration.device_batch,
        # said only where it is wanted: newer releases of transformers have another name for it
        **({"gradient_checkpointing": True} if configuration.activation_checkpointing else {}),
        "fsdp": configuration.fsdp or None,
        "bf16": configuration.precision == "bfloat16" or (configuration.precision == "auto" and runs_in_bf16()),
        "fp16": False,
        "tf32": True if runs_in_bf16() else None,  # what generates in float32 between two updates
        "use_cpu": not torch.cuda.is_available(),
        "ddp_backend": "gloo" if many and not torch.cuda.is_available() else None,
        "ddp_find_unused_parameters": False,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "save_strategy": "steps",
        "save_steps": configuration.save_every,
        "save_total_limit": 2,
        "logging_steps": configuration.log_every,
        "logging_nan_inf_filter": False,  # a loss that is not a number must be seen
        "report_to": list(configuration.reports) or "none",
        "disable_tqdm": True,
        "seed": configuration.seed,
        "data_seed": configuration.seed,
    }


def last_checkpoint(configuration: StageConfiguration) -> Path | None:
    """Return the newest whole checkpoint of an earlier run, None if there is none or a fresh start is wanted.

    A checkpoint whose writing was cut short lacks the trainer's state, which is written last, and is removed.
    """
    folder = configuration.out / "checkpoints"
    if configuration.fresh:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    found = {}
    for path in folder.glob("checkpoint-*"):
        if not (number := re.fullmatch(r"checkpoint-(\d+)", path.name)):
            continue
        if (path / "trainer_state.json").exists():
            found[int(number[1])] = path
        else:
            shutil.rmtree(path, ignore_errors=True)
    return found[max(found)] if found else None


def check_reports(configuration: StageConfiguration) -> None:
    """Raise TrainingError if a report needs a package that is not installed."""
    from importlib.util import find_spec

    for report in configuration.reports:
        if find_spec(report) is None:
            raise TrainingError(
                f"metrics are to go to {report}, which is not installed",
                remedy=f"Run `pip install {report}`, or leave it out of `reports`.",
            )
