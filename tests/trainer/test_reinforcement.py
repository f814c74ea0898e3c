"""Reinforcement learning: rewards and filters of whole groups, the metrics of a step, exact resumption, two processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.trainer.playing_reference import played, spoken, turns_of_reference
from toolscale.errors import TrainingError
from toolscale.shards.build import Build
from toolscale.task import Task
from toolscale.trainer.metrics import read_metrics
from toolscale.trainer.playing import Played
from toolscale.trainer.probe import solved_sometimes
from toolscale.trainer.rl import OrchestrationTrainer, RlConfiguration, run
from toolscale.trainer.selection import Selection
from toolscale.trainer.tokens import ConversationTokenizer

METRICS = [
    *("success", "R", "R/accuracy", "R/cost", "R/latency", "R/tools", "dollars", "seconds", "preference", "calls"),
    *("turns", "malformed", "dropped", "dropped/reward_spread", "dropped/malformed_calls", "dropped/no_valid_end"),
    *("tokens_per_second", "time/environment", "time/generation", "time/update", "loss", "kl", "experts_asked"),
]


def small(built: Build, model: Path, out: Path, **changed: object) -> RlConfiguration:
    settings: dict[str, Any] = {
        "groups": 2,
        "rollouts": 2,
        "device_batch": 2,
        "turn_tokens": 24,
        "length": 700,
        "turns": 4,
        "at_once": 4,
        "steps": 3,
        "learning_rate": 1e-4,
        "kl": 1e-3,
        "reports": (),
        "tasks": Selection(most=12),
        **changed,
    }
    return RlConfiguration(build=str(built.folder), model=str(model), out=out, **settings)


def trainer_of(
    built: Build, model: Path, tokenizer: ConversationTokenizer, out: Path, **changed: object
) -> OrchestrationTrainer:
    from toolscale.trainer.loading import load_model

    configuration = small(built, model, out, rollouts=4, groups=1, **changed)
    names = [task.id for task in built.tasks("train")]
    return OrchestrationTrainer(configuration, load_model(str(model), tokenizer), tokenizer, built, names)


@pytest.fixture(scope="module")
def trainer(
    built: Build, model_folder: Path, tokenizer: ConversationTokenizer, tmp_path_factory: pytest.TempPathFactory
) -> OrchestrationTrainer:
    return trainer_of(built, model_folder, tokenizer, tmp_path_factory.mktemp("rl"))


def rewarded(trainer: OrchestrationTrainer, group: list[Played]) -> tuple[list[float | None], dict[str, list[float]]]:
    logged: dict[str, list[float]] = defaultdict(list)
    values = trainer.reward(played=group, log_metric=lambda name, value: logged[name].append(value))
    return values, logged


def group_of(built: Build, task: Task, tokenizer: ConversationTokenizer, *kinds: str) -> list[Played]:
    turns = turns_of_reference(built, task, tokenizer)
    played_as = {
        "solved": turns,
        "wordy": [spoken(tokenizer, "One moment, please."), *turns],
        "unsolved": [spoken(tokenizer, "Is there anything else?")] * 9,
        "malformed": [spoken(tokenizer, "<tool_call>"), *turns],
        "endless": [spoken(tokenizer, "One moment, please.")] * 60,
    }
    return [played(built, task, tokenizer, played_as[kind]) for kind in kinds]


@pytest.fixture(scope="module")
def task(built: Build) -> Task:
    """A task of one request, so that an agent that does nothing is soon through."""
    return next(
        task
        for task in built.tasks("train")
        if len(task.scenario.requests) == 1
        and task.orchestration
        and task.orchestration.preference.weights["accuracy"] >= 0.5
    )


def test_episodes_that_solve_their_task_get_the_reward_and_others_nothing(
    trainer: OrchestrationTrainer, built: Build, tokenizer: ConversationTokenizer, task: Task
) -> None:
    values, logged = rewarded(trainer, group_of(built, task, tokenizer, "solved", "unsolved", "solved", "unsolved"))
    assert values[0] is not None
    assert values[0] == values[2] > 0
    assert values[1] == values[3] == 0
    assert logged["success"] == [0.5]
    assert logged["dropped"] == [0]


def test_groups_without_contrast_are_left_out_and_counted_with_the_reason(
    trainer: OrchestrationTrainer, built: Build, tokenizer: ConversationTokenizer, task: Task
) -> None:
    values, logged = rewarded(trainer, group_of(built, task, tokenizer, *["unsolved"] * 4))
    assert values == [None] * 4
    assert logged["dropped/reward_spread"] == [1]


def test_a_malformed_episode_is_left_out_of_a_group_that_is_trained_on(
    trainer: OrchestrationTrainer, built: Build, tokenizer: ConversationTokenizer, task: Task
) -> None:
    values, logged = rewarded(trainer, group_of(built, task, tokenizer, "solved", "malformed", "unsolved", "unsolved"))
    assert values[1] is None
    assert values[0] is not None
    assert values[0] > 0
    assert logged["malformed"][0] > 0


def test_malformed_and_endless_episodes_may_count_as_failed(
    built: Build, model_folder: Path, task: Task, tokenizer: ConversationTokenizer, tmp_path: Path
) -> None:
    lenient = trainer_of(built, model_folder, tokenizer, tmp_path, invalid="failed")
    values, logged = rewarded(lenient, group_of(built, task, tokenizer, "solved", "solved", "endless", "unsolved"))
    assert values[2:] == [0, 0]
    assert values[0] == values[1]
    assert values[0] is not None
    assert values[0] > 0
    assert logged["dropped"] == [0]


def test_three_steps_leave_metrics_charts_and_a_model(built: Build, model_folder: Path, tmp_path: Path) -> None:
    result = run(small(built, model_folder, tmp_path, reports=("tensorboard",), save_every=2))
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3] == list(range(1, result.steps + 1))
    for row in rows:
        assert not [name for name in METRICS if name not in row]
        assert row["time/environment"] + row["time/generation"] + row["time/update"] == pytest.approx(1, abs=0.01)
    assert (tmp_path / "charts" / "success.svg").exists()
    assert list(tmp_path.glob("checkpoints/**/events.out.tfevents.*"))
    # a run that goes on from the checkpoint of step 2 ends with the same weights
    again = tmp_path / "again"
    shutil.copytree(tmp_path / "checkpoints" / "checkpoint-2", again / "checkpoints" / "checkpoint-2")
    run(small(built, model_folder, again, save_every=2))
    ends = [load_file(folder / "model.safetensors") for folder in (tmp_path, again)]
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.slow
def test_two_processes_share_groups_and_steps(built: Build, model_folder: Path, tmp_path: Path) -> None:
    """A group of two lies on both processes: its reward needs both."""
    configuration = small(built, model_folder, tmp_path, steps=1, groups=1, rollouts=4, device_batch=2, save_every=1)
    rows = torchrun("rl", configuration, tmp_path)
    assert rows[0]["step"] == 1
    assert not [name for name in METRICS if name not in rows[0]]
    assert (tmp_path / "model.safetensors").exists()


@pytest.mark.slow
def test_two_processes_train_under_supervision_as_one_does(built: Build, model_folder: Path, tmp_path: Path) -> None:
    from toolscale.trainer.sft import SftConfiguration
    from toolscale.trainer.sft import run as supervised

    settings: dict[str, Any] = {
        "build": str(built.folder),
        "model": str(model_folder),
        "packing": False,
        "length": 2048,
        "passes": 1,
        "tasks": Selection(most=12),
        "learning_rate": 1e-3,
        "reports": (),
    }
    one = SftConfiguration(out=tmp_path / "one", device_batch=4, **settings)
    two = SftConfiguration(out=tmp_path / "two", device_batch=2, **settings)
    supervised(one)
    rows = torchrun("sft", two, two.out)
    alone = read_metrics(one.out / "metrics.jsonl")
    assert [row["step"] for row in rows] == [row["step"] for row in alone] == [1, 2, 3]
    for there, here in zip(rows, alone, strict=True):
        assert there["loss"] == pytest.approx(here["loss"], rel=2e-3)


def torchrun(stage: str, configuration: Any, out: Path) -> list[dict[str, Any]]:
    """Run a stage on two processes, and return its metrics."""
    settings = out.with_suffix(".json")
    settings.write_text(configuration.model_dump_json())
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*command, "-m", "toolscale", "train", stage, "--config", str(settings)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return read_metrics(out / "metrics.jsonl")


def test_tasks_that_teach_nothing_are_found_by_trying(
    built: Build, tokenizer: ConversationTokenizer, tmp_path: Path
) -> None:
    tasks = list(built.tasks("train"))[:3]

    class Scripted:
        """Solves the first task always, the second half of the time, the third never."""

        def play(self, attempts: Any, **_: Any) -> list[Played]:
            solved = [True, True, True, False, False, False]
            return [
                played(built, one.task, tokenizer, turns_of_reference(built, one.task, tokenizer) if yes else [])
                for one, yes in zip(attempts, solved, strict=True)
            ]

    note = tmp_path / "probe.json"
    names = [task.id for task in tasks]
    chosen = solved_sometimes(built, names, Scripted(), attempts=2, temperature=1, note=note)
    assert chosen == [names[1]]
    assert json.loads(note.read_text()) == dict(zip(names, [1, 0.5, 0], strict=True))


def test_settings_that_do_not_fit_together_are_refused(built: Build, model_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no multiple"):
        run(small(built, model_folder, tmp_path, device_batch=3))
    with pytest.raises(TrainingError, match="vllm"):
        run(small(built, model_folder, tmp_path, fsdp=True))
