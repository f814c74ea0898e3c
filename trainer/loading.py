"""Causal language models by folder or name, with toolscale's tokenizer around them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from toolscale.errors import TrainingError
from toolscale.trainer.prompts import Rendering
from toolscale.trainer.stage import LoraConfiguration, own_device, runs_in_bf16
from toolscale.trainer.tokens import ConversationTokenizer

_NOTE = "toolscale.json"


def load_model(
    name: str, tokenizer: ConversationTokenizer, *, attention: str | None = None, frozen: bool = False
) -> PreTrainedModel:
    """Return the model of a folder or name, in float32 (bfloat16 copies are made while it computes on a GPU).

    A model whose weights stay `frozen`, since adapters are trained, is held in bfloat16 where that is computed in. A folder of
    LoRA adapters loads with its base model. Raises TrainingError if there is no such model.
    """
    keywords: dict[str, Any] = {"dtype": torch.bfloat16 if frozen and runs_in_bf16() else torch.float32}
    if attention is not None:
        keywords["attn_implementation"] = attention
    try:
        if (Path(name) / "adapter_config.json").exists():
            from peft import AutoPeftModelForCausalLM

            adapted = AutoPeftModelForCausalLM.from_pretrained(name, **keywords)
            model = adapted.merge_and_unload()
        else:
            model = AutoModelForCausalLM.from_pretrained(name, **keywords)
    except (OSError, ValueError, ImportError) as error:
        raise TrainingError(
            f"the model '{name}' can't be loaded: {str(error).strip().splitlines()[0]}",
            remedy="Give the folder of a model (`toolscale train tiny` makes one) or its name on the Hub.",
        ) from None
    tokenizer.fit(model)
    loaded: PreTrainedModel = model
    return loaded


def load_for_generation(name: str, tokenizer: ConversationTokenizer) -> PreTrainedModel:
    """Return the model ready to generate: on the GPU in bfloat16 if there is one, else on the CPU in float32."""
    model = load_model(name, tokenizer).eval()
    if torch.cuda.is_available():
        model = model.to(own_device(), torch.bfloat16 if runs_in_bf16() else torch.float16)
    return model


def lora(configuration: LoraConfiguration | None) -> Any:
    """Return peft's configuration of the adapters, None for all weights. Raises TrainingError without peft."""
    if configuration is None:
        return None
    try:
        from peft import LoraConfig
    except ImportError:
        raise TrainingError("LoRA needs peft, which is not installed", remedy="Run `pip install peft`.") from None
    modules: Any = configuration.modules
    return LoraConfig(
        r=configuration.rank,
        lora_alpha=configuration.alpha,
        lora_dropout=configuration.dropout,
        target_modules=modules[0] if modules == ("all-linear",) else list(modules),
        task_type="CAUSAL_LM",
    )


def rendering_of(model: str, wanted: Rendering | None) -> Rendering:
    """Return how a model is told tools and policy: as wanted, else as it was trained, else in full."""
    if wanted is not None:
        return wanted
    note = Path(model) / _NOTE
    if note.exists():
        rendering: Rendering = json.loads(note.read_text(encoding="utf-8"))["rendering"]
        return rendering
    return "full"


def note_rendering(folder: Path, rendering: Rendering) -> None:
    """Write down, beside a model, how it is told tools and policy."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _NOTE).write_text(json.dumps({"rendering": rendering}) + "\n", encoding="utf-8")
