"""Benchmarks of scale, never tests: `python -m tests.bench_scale` prints the tables that docs/scaling.md reckons with.

Costs are seconds of CPU where that is what counts, so that other work on the machine does not matter; efficiency is by the clock.
"""

from __future__ import annotations

import contextlib
import json
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
SIZES = (2_000, 16_000)  # texts that are searched for repetitions
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


def orchestration(table: Table, folder: Path) -> None:
    """What a unit costs that is found: flow, Prefect task, events, its server; by two builds that differ in units only."""
    from toolscale.flows.ephemeral_server import ephemeral_server

    start = _spent()
    os.environ["TOOLSCALE_CACHE"] = str(folder / "cache")
    with ephemeral_server() as wait:
        from toolscale.flows.build import build
        from toolscale.flows.running import Running

        wait()
        (server,) = [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
        table.add_row(
            "imports and start of Prefect", f"{_spent() - start + _of(server):.1f} s of CPU, client and server"
        )
        spent = {}
        for number in (20, 120):
            configuration = BuildConfiguration(domains=(str(SCAFFOLD),), tasks=number, tasks_per_database=1, seed=3)
            for unit in units(configuration):
                build_unit(unit, folder / "found")
            before = time.process_time() + _of(server)
            build(configuration, folder / str(number), Running(workers=1, parts=folder / "found"))
            time.sleep(3)  # events arrive late
            spent[number] = time.process_time() + _of(server) - before
    each = (spent[120] - spent[20]) / 100
    table.add_row(
        "orchestration and assembly of a found unit of one task", f"{1000 * each:.0f} ms of CPU, client and server"
    )
    table.add_row("units of which that is 5 %", f"{20 * each:.1f} s of CPU")


def _of(process: int) -> float:
    """Return the seconds of CPU that another process has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def two_dask_workers() -> Iterator[str]:
    """A Dask scheduler and two workers with one thread each, as processes of their own on this machine."""
    with contextlib.ExitStack() as ended, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        where = ["--host", "127.0.0.1", "--scheduler-file", str(file)]
        _started(ended, "scheduler", "--port", "0", "--no-dashboard", *where)
        while not file.exists():
            time.sleep(0.2)
        for _ in range(2):
            alone = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", folder]
            _started(ended, "worker", *where, *alone)
        yield str(json.loads(file.read_text())["address"])


def _started(ended: contextlib.ExitStack, *words: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ended.callback(process.wait)
    ended.callback(process.kill)  # a worker whose scheduler is gone would look for it first


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
        table.add_row(f"{name}, units of {TASKS_A_UNIT} {Path(DOMAIN).name} tasks", row + more)

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
    table.add_row(f"making a {Path(DOMAIN).name} task", f"{1000 * making / tasks:.0f} ms of CPU")
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
    """Measure everything, or the parts that are named. DOMAIN, UNITS and TASKS_A_UNIT set what is built."""
    parts = {
        "repetitions": lambda table, _: repetitions(table),
        "orchestration": orchestration,
        "assembly": assembly,
        "runners": runners,
        "prefect-dask": lambda table, _: prefects_own_runner(table),
    }
    for name in sys.argv[1:] or parts:
        title = f"{name}: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        table = Table("what", "figure", title=title)
        with tempfile.TemporaryDirectory() as folder:
            parts[name](table, Path(folder))
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
