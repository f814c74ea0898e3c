"""Copying drills: only what can be known counts, and a model that practises learns."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM

from tests.trainer.conftest import tiny
from toolscale.randomness import KeyedRandom
from toolscale.shards.build import Build
from toolscale.trainer.drills import CODES, DISTANCES, Distance, drill

PIECES, WORDS = list(range(100, 200)), list(range(100))


@given(st.integers(0, 10_000), st.sampled_from(DISTANCES))
def test_what_counts_went_on_in_the_same_way_before(seed: int, distance: Distance) -> None:
    one = drill(KeyedRandom.of(seed), distance, PIECES, WORDS)
    assert len(one.ids) == len(one.known) == distance.length
    pairs = list(zip(one.ids, one.ids[1:], strict=False))
    for at, known in enumerate(one.known):
        if known:
            assert pairs[at - 1] in pairs[: at - 1]


@given(st.integers(0, 10_000))
def test_words_never_count_and_the_first_time_of_a_code_neither(seed: int) -> None:
    one = drill(KeyedRandom.of(seed), DISTANCES[-1], PIECES, WORDS)
    assert not any(known for token, known in zip(one.ids, one.known, strict=True) if token in WORDS)
    assert not any(one.known[: CODES[0] * 3])
    assert any(one.known)


def test_a_model_that_practises_gets_better_and_the_same_each_time(built: Build, tmp_path: Path) -> None:
    shape = {"digits": 2, "new_ids": False, "hidden": 64, "head_width": 32, "drill_batch": 1024}
    first = tiny(built, tmp_path / "first", drills=100_000, **shape)
    again = tiny(built, tmp_path / "again", drills=100_000, **shape)
    rows = [json.loads(line) for line in (first / "drills.jsonl").read_text().splitlines()]
    assert rows[-1]["tokens"] <= 100_000 + 1024
    assert rows[-1]["loss"] < rows[0]["loss"] - 1
    weights = [AutoModelForCausalLM.from_pretrained(folder).get_input_embeddings().weight for folder in (first, again)]
    assert torch.equal(weights[0], weights[1])
