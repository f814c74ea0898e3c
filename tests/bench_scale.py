"""Benchmarks of scale, never tests: `python -m tests.bench_scale` prints the tables that docs/scaling.md reckons with.

Costs are seconds of CPU where that is what counts, so that other work on the machine does not matter; efficiency is by the clock.
"""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from toolscale.domain import load
from toolscale.domain.scaffold import SCAFFOLD
from toolscale.flows.units import build_unit, part_folder
from toolscale.flows.workers import Processes, Workers
from toolscale.randomness import KeyedRandom
from toolscale.shards.assembly import assemble
from toolscale.shards.duplicates import repeated, repeated_draws
from toolscale.shards.store import PartStore
from toolscale.synthesis.plan import BuildConfiguration, Unit, units

DOMAIN = os.environ.get("DOMAIN", "bank")
SIZES = (2_000, 8_000, 32_000)  # texts that are searched for repetitions
UNITS = int(os.environ.get("UNITS", "12"))
TASKS_A_UNIT = int(os.environ.get("TASKS_A_UNIT", "25"))
SECONDS = 3600.0


def cpu(work: Callable[[], object]) -> float:
    """Return the seconds of CPU that `work` takes, with the children that end in it."""
    start = _spent()
    work()
    return _spent() - start


def _spent() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def orchestration(table: Table, cache: Path) -> None:
    """What a unit costs that is found: flow, Prefect task, events, its server; by two builds that differ in units only."""
    spent = {}
    for number in (20, 120):
        words = [
            sys.executable,
            "-m",
            "toolscale",
            "build",
            "--domains",
            str(SCAFFOLD),
            "--tasks",
            str(number),
            "--workers",
            "1",
        ]
        words += ["--tasks-per-database", "1", "--seed", "3", "--force", "--out", str(cache / "out")]
        environment = {**os.environ, "TOOLSCALE_CACHE": str(cache)}
        for _ in range(2):  # the second finds what the first has made
            spent[number] = cpu(lambda: subprocess.run(words, env=environment, capture_output=True, check=True))  # noqa: B023
    each = (spent[120] - spent[20]) / 100
    table.add_row("orchestration of a unit: flow, Prefect and its server", f"{1000 * each:.0f} ms of CPU")
    table.add_row("the same, with one unit's work 5 % at most", f"units of {20 * each:.1f} s of CPU or more")
    table.add_row("start and end of `toolscale build`, all processes", f"{spent[20] - 20 * each:.1f} s of CPU")


