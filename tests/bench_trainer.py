"""The environment's side of rollouts: tool calls a second, and its share of a step of reinforcement learning.

Run alone: `python -m tests.bench_trainer`; `make bench` prints it with the rest.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from rich.console import Console
from rich.table import Table

from tests.direct_build import built_directly
from toolscale.domain.scaffold import SCAFFOLD
from toolscale.live import LiveEpisode
from toolscale.orchestration.account import Usage
from toolscale.shards.build import Build
from toolscale.synthesis.plan import BuildConfiguration
from toolscale.synthesis.user import UserTurn
from toolscale.task import Message, Task
from toolscale.trainer.metrics import read_metrics
from toolscale.trainer.rl import RlConfiguration, run
from toolscale.trainer.selection import Selection
from toolscale.trainer.tiny import TinyConfiguration
from toolscale.trainer.tiny import run as make_tiny

SECONDS = 3.0
TASKS = 120
STEPS = 2
COUNTED = Usage(1_000, 40)
"""What a message took: in rollouts the trainer counts it, so that nothing is estimated."""


def built(domain: str, work: Path) -> Build:
    """Build some tasks of a domain."""
    return built_directly(BuildConfiguration(domains=(domain,), tasks=TASKS, seed=3), work)


def call_rates(table: Table, build: Build, name: str) -> None:
    """Reference conversations in live episodes, with account and score: calls a second of CPU."""
    tasks = [(task, build.trajectory(task.id).messages) for task in itertools.islice(build.tasks("train"), 40)]
    for task, messages in tasks:
        _played(build, task, messages)
    spent, calls = 0.0, 0
    for task, messages in itertools.cycle(tasks):
        start = time.process_time()
        calls += _played(build, task, messages)
        spent += time.process_time() - start
        if spent > SECONDS:
            break
    table.add_row(f"tool calls in live episodes, scored, {name}", f"{calls / spent:,.0f} a second a core")


def environment_call_rates(table: Table, build: Build, name: str) -> None:
    """The same calls on episodes alone: the environment without conversation, account and score."""
    tasks = list(itertools.islice(build.tasks("train"), 40))
    spent, calls = 0.0, 0
    for task in itertools.cycle(tasks):
        environment = build.environment_for(task)
        start = time.process_time()
        with environment.episode() as episode:
            for call in task.reference:
                episode.call(call.tool, call.arguments)
        spent += time.process_time() - start
        calls += len(task.reference)
        if spent > SECONDS:
            break
    table.add_row(f"tool calls on episodes, {name}", f"{calls / spent:,.0f} a second a core")


def _played(build: Build, task: Task, messages: tuple[Message, ...]) -> int:
    with LiveEpisode(task, build.environment_for(task), most_turns=len(messages)) as live:
        for number, message in enumerate(messages, 1):
            if message["role"] == "user":
                live.hear(UserTurn(message["content"], ends=number == len(messages)))
            elif message["role"] == "assistant":
                live.act(message, COUNTED)
        assert live.rollout().outcome == 1
        return sum(live.account.counts().values())


def step_shares(table: Table, build: Build, work: Path) -> None:
    """Steps of reinforcement learning with the small recipe's model, untrained, and its batch: who takes the time."""
    shape = TinyConfiguration(
        build=str(build.folder), out=work / "tiny", digits=2, new_ids=False, words=700, hidden=128
    )
    make_tiny(shape.model_copy(update={"layers": 4, "heads": 4, "feed_forward": 384}))
    configuration = RlConfiguration(
        build=str(build.folder),
        model=str(work / "tiny"),
        out=work / "rl",
        tasks=Selection(levels=("easy",), most_requests=1),
        steps=STEPS,
        groups=8,
        rollouts=8,
        device_batch=32,
        turns=20,
        turn_tokens=64,
        length=1024,
        kl=0.01,
        reports=(),
    )
    run(configuration)
    last = read_metrics(work / "rl" / "metrics.jsonl")[-1]
    for part in ("environment", "generation", "update"):
        table.add_row(f"share of a step: {part}", f"{last[f'time/{part}']:.1%}")
    table.add_row("generated in rollouts, 0.9M parameters", f"{last['tokens_per_second']:,.0f} tokens a second")


def trainer_rates(table: Table) -> None:
    """Measure all."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        bank, library = built("bank", work / "bank"), built(str(SCAFFOLD), work / "library")
        environment_call_rates(table, bank, "bank")
        call_rates(table, bank, "bank")
        environment_call_rates(table, library, "library")
        call_rates(table, library, "library")
        step_shares(table, library, work)


def main() -> None:
    """Print the table."""
    table = Table("what", "figure")
    trainer_rates(table)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
