"""The build flow: fans out units of work, then assembles their parts into a build."""

import dataclasses
import os
import shutil
import threading
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from toolscale.domain import load
from toolscale.errors import BuildError, ToolscaleError
from toolscale.flows.build_artifacts import leave_failure, show_build
from toolscale.flows.limits import slot
from toolscale.flows.model_endpoint import with_model
from toolscale.flows.names import build_name
from toolscale.flows.progress import Bar, Progress
from toolscale.flows.running import Running
from toolscale.flows.units import part_folder
from toolscale.flows.workers import Workers, workers_of
from toolscale.report import write_report
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.shards.duplicates import repeated_draws
from toolscale.shards.parts import read_summary
from toolscale.shards.store import GIGABYTE, PartStore, mark_used
from toolscale.synthesis.plan import BuildConfiguration, Unit, Writing, units

MOST_UNITS_AT_ONCE = 512  # threads that wait for workers; there are twice as many units waiting as workers
_UNITS_A_WORKER = 2  # one that it does, and one that is ready when that is done


def _may_pass_next_time(_task: Any, _run: Any, state: Any) -> bool:
    """A fault of the input stays a fault; a lost worker or a full disk may not."""
    try:
        state.result()
    except ToolscaleError:
        return False
    except Exception:
        return True
    return False


@task(
    task_run_name="{unit.name}",
    retries=2,
    retry_delay_seconds=[1, 10],
    retry_condition_fn=_may_pass_next_time,
    cache_policy=NO_CACHE,
)
def make_part(unit: Unit, part: Path, workers: Workers, progress: Progress, limit: str | None) -> bool:
    """Make the part of one unit, or find it; return whether it was made."""
    summary = read_summary(part)
    if summary is not None:
        mark_used(part)
        progress.done(unit, summary, made=False)
        return False
    with slot(limit):
        workers.run(unit, part.parent)
    summary = read_summary(part)
    if summary is None:
        raise BuildError(
            f"{unit.name} was done, but its part {part} is not to be seen from here",
            remedy="Every worker needs the same domain folders, and the part store on a file system that all share.",
        )
    progress.done(unit, summary, made=True)
    return True


@task(task_run_name="assemble", cache_policy=NO_CACHE)
def make_build(configuration: BuildConfiguration, parts: list[Path], target: Path) -> dict[str, Any]:
    """Assemble the parts into a build folder, and write its report."""
    manifest = assemble(configuration, parts, target)
    write_report(Build(target), target / "report.html")
    return manifest


@flow(
    name="build",
    flow_run_name=build_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_UNITS_AT_ONCE),  # type: ignore[arg-type]
    on_failure=[leave_failure],
    on_crashed=[leave_failure],
    on_cancellation=[leave_failure],
)
def build(
    configuration: BuildConfiguration,
    out: Path,
    running: Running = Running(),  # noqa: B008  frozen
    replace: bool = False,
    writing: Writing | None = None,
) -> dict[str, Any]:
    """Build a dataset into the folder `out` and return its manifest.

    Parts lie in the part store: a run that was killed goes on where it stood, and another build makes only what differs. The
    build is put together in `<out>.building` and appears when it is whole. `writing` is what the model of the server's variable
    toolscale_model_endpoint does; a model of the configuration's own is `configuration.authoring`.
    """
    configuration = with_model(configuration, writing)
    out = out.absolute()
    if out.exists() and not replace:
        raise BuildError(f"{out} exists", remedy="Choose another folder, or replace it.")
    if configuration.authoring is not None and configuration.authoring.in_one_process:
        running = _in_one_process(running)
    work = working_folder(out)
    store = PartStore(running.parts)
    try:
        with store.in_use():
            manifest = make_build(configuration, _parts(units(configuration), running, store.folder), work)
            _appear(work, out, replace=replace)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    show_build(configuration, manifest, out)
    _trim(store, running)
    return manifest


def _in_one_process(running: Running) -> Running:
    """Return how to run with one worker process: each keeps an account of its own, so that two would spend a budget twice."""
    if running.runner == "dask":
        raise BuildError("a cluster's workers keep no common account", remedy="A budget needs the runner processes.")
    return running.model_copy(update={"workers": 1})


def working_folder(out: Path) -> Path:
    """Return where a build into `out` is put together until it is whole."""
    return out.with_name(f"{out.name}.building")


def _parts(planned: list[Unit], running: Running, store: Path) -> list[Path]:
    """Make the part of each unit; those with tasks that repeat another unit's are made again without these."""
    fingerprints = {name: load(name).fingerprint for name in {unit.domain for unit in planned}}
    due = planned
    with Bar("build-progress", "units", len(planned)) as bar, closing(workers_of(running)) as workers:
        progress = Progress(planned, bar)
        while True:
            _make([(u, part_folder(u, fingerprints[u.domain], store)) for u in due], workers, progress, running.limit)
            folders = [part_folder(unit, fingerprints[unit.domain], store) for unit in planned]
            workers.rest()  # the search and what follows take the memory that they hold
            repeated = repeated_draws(folders)
            if not repeated:
                return folders
            before = planned
            planned = [
                dataclasses.replace(unit, repeated=(*unit.repeated, *repeated.get(folder, ())))
                for unit, folder in zip(planned, folders, strict=True)
            ]
            due = [unit for unit, old in zip(planned, before, strict=True) if unit != old]
            progress.again(len(due), sum(unit.tasks for unit in due))
            get_run_logger().info("%d units repeat tasks of others: they are made again without these", len(due))


def _make(due: list[tuple[Unit, Path]], workers: Workers, progress: Progress, limit: str | None) -> None:
    """Have units done, as many at once as there are workers for; after a failure no other is begun."""
    free = threading.Semaphore(0)
    room = 0
    flying: list[PrefectFuture[bool]] = []
    for unit, part in due:
        wanted = min(MOST_UNITS_AT_ONCE, _UNITS_A_WORKER * workers.number)  # a cluster may have grown
        if wanted > room:
            free.release(wanted - room)
            room = wanted
        free.acquire()
        states = [(future, future.state) for future in flying]  # asked once: it changes meanwhile
        flying = [future for future, state in states if not state.is_completed()]
        if any(state.is_final() and not state.is_completed() for _, state in states):
            break
        future = make_part.submit(unit, part, workers, progress, limit)
        future.add_done_callback(lambda _: free.release())
        flying.append(future)
    try:
        for future in flying:
            future.result()
    except BrokenProcessPool:
        raise ToolscaleError(
            "a worker process ended before its work was done, three times",
            remedy="Memory may have run out: give fewer workers.",
        ) from None


def _trim(store: PartStore, running: Running) -> None:
    """Keep the store within its size, unless another run is using it, which will do so at its end."""
    try:
        removed = store.trim(round(running.keep_gb * GIGABYTE))
    except BuildError:
        return
    if removed:
        get_run_logger().info(
            "%d parts were removed from %s, which keeps %g GB", len(removed), store.folder, running.keep_gb
        )


def _appear(whole: Path, out: Path, *, replace: bool) -> None:
    if out.exists():
        if not replace:
            raise BuildError(f"{out} exists by now", remedy="Give --force to replace it.")
        old = out.with_name(f"{out.name}.{os.getpid()}.replaced")
        out.rename(old)
        whole.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    else:
        whole.rename(out)
