"""The model from nothing: identifiers in few pieces, names whole, any size, the same for the same seed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from tests.trainer.conftest import tiny
from toolscale.canonical import short_id
from toolscale.chat import MARKERS
from toolscale.shards.build import Build
from toolscale.trainer.tiny import TinyConfiguration, trained_tokenizer, untrained_model
from toolscale.trainer.tokens import ConversationTokenizer


@pytest.fixture(scope="module")
def default(built: Build) -> PreTrainedTokenizerFast:
    return trained_tokenizer(built, TinyConfiguration(build=str(built.folder), out=Path("unused")))


def pieces(tokenizer: PreTrainedTokenizerFast, text: str) -> list[str]:
    return [tokenizer.decode([token]) for token in tokenizer.encode(text)]


def test_every_id_that_the_builds_reference_calls_name_is_at_most_four_tokens(
    built: Build, default: PreTrainedTokenizerFast
) -> None:
    ids = set()
    for task in built.tasks():
        for call in task.reference:
            ids |= {value for name, value in call.arguments.items() if name.endswith("_id")}
    stored = {name for name in ids if not name.startswith("LN-")}
    assert len(stored) > 10
    assert max(len(pieces(default, name)) for name in stored) <= 4


def test_ids_keep_their_pieces_wherever_they_stand(default: PreTrainedTokenizerFast) -> None:
    for name in ("L-00062", "B-017", "M-0003"):
        alone = pieces(default, name)
        for text in (f'{{"loan_id":"{name}"}}', f"the loan {name}.", f"({name})"):
            inside = pieces(default, text)
            assert any(inside[at : at + len(alone)] == alone for at in range(len(inside))), inside


def test_a_new_id_is_its_prefix_and_four_pairs_of_letters(default: PreTrainedTokenizerFast) -> None:
    for number in range(200):
        tail = short_id("a test", number)
        assert pieces(default, f"LN-{tail}") == ["LN-", tail[:2], tail[2:4], tail[4:6], tail[6:]]


def test_digits_come_in_groups_of_three_from_the_left(default: PreTrainedTokenizerFast) -> None:
    for number in range(0, 10**7, 12_347):
        text = str(number)
        assert pieces(default, text) == re.findall(r"\d{1,3}", text)


def test_tool_names_expert_names_and_markers_are_one_token(built: Build, default: PreTrainedTokenizerFast) -> None:
    names = {name for task in built.tasks("train") for name in task.tools}
    experts = {one.name for task in built.tasks("train") if task.orchestration for one in task.orchestration.experts}
    assert len(experts) > 3
    for name in {*names, *experts, *MARKERS, "assistant"}:
        assert len(default.encode(name)) == 1, name


def test_texts_come_back_as_they_were(built: Build, default: PreTrainedTokenizerFast) -> None:
    for row in built.rows("trajectories", "test"):
        text = json.dumps(row["messages"], ensure_ascii=False) + "Ünïcödé ☂ \t\n  end"
        assert default.decode(default.encode(text)) == text


@pytest.mark.parametrize(
    ("shape", "least", "most"),
    [
        ({"hidden": 128, "layers": 4, "heads": 4, "feed_forward": 512}, 1e6, 2e6),
        ({"hidden": 512, "layers": 8, "heads": 16, "key_value_heads": 4, "feed_forward": 2048}, 25e6, 40e6),
        (
            {"hidden": 1024, "layers": 20, "heads": 16, "key_value_heads": 8, "head_width": 64, "feed_forward": 3584},
            2e8,
            3.5e8,
        ),
    ],
)
def test_shapes_from_a_million_to_three_hundred_million_parameters(
    model_folder: Path, shape: dict[str, int], least: float, most: float
) -> None:
    tokenizer = ConversationTokenizer.load(str(model_folder), "compact")
    configuration = TinyConfiguration(build="unused", out=Path("unused"), **shape)
    with torch.device("meta"):
        parameters = untrained_model(configuration, tokenizer).num_parameters()
    assert least <= parameters <= most


def test_the_same_seed_gives_the_same_weights(built: Build, model_folder: Path, tmp_path: Path) -> None:
    again = tiny(built, tmp_path / "again", digits=2, new_ids=False)
    other = tiny(built, tmp_path / "other", digits=2, new_ids=False, seed=1)
    weights = [
        AutoModelForCausalLM.from_pretrained(folder).get_input_embeddings().weight
        for folder in (model_folder, again, other)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert (model_folder / "tokenizer.json").read_bytes() == (again / "tokenizer.json").read_bytes()
