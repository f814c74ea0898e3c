"""Fixtures of the trainer's tests: one process-wide build, a small model from nothing, its tokenizer."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # several test processes share the cores
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest
import torch

from toolscale.shards.build import Build
from toolscale.trainer.loading import load_for_generation
from toolscale.trainer.prompts import Rendering
from toolscale.trainer.tiny import TinyConfiguration, run
from toolscale.trainer.tokens import ConversationTokenizer

torch.set_num_threads(1)


def tiny(build: Build, out: Path, rendering: Rendering = "compact", **shape: object) -> Path:
    """Make the smallest model that still has all parts of a large one."""
    small = {"hidden": 32, "layers": 2, "heads": 2, "key_value_heads": 1, "head_width": 16, "feed_forward": 64}
    run(TinyConfiguration(build=str(build.folder), out=out, rendering=rendering, words=300, **{**small, **shape}))
    return out


@pytest.fixture(scope="session")
def model_folder(built: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(built, tmp_path_factory.mktemp("tiny") / "model", digits=2, new_ids=False)


@pytest.fixture(scope="session")
def tokenizer(model_folder: Path) -> ConversationTokenizer:
    return ConversationTokenizer.load(str(model_folder), "compact")


@pytest.fixture(scope="session")
def model(model_folder: Path, tokenizer: ConversationTokenizer) -> torch.nn.Module:
    return load_for_generation(str(model_folder), tokenizer)
