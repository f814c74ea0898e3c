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
from toolscale.trainer.drills import CODE_TOKENS, CODES, DISTANCES, Distance, Source, drill, source_of
from toolscale.trainer.prompts import tools_of
from toolscale.trainer.tokens import ConversationTokenizer

SOURCE = Source(range(100), [range(100, 160), range(160, 300)])


@given(st.integers(0, 10_000), st.sampled_from(DISTANCES))
def test_what_counts_went_on_in_the_same_way_before(seed: int, distance: Distance) -> None:
    one = drill(KeyedRandom.of(seed), distance, SOURCE)
    assert len(one.ids) == len(one.known) == distance.length
    pairs = list(zip(one.ids, one.ids[1:], strict=False))
    for at, known in enumerate(one.known):
        if known:
            assert pairs[at - 1] in pairs[: at - 1]


@given(st.integers(0, 10_000))
def test_no_code_counts_the_first_time(seed: int) -> None:
    one = drill(KeyedRandom.of(seed), DISTANCES[-1], SOURCE)
    assert not any(one.known[: CODES[0] * CODE_TOKENS[0]])
    assert any(one.known)


def test_pieces_are_cut_from_what_was_said_and_hold_no_marker(built: Build, tokenizer: ConversationTokenizer) -> None:
    rows = list(built.rows("trajectories", "train"))[:20]
    ids = [tokenizer.conversation(row["messages"], tools_of(row["tools"])).ids for row in rows]
    source = source_of(tokenizer, ids)
    markers = set(tokenizer.tokenizer.all_special_ids)
    said = "\n".join(tokenizer.text(one) for one in ids)
    for seed in range(50):
        piece = source.piece(KeyedRandom.of(seed), 5)
        assert len(piece) == 5
        assert not markers & set(piece)
        assert tokenizer.text(piece) in said
    assert all(tokenizer.text([digit]).isdigit() for digit in source.digits)


def test_a_model_that_practises_gets_better_and_the_same_each_time(built: Build, tmp_path: Path) -> None:
    def practised(name: str) -> Path:
        return tiny(
            built, tmp_path / name, digits=2, new_ids=False, hidden=64, head_width=32, drill_batch=1024, drills=100_000
        )

    first, again = practised("first"), practised("again")
    rows = [json.loads(line) for line in (first / "drills.jsonl").read_text().splitlines()]
    assert rows[-1]["tokens"] <= 100_000 + 1024
    assert rows[-1]["loss"] < rows[0]["loss"] - 1
    weights = [AutoModelForCausalLM.from_pretrained(folder).get_input_embeddings().weight for folder in (first, again)]
    assert torch.equal(weights[0], weights[1])
