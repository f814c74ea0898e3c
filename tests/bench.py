"""Benchmarks, never tests: `make bench` measures and prints the tables that docs/benchmarks.md keeps.

Each figure is a rate of one core or a ratio, so that it says something on other machines too.
"""

from __future__ import annotations

import itertools
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw
from rich.console import Console
from rich.table import Table

from tests.bench_models import model_rates
from tests.bench_trainer import trainer_rates
from toolscale.domain import available, load
from toolscale.environment.environment import Environment
from toolscale.scoring.score import score_trajectory
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.validators import judge_task, task_rules

SECONDS = 3.0
CALLS = 4
_LOOK_SECONDS = 1.0  # looking at the memory of many processes costs CPU itself
RULED = 60  # candidates of each domain that the rules are timed on


def rate(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Return how often `work` runs a second of CPU, the median of three runs."""
    rates = []
    for _ in range(3):
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds / 3:
            work()
            done += 1
        rates.append(done / spent)
    return statistics.median(rates)


def environment_rates(table: Table) -> None:
    """Replays of tasks of four calls, scored, at two sizes of the database, and the cost of an empty episode."""
    folder = load("bank")
    speeds = {
        scale: _environment_rates(
            table, ProceduralAuthor(folder, seed=1, database_seed=1, unseen=False, scale=scale), scale
        )
        for scale in (1, 10)
    }
    table.add_row("scale 10 against scale 1", f"{speeds[10] / speeds[1]:.2f}")


def _environment_rates(table: Table, author: ProceduralAuthor, scale: int) -> float:
    drawn = (author.candidate(number, judge_task) for number in range(600))
    tasks = [c for c in drawn if isinstance(c, Accepted) and len(c.task.reference) == CALLS][:40]
    environment = author.environment
    turns = itertools.cycle(tasks)

    def replay() -> None:
        candidate = next(turns)
        assert score_trajectory(candidate.task, environment, candidate.trajectory.messages).value == 1

    def empty() -> None:
        with environment.episode():
            pass

    for _ in tasks:
        replay()
    speed = rate(replay)
    rows = sum(environment.database.rows.values())
    table.add_row(f"{CALLS}-call replays, scored, scale {scale} ({rows:,} rows)", f"{speed:,.0f} a second a core")
    table.add_row(f"start and end of an episode, scale {scale}", f"{1e6 / rate(empty, 1):.0f} us")
    return speed


def rule_rates(table: Table, domains: Sequence[str]) -> None:
    """The full battery of task rules on each domain's tasks as they are drawn, and what each rule costs."""
    costs: dict[str, list[float]] = {}
    for name in domains:
        author = ProceduralAuthor(load(name), seed=1, database_seed=1, unseen=False)
        drawn = (author.candidate(number, lambda *_: ()) for number in range(RULED))
        tasks = [candidate for candidate in drawn if isinstance(candidate, Accepted)]
        spent = dict.fromkeys((rule.name for rule in task_rules()), 0.0)
        for candidate in tasks:  # rule after rule on one task, as a build judges it
            for rule in task_rules():
                start = time.process_time()
                for _ in rule.check(candidate.task, candidate.trajectory, author.environment):
                    pass
                spent[rule.name] += (time.process_time() - start) / len(tasks)
        table.add_row(f"all {len(spent)} task rules, {name}", f"{1 / sum(spent.values()):.0f} tasks a second a core")
        for rule_name, seconds in spent.items():
            costs.setdefault(rule_name, []).append(seconds)
    for rule in task_rules():
        cost = 1000 * statistics.mean(costs[rule.name])
        table.add_row(f"{rule.code} {rule.name}", f"{cost:.2f} ms a task, mean of the domains")


def filling_rates(table: Table) -> None:
    """Filling the bank's database and restoring it from its bytes."""
    folder = load("bank")
    start = time.process_time()
    environment = Environment.of(folder, seed=2)
    table.add_row("fill the bank's database, scale 1", f"{time.process_time() - start:.2f} s")

    def restore() -> None:
        connection = apsw.Connection(":memory:")
        connection.deserialize("main", environment.database.image)

    size = len(environment.database.image)
    table.add_row(f"restore it from its {size / 1e6:.1f} MB", f"{1e6 / rate(restore, 1):.0f} us")


def build_rates(table: Table, tasks: int) -> None:
    """Building with one worker and with two: seconds, memory of all processes together, linearity."""
    seconds = {}
    for count, workers in ((tasks // 4, 1), (tasks, 1), (tasks, 2)):
        with tempfile.TemporaryDirectory() as folder:  # its own part store: no build finds what another made
            spent, peak = _build(Path(folder) / "out", count, workers, f"{folder}/cache")
        seconds[count, workers] = spent
        table.add_row(
            f"build {count:,} bank tasks, {workers} worker{'s' * (workers > 1)}",
            f"{spent:.1f} s ({count / spent:.0f} tasks a second), peak {peak / 2**20:,.0f} MiB in all",
        )
    table.add_row("two workers against one", f"{seconds[tasks, 1] / seconds[tasks, 2]:.2f} times")
    growth = seconds[tasks, 1] / seconds[tasks // 4, 1]
    table.add_row("four times the tasks, one worker", f"{growth:.2f} times the time (start included)")


def _build(out: Path, tasks: int, workers: int, cache: str) -> tuple[float, int]:
    """Return seconds and the peak of the proportional memory (bytes) of the command and all it started."""
    start = time.monotonic()
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "toolscale",
            "build",
            "--domains",
            "bank",
            "--tasks",
            str(tasks),
            "--workers",
            str(workers),
            "--out",
            str(out),
        ],
        env={**os.environ, "TOOLSCALE_CACHE": cache},
        stdout=subprocess.DEVNULL,
    )
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(_LOOK_SECONDS):
            peak = max(peak, _memory(running.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = running.wait()
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"the build of {tasks} tasks failed")
    return time.monotonic() - start, peak


def _memory(root: int) -> int:
    """Return the proportional set size of a process and its descendants in bytes (Linux), else what the kernel kept."""
    if not Path("/proc/self/smaps_rollup").exists():
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    total, left = 0, [root]
    while left:
        pid = left.pop()
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
            left += [int(c) for t in Path(f"/proc/{pid}/task").iterdir() for c in (t / "children").read_text().split()]
        except OSError:
            continue
    return total


def main() -> None:
    """Measure everything; TASKS sets the size of the large build."""
    table = Table(
        "what", "figure", title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    environment_rates(table)
    rule_rates(table, tuple(available()))
    filling_rates(table)
    model_rates(table)
    trainer_rates(table)
    build_rates(table, int(os.environ.get("TASKS", "10000")))
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
