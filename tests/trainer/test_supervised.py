"""Supervised training: packing does not leak, the curriculum begins with the easy tasks, a killed run goes on exactly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from toolscale.errors import TrainingError
from toolscale.shards.build import Build
from toolscale.trainer.curriculum import stages
from toolscale.trainer.metrics import read_metrics
from toolscale.trainer.prompts import tools_of
from toolscale.trainer.selection import Selection
from toolscale.trainer.sft import SftConfiguration, examples, run
from toolscale.trainer.sft_rows import sft_rows
from toolscale.trainer.tokens import ConversationTokenizer


def small(built: Build, model: Path, out: Path, **changed: object) -> SftConfiguration:
    settings = {"packing": False, "length": 2048, "device_batch": 4, "learning_rate": 3e-3, "reports": (), **changed}
    return SftConfiguration(build=str(built.folder), model=str(model), out=out, **settings)


def test_packed_conversations_are_scored_as_if_they_were_alone(
    built: Build, model: torch.nn.Module, model_folder: Path, tokenizer: ConversationTokenizer, tmp_path: Path
) -> None:
    packed = examples(small(built, model_folder, tmp_path, packing=True, passes=1))
    row = next(row for row in packed if len(row["seq_lengths"]) > 1)
    batch = DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad, padding_free=True)([row])
    with torch.no_grad():
        together = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits[0]
        start = 0
        for length in row["seq_lengths"]:
            ids = torch.tensor([row["input_ids"][start : start + length]])
            alone = model(input_ids=ids, use_cache=False).logits[0]
            torch.testing.assert_close(together[start : start + length], alone, atol=2e-5, rtol=1e-4)
            start += length
        # what the test would see if the mask were lost: with positions that run on, one conversation reads the other
        leaking = model(input_ids=batch["input_ids"], use_cache=False).logits[0]
    assert (leaking[row["seq_lengths"][0] :] - together[row["seq_lengths"][0] :]).abs().max() > 1e-3


def test_packing_keeps_every_conversation_whole_and_its_mask(
    built: Build, model_folder: Path, tokenizer: ConversationTokenizer, tmp_path: Path
) -> None:
    packed = examples(small(built, model_folder, tmp_path, packing=True, passes=1, curriculum=False))
    found = set()
    for row in packed:
        start = 0
        for length in row["seq_lengths"]:
            found.add((tuple(row["input_ids"][start : start + length]), tuple(row["labels"][start : start + length])))
            start += length
    wanted = set()
    for row in sft_rows(built, "train"):
        encoded = tokenizer.conversation(row["messages"], tools_of(row["tools"]))
        wanted.add((tuple(encoded.ids), tuple(encoded.labels)))
    assert found == wanted


def test_the_curriculum_adds_harder_levels_stage_by_stage() -> None:
    levels = ["hard", "easy", "medium", "easy", "hard", "medium"] * 5
    order = stages(levels, passes=2, curriculum=True, seed=1)
    assert [{levels[number] for number in stage} for stage in order] == [
        {"easy"},
        {"easy", "medium"},
        {"easy", "medium", "hard"},
    ]
    assert sum(len(stage) for stage in order) == 60
    assert order == stages(levels, passes=2, curriculum=True, seed=1)
    assert order != stages(levels, passes=2, curriculum=True, seed=2)


def test_without_a_curriculum_every_example_comes_once_a_pass() -> None:
    (order,) = stages(["easy", "hard", "easy"], passes=3, curriculum=False, seed=0)
    assert [sorted(order[start : start + 3]) for start in (0, 3, 6)] == [[0, 1, 2]] * 3


def test_a_selection_takes_what_it_says_and_names_what_is_not_there(built: Build) -> None:
    chosen = Selection(most_requests=1, twists=False, most=3).some_of(built, ["train"])
    assert 0 < len(chosen) <= 3
    assert all(row["difficulty"]["requests"] == 1 and not row["twist"] for _, row in chosen)
    with pytest.raises(TrainingError, match="library"):
        Selection(domains=("libary",)).some_of(built, ["train"])


def test_supervised_training_learns_writes_metrics_and_draws_charts(
    built: Build, model_folder: Path, tmp_path: Path
) -> None:
    result = run(small(built, model_folder, tmp_path, passes=3, reports=("tensorboard",)))
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows] == list(range(1, result.steps + 1))
    assert rows[-1]["loss"] < 0.9 * rows[0]["loss"]
    assert (tmp_path / "charts" / "loss.svg").read_text().startswith("<?xml")
    assert list(tmp_path.glob("checkpoints/**/events.out.tfevents.*"))
    assert ConversationTokenizer.load(str(tmp_path), "compact").turn_ends


def test_a_run_that_was_killed_goes_on_to_the_same_weights(built: Build, model_folder: Path, tmp_path: Path) -> None:
    whole = small(built, model_folder, tmp_path / "whole", passes=2, save_every=3, tasks=Selection(most=16))
    run(whole)
    killed = whole.model_copy(update={"out": tmp_path / "killed"})
    settings = tmp_path / "killed.json"
    settings.write_text(killed.model_dump_json())
    process = subprocess.Popen(
        [sys.executable, "-m", "toolscale", "train", "sft", "--config", str(settings)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        state = tmp_path / "killed" / "checkpoints" / "checkpoint-3" / "trainer_state.json"
        deadline = time.monotonic() + 240
        while not state.exists():
            assert process.poll() is None, "it ended before its first checkpoint"
            assert time.monotonic() < deadline, "no checkpoint in time"
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert json.loads(state.read_text())["global_step"] == 3
    result = run(killed)
    assert result.steps == 8
    ends = [load_file(folder / "model.safetensors") for folder in (whole.out, killed.out)]
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    rows = [read_metrics(folder / "metrics.jsonl") for folder in (whole.out, killed.out)]
    assert [(row["step"], row["loss"]) for row in rows[0]] == [(row["step"], row["loss"]) for row in rows[1]]


def test_adapters_are_trained_in_place_of_all_weights(built: Build, model_folder: Path, tmp_path: Path) -> None:
    run(small(built, model_folder, tmp_path, passes=1, tasks=Selection(most=4), lora={"rank": 4, "alpha": 8}))
    adapters = load_file(tmp_path / "adapter_model.safetensors")
    assert adapters
    assert all("lora" in name for name in adapters)


def test_padding_changes_neither_losses_nor_the_tokens_counted(
    built: Build, model_folder: Path, tmp_path: Path
) -> None:
    padded, alone = (
        read_metrics(run(small(built, model_folder, tmp_path / name, passes=0.3, **batch)).model / "metrics.jsonl")
        for name, batch in (("padded", {"device_batch": 4}), ("alone", {"device_batch": 1, "accumulate": 4}))
    )
    assert [row["num_tokens"] for row in padded] == [row["num_tokens"] for row in alone]
    for one, other in zip(padded, alone, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)


def test_packed_batches_that_only_flash_attention_can_take_are_refused(
    built: Build, model_folder: Path, tmp_path: Path
) -> None:
    large = {"packing": True, "passes": 8, "device_batch": 64, "length": 4096}
    with pytest.raises(TrainingError, match="tokens needs an attention mask of"):
        examples(small(built, model_folder, tmp_path, **large))
    assert len(examples(small(built, model_folder, tmp_path, attention="flash_attention_2", **large))) > 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU to shard over")
def test_a_model_is_not_quietly_copied_where_it_is_to_be_sharded(
    built: Build, model_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match="torchrun"):
        run(small(built, model_folder, tmp_path, fsdp=True))


def test_a_run_that_diverges_stops_with_the_reason(built: Build, model_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="diverges at step"):
        run(
            small(
                built, model_folder, tmp_path, passes=20, learning_rate=1e6, largest_gradient=1e9, schedule="constant"
            )
        )
