"""Rollouts that vLLM generates are those that the model generates in this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.trainer.playing_reference import attempt_at
from tests.vllm.conftest import WHOLE_PROMPTS
from toolscale.shards.build import Build
from toolscale.trainer.loading import load_for_generation
from toolscale.trainer.playing import Limits
from toolscale.trainer.rollout import SlotRoller
from toolscale.trainer.tiny import TinyConfiguration
from toolscale.trainer.tiny import run as make_tiny
from toolscale.trainer.tokens import ConversationTokenizer
from toolscale.trainer.vllm_rollout import VllmRoller

SHORT = Limits(turn_tokens=24, tokens=1_500, turns=4)


def test_greedy_episodes_are_the_same_tokens_with_the_same_probabilities(built: Build, tmp_path: Path) -> None:
    import vllm

    make_tiny(
        TinyConfiguration(build=str(built.folder), out=tmp_path / "model", words=300, hidden=64, layers=2, seed=4)
    )
    tokenizer = ConversationTokenizer.load(str(tmp_path / "model"), "compact")
    attempts = [attempt_at(built, task) for task in list(built.tasks("train"))[:4]]
    here = SlotRoller(load_for_generation(str(tmp_path / "model"), tokenizer), tokenizer, SHORT, at_once=4)
    engine = vllm.LLM(
        model=os.fspath(tmp_path / "model"), dtype="float32", enforce_eager=True, **WHOLE_PROMPTS, max_model_len=1_500
    )
    played, expected = (
        roller.play(attempts, temperature=0, seed=1) for roller in (VllmRoller(engine, tokenizer, SHORT), here)
    )
    for one, other in zip(played, expected, strict=True):
        assert one.completion == other.completion
        assert one.own == other.own
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-3)
