"""verl: its own agent-loop base, tool parser and token builder play an episode for a model that knows the reference."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("verl", reason="verl wants an older transformers than trl: docs/formats.md", exc_type=ImportError)

from omegaconf import OmegaConf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
from verl.experimental.agent_loop.agent_loop import AgentLoopOutput, DictConfigWrap
from verl.workers.rollout.replica import TokenOutput

from toolscale.chat import TEMPLATE
from toolscale.formats.verl_agent_loop import EpisodeAgentLoop
from toolscale.shards.build import Build
from toolscale.task import Message, Task

ENDS = "<|im_end|>"


def _tokenizer() -> PreTrainedTokenizerFast:
    """One token a byte, and the markers of the chat template."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    whole = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(alphabet)}, merges=[]))
    whole.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    whole.decoder = decoders.ByteLevel()
    whole.add_special_tokens(["<|im_start|>", ENDS])
    whole.add_tokens([AddedToken(text, normalized=False) for text in ("<tool_call>", "</tool_call>")])
    made = PreTrainedTokenizerFast(tokenizer_object=whole, eos_token=ENDS, pad_token=ENDS)
    made.chat_template = TEMPLATE
    return made


class Recites:
    """A server that writes the given messages, one a turn, in the template's own words."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, messages: list[Message]) -> None:
        self._turns = iter([_written(tokenizer, message) for message in messages])

    async def generate(self, *, request_id: str, prompt_ids: list[int], sampling_params: dict[str, Any]) -> TokenOutput:
        ids = next(self._turns)
        return TokenOutput(token_ids=ids, log_probs=[-1.0] * len(ids))


def _written(tokenizer: PreTrainedTokenizerFast, message: Message) -> list[int]:
    text = tokenizer.apply_chat_template([{"role": "user", "content": ""}, message], tokenize=False)
    _, _, said = text.rpartition("<|im_start|>assistant\n")
    return tokenizer.encode(said[: said.index(ENDS) + len(ENDS)], add_special_tokens=False)


def _played(built: Build, task: Task, messages: list[Message]) -> AgentLoopOutput:
    tokenizer = _tokenizer()
    config = OmegaConf.create(
        {
            "actor_rollout_ref": {
                "rollout": {
                    "prompt_length": 100_000,
                    "response_length": 100_000,
                    "multi_turn": {"format": "hermes", "max_assistant_turns": 40},
                }
            },
            "data": {},
        }
    )

    async def run() -> AgentLoopOutput:
        loop = EpisodeAgentLoop(
            trainer_config=DictConfigWrap(config=config),
            server_manager=Recites(tokenizer, messages),
            tokenizer=tokenizer,
            processor=None,
            dataset_cls=SimpleNamespace,
            data_config=DictConfigWrap(config.data),
        )
        about = {"build": str(built.folder), "task_id": task.id, "key": "verl"}
        return await loop.run({}, extra_info=about, raw_prompt=[])

    return asyncio.run(run())


def _said(built: Build, task: Task) -> list[Message]:
    return [message for message in built.trajectory(task.id).messages if message["role"] == "assistant"]


def test_an_episode_that_goes_as_the_reference_is_rewarded(built: Build) -> None:
    task = next(built.tasks("train"))
    messages = _said(built, task)
    output = _played(built, task, messages)
    assert output.reward_score == 1.0
    learned = [token for token, mark in zip(output.response_ids, output.response_mask, strict=True) if mark]
    tokenizer = _tokenizer()
    assert learned == [token for message in messages for token in _written(tokenizer, message)]
    assert len(output.response_logprobs or []) == len(output.response_ids)


def test_an_agent_that_only_talks_is_not_rewarded(built: Build) -> None:
    task = next(task for task in built.tasks("train") if task.criteria.difference.changes)
    output = _played(built, task, [{"role": "assistant", "content": "Anything else?"}] * 40)
    assert output.reward_score == 0.0
    assert output.extra_fields["messages"][0]["role"] == "system"