@contextlib.contextmanager
def two_dask_workers() -> Iterator[str]:
    """A Dask scheduler and two workers with one thread each, as processes of their own on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        dask = [sys.executable, "-m", "dask"]
        started = [
            subprocess.Popen(
                [*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)], **quiet
            )  # type: ignore[call-overload]
        ]
        worker = [
            *dask,
            "worker",
            "--scheduler-file",
            str(file),
            "--nworkers",
            "1",
            "--nthreads",
            "1",
            "--no-dashboard",
        ]
        started += [
            subprocess.Popen([*worker, "--local-directory", folder], **quiet)  # type: ignore[call-overload]
            for _ in range(2)
        ]
        try:
            import json

            while not file.exists():
                time.sleep(0.2)
            yield str(json.loads(file.read_text())["address"])
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                process.wait()


def _all(workers: Workers, planned: list[Unit], parts: Path) -> float:
    """Return the seconds by the clock that workers need for units."""
    start = time.monotonic()
    with ThreadPoolExecutor(2 * workers.number) as threads:
        list(threads.map(lambda unit: workers.run(unit, parts), planned))
    return time.monotonic() - start


def runners(table: Table, folder: Path) -> None:
    """Round trips of units that are found, and the rate at which units are made, with each kind of workers."""
    from toolscale.flows.dask_workers import DaskWorkers

    tasks = UNITS * TASKS_A_UNIT * 4 // 3
    configuration = BuildConfiguration(domains=(DOMAIN,), tasks=tasks, tasks_per_database=TASKS_A_UNIT)
    planned = [unit for unit in units(configuration) if unit.tasks == TASKS_A_UNIT][:UNITS]
    rates = {}

    def measure(name: str, workers: Workers) -> None:
        with contextlib.closing(workers):
            warm = folder / "warm"
            _all(workers, planned[: workers.number], warm)
            trip = _all(workers, planned[: workers.number] * 20, warm) / 20
            parts = folder / name.replace(" ", "-")
            rates[name] = len(planned) * TASKS_A_UNIT / _all(workers, planned, parts)
            shutil.rmtree(parts)
        row = f"{1000 * trip:.0f} ms a round trip of a found unit; {rates[name]:.1f} tasks a second"
        alone = rates.get("1 process")
        more = f"; {rates[name] / alone / workers_at[name]:.0%} efficient" if alone else ""
        table.add_row(f"{name}, units of {TASKS_A_UNIT} {DOMAIN} tasks", row + more)

    workers_at = {"1 process": 1, "2 processes": 2, "Dask LocalCluster of 2": 2, "Dask scheduler and 2 workers": 2}
    measure("1 process", Processes(1, SECONDS))
    measure("2 processes", Processes(2, SECONDS))
    measure("Dask LocalCluster of 2", DaskWorkers(None, 2, SECONDS))
    with two_dask_workers() as address:
        dask = DaskWorkers(address, 2, SECONDS)
        while dask.number < 2:
            time.sleep(0.1)
        measure("Dask scheduler and 2 workers", dask)


def prefects_own_runner(table: Table) -> None:
    """Prefect's Dask task runner on tasks that do nothing, for comparison; only if prefect-dask is installed."""
    words = [sys.executable, "-m", "tests.bench_prefect_dask"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    table.add_row("prefect-dask's task runner, a task that does nothing", done.stdout.strip() or "not installed")


def assembly(table: Table, folder: Path) -> None:
    """What assembly and the search for repetitions cost a task, on the parts of one domain; memory at two sizes."""
    configuration = BuildConfiguration(domains=(DOMAIN,), tasks=UNITS * TASKS_A_UNIT, tasks_per_database=TASKS_A_UNIT)
    fingerprint = load(DOMAIN).fingerprint
    parts = []
    making = 0.0
    for unit in units(configuration):
        making += cpu(lambda: build_unit(unit, folder / "parts"))  # noqa: B023
        parts.append(part_folder(unit, fingerprint, folder / "parts"))
    tasks = configuration.tasks
    size = sum(part.size for part in PartStore(folder / "parts").parts())
    table.add_row(f"making a {DOMAIN} task", f"{1000 * making / tasks:.0f} ms of CPU")
    table.add_row("its part on disk", f"{size / tasks / 1000:.1f} kB a task, {size / len(parts) / 1e6:.2f} MB a unit")
    searching = cpu(lambda: repeated_draws(parts))
    table.add_row("search for repetitions across parts", f"{1000 * searching / tasks:.2f} ms of CPU a task")
    assembling = cpu(lambda: assemble(configuration, parts, folder / "whole"))
    whole = sum(path.stat().st_size for path in (folder / "whole").rglob("*") if path.is_file())
    table.add_row(
        "assembly", f"{1000 * assembling / tasks:.2f} ms of CPU a task, {whole / tasks / 1000:.1f} kB a task in shards"
    )


def repetitions(table: Table) -> None:
    """How the search for repetitions grows with the texts: simulated ones of 300 words out of 3,000, one in 500 a repetition."""
    words = [f"w{number}" for number in range(3000)]
    for size in SIZES:
        texts: list[str] = []
        for number in range(size):
            random = KeyedRandom.of("bench", number)
            text = texts[-1] + " again" if number % 500 == 499 else " ".join(random.choices(words, k=300))
            texts.append(text)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = []
        seconds = cpu(lambda: found.append(len(repeated(texts))))  # noqa: B023
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / size
        table.add_row(
            f"search among {size:,} texts of 300 words",
            f"{1e6 * seconds / size:.0f} us of CPU and {grown:,.0f} bytes a text, {found[0]} found",
        )


def main() -> None:
    """Measure everything. DOMAIN, UNITS and TASKS_A_UNIT set what is built."""
    table = Table(
        "what", "figure", title=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        repetitions(table)
        orchestration(table, Path(folder) / "cache")
        assembly(table, Path(folder))
        runners(table, Path(folder))
        prefects_own_runner(table)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
