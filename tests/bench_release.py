"""What a release costs: `make bench` publishes and pulls a build of TASKS tasks and prints the table of docs/benchmarks.md.

BUILD names a build that is there already; without it one of all domains is built first. Times are of CPU where they say so.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from tests.standin_hub import StandInHub
from toolscale.domain import available, load
from toolscale.environment.environment import Environment
from toolscale.release import Proof, publish
from toolscale.release.pulling import Address, pull
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build
from toolscale.shards.columns import CONFIGS
from toolscale.task import Message, Task
from toolscale.validators.build_validation import prove

Result = TypeVar("Result")
TASKS = int(os.environ.get("TASKS", "10000"))
FIRST_TASK = """
import time, toolscale
start = time.perf_counter()
build = toolscale.load({where!r})
task = next(build.tasks("train"))
build.environment_for(task).episode().end()
print(time.perf_counter() - start, time.process_time())
"""
ON_THE_HUB = """
import json, sys, time
from pathlib import Path
from toolscale.release import Proof, publish
from toolscale.release.pulling import Address, pull

start = time.process_time()
publish(Path(sys.argv[1]), "org/demo", "v1.0.0", proof=Proof(**json.loads(sys.argv[2])))
sent = time.process_time()
pull(Address("org/demo"), Path(sys.argv[3]))
print(sent - start, time.process_time() - sent)
"""


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what `work` gives, and the seconds of CPU of this process that it took."""
    start = time.process_time()
    return work(), time.process_time() - start


def sizes(table: Table, build: Build) -> None:
    """Bytes a task of each configuration, and of a task row with its share of environment."""
    tasks = build.manifest["tasks"]
    bytes_of = {config: sum(path.stat().st_size for path in build.files(config)) / tasks for config in CONFIGS}
    for config, size in bytes_of.items():
        table.add_row(f"{config}, bytes a task", f"{size:,.0f}")
    table.add_row(
        "a task row with its share of environment", f"{bytes_of['tasks'] + bytes_of['environments']:,.0f} bytes"
    )
    for domain in build.manifest["domains"]:
        only = Build(build.folder, domains=[domain])
        rows = sum(pq.read_metadata(path).num_rows for path in only.files("tasks"))
        both = sum(path.stat().st_size for config in ("tasks", "environments") for path in only.files(config))
        table.add_row(f"the same, {domain} alone", f"{both / rows:,.0f} bytes")


def reading(table: Table, version: Path, store: Path) -> None:
    """The first task in hand in a fresh process, rows by id, and episodes against those of the domain folder."""
    words = [sys.executable, "-c", FIRST_TASK.format(where=str(store))]
    waited, spent = map(float, subprocess.run(words, capture_output=True, text=True, check=True).stdout.split())
    table.add_row(
        "first task in hand: load, hashes, environment", f"{waited:.2f} s; with all imports {spent:.2f} s of CPU"
    )
    build = Build(version)
    ids = [str(row["task_id"]) for row in build.rows("tasks", columns=["task_id"])]
    some = ids[:: max(1, len(ids) // 200)]
    build.task(some[0])
    _, seconds = timed(lambda: [build.task(task_id) for task_id in some])
    table.add_row("a task by its id, anywhere in the release", f"{1000 * seconds / len(some):.1f} ms of CPU")
    domain = next(iter(build.manifest["domains"]))
    tasks = list(itertools.islice(Build(version, domains=[domain]).tasks("train"), 40))
    messages = [build.trajectory(task.id).messages for task in tasks]
    seed = build.row("environments", "environment_id", tasks[0].environment_id)["database_seed"]
    of_folder = Environment.of(load(domain), seed=seed, scale=build.manifest["configuration"]["scale"])
    same = [place for place, task in enumerate(tasks) if task.environment_id == of_folder.id]
    replays = [(tasks[place], messages[place]) for place in same] * 5
    for says, environment in (("release", build.environment_for(tasks[0])), ("domain folder", of_folder)):
        replay(environment, replays)
        _, seconds = timed(functools.partial(replay, environment, replays))
        table.add_row(
            f"replays of {domain}, scored, environment from the {says}", f"{len(replays) / seconds:,.0f} a second"
        )


def replay(environment: Environment, replays: Sequence[tuple[Task, Sequence[Message]]]) -> None:
    """Score trajectories, which all solve their task."""
    for task, messages in replays:
        assert score_trajectory(task, environment, messages).value == 1


def on_the_hub(table: Table, folder: Path, proof: Proof, work: Path) -> None:
    """Publishing to the stand-in Hub and pulling from it, with the real client in a process of its own."""
    hub = StandInHub()
    home = {"HF_ENDPOINT": hub.url, "HF_HOME": str(work / "home"), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": "hf_writer"}
    home["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    words = [sys.executable, "-c", ON_THE_HUB, str(folder), json.dumps(proof.as_json()), str(work / "pulled")]
    done = subprocess.run(words, env={**os.environ, **home}, capture_output=True, text=True, check=True)
    sent, got = map(float, done.stdout.split())
    tasks = Build(folder).manifest["tasks"]
    table.add_row("publish to a Hub on this machine", f"{sent:.1f} s of CPU, {1000 * sent / tasks:.2f} ms a task")
    table.add_row(
        "pull from it into a folder, hashes checked", f"{got:.1f} s of CPU, {1000 * got / tasks:.2f} ms a task"
    )
    hub.close()


def main() -> None:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        folder = Path(os.environ.get("BUILD") or _built(work))
        tasks = Build(folder).manifest["tasks"]
        table = Table(
            "what", "figure", title=f"A release of {tasks:,} tasks in {len(Build(folder).manifest['domains'])} domains"
        )
        proof, seconds = timed(lambda: prove(folder))
        table.add_row("validate it, one worker", f"{seconds:.0f} s of CPU, {1000 * seconds / tasks:.1f} ms a task")
        made, seconds = timed(lambda: publish(folder, str(work / "store"), "v1.0.0", proof=proof))
        table.add_row("publish it to a folder", f"{seconds:.1f} s of CPU, {1000 * seconds / tasks:.2f} ms a task")
        _, seconds = timed(lambda: pull(Address.of(made.address), work / "mine"))
        table.add_row(
            "pull it into another, hashes checked", f"{seconds:.1f} s of CPU, {1000 * seconds / tasks:.2f} ms a task"
        )
        on_the_hub(table, folder, proof, work)
        version = work / "store" / "v1.0.0"
        sizes(table, Build(version))
        reading(table, version, work / "store")
        Console(width=150).print(table)


def _built(work: Path) -> Path:
    domains = tuple(available())
    words = [
        "build",
        "--domains",
        ",".join(domains),
        "--tasks",
        str(TASKS // len(domains)),
        "--out",
        str(work / "build"),
    ]
    environment = {**os.environ, "TOOLSCALE_CACHE": str(work / "cache")}
    subprocess.run([sys.executable, "-m", "toolscale", *words], env=environment, stdout=subprocess.DEVNULL, check=True)
    return work / "build"


if __name__ == "__main__":
    main()
