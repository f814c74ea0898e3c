"""TRL's own GRPOTrainer takes a step on a build's episodes. Runs where torch and TRL are installed (the `train` extra)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
pytest.importorskip("torch", reason="needs the train extra: torch", exc_type=ImportError)
pytest.importorskip("trl", reason="needs the train extra: trl", exc_type=ImportError)

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from transformers.utils import get_json_schema
from trl import GRPOConfig, GRPOTrainer
from trl.chat_template_utils import qwen3_chat_template

from tests.interop.playing_reference import a_writing_task, calls_of
from toolscale.formats.trl_environment import environments, grpo_rows
from toolscale.shards.build import Build

ENDS = "<|im_end|>"


def _tokenizer(text: str) -> PreTrainedTokenizerFast:
    whole = Tokenizer(models.BPE())
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    whole.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    whole.train_from_iterator(
        [text], trainers.BpeTrainer(vocab_size=1200, initial_alphabet=alphabet, show_progress=False)
    )
    whole.add_special_tokens(["<|im_start|>", ENDS])
    whole.add_tokens(
        [AddedToken(mark, normalized=False) for mark in ("<tool_call>", "</tool_call>", "<tool_response>")]
    )
    made = PreTrainedTokenizerFast(tokenizer_object=whole, eos_token=ENDS, pad_token=ENDS)
    made.chat_template = qwen3_chat_template
    return made


class Recites(Qwen3ForCausalLM):
    """A model whose first rollout of a group makes the given calls, and whose others say goodbye at once."""

    turns: list[list[int]]
    goodbye: list[int]
    heard: int

    def generate(self, input_ids: torch.Tensor, **_: Any) -> torch.Tensor:
        written = []
        for number, row in enumerate(input_ids):
            made = int((row == self.heard).sum())
            written.append(self.turns[made] if number == 0 and made < len(self.turns) else self.goodbye)
        longest = max(map(len, written))
        end = self.config.eos_token_id
        padded = torch.tensor([ids + [end] * (longest - len(ids)) for ids in written])
        return torch.cat([input_ids, padded], dim=1)


def _turn(tokenizer: PreTrainedTokenizerFast, name: str, arguments: dict[str, Any]) -> list[int]:
    call = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return tokenizer.encode(f"<tool_call>\n{call}\n</tool_call>{ENDS}", add_special_tokens=False)


@pytest.mark.slow
def test_the_rollout_that_makes_the_references_calls_is_rewarded_and_the_other_is_not(
    built: Build, tmp_path: Path
) -> None:
    torch.set_num_threads(1)
    task = a_writing_task(built)
    rows = grpo_rows(built, "train").filter(lambda row: row["task_id"] == task.id)
    tokenizer = _tokenizer(json.dumps([rows[0]["prompt"], built.row("trajectories", "task_id", task.id)["tools"]]))
    model = Recites(
        Qwen3Config(
            vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1,
            num_key_value_heads=1, head_dim=16, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
        )
    )  # fmt: skip
    model.turns = [_turn(tokenizer, *call) for call in calls_of(built.trajectory(task.id))]
    model.goodbye = tokenizer.encode(f"Goodbye.{ENDS}", add_special_tokens=False)
    model.heard = tokenizer.convert_tokens_to_ids("<tool_response>")
    trainer = GRPOTrainer(
        model=model,
        args=GRPOConfig(
            output_dir=str(tmp_path), max_steps=1, per_device_train_batch_size=2, num_generations=2,
            max_completion_length=6000, use_cpu=True, report_to=[], save_strategy="no", logging_steps=1, bf16=False,
        ),
        train_dataset=rows,
        processing_class=tokenizer,
        environment_factory=environments(built),
    )  # fmt: skip
    trainer.train()
    [logged] = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert logged["rewards/LibraryEnvironment/mean"] == 0.5
    assert logged["rewards/LibraryEnvironment/std"] > 0
    assert logged["tools/failure_frequency"] == 0


def test_transformers_reads_each_tools_parameters_from_its_method(built: Build) -> None:
    task = a_writing_task(built)
    environment = environments(built)[task.domain]()
    for schema in built.environment_for(task).tool_schemas:
        function = schema["function"]
        seen = get_json_schema(getattr(environment, function["name"]))["function"]
        assert set(seen["parameters"]["properties"]) == set(function["parameters"]["properties"])
        assert seen["parameters"].get("required", []) == function["parameters"].get("required", [])
        for name, described in function["parameters"]["properties"].items():
            shown = seen["parameters"]["properties"][name]
            if isinstance(described["type"], list):  # transformers' way to say that null is allowed
                assert ([shown["type"], "null"], shown["nullable"]) == (described["type"], True)
            else:
                assert shown["type"] == described["type"]
            assert shown.get("enum") == described.get("enum")
            assert shown["description"] == " ".join(described["description"].split())
