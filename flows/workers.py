"""Who does the units of a run: worker processes here, or a Dask cluster."""

import multiprocessing
import os
import threading
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Protocol

from toolscale.errors import BuildError
from toolscale.flows.running import Running, processes
from toolscale.flows.units import build_unit
from toolscale.processes import end_with
from toolscale.synthesis.plan import Unit


class Workers(Protocol):
    """Does units for many threads at once."""

    @property
    def number(self) -> int:
        """How many units are done at the same time."""

    def run(self, unit: Unit, parts: Path) -> bool:
        """Do one unit and wait for it; return whether there was work to do. Raises BuildError if it takes too long."""

    def rest(self) -> None:
        """Give back the memory of workers that have nothing to do; they start again when there is."""

    def close(self) -> None:
        """End what was started. Units in flight are lost, parts on disk stay."""


def workers_of(running: Running) -> Workers:
    """Return the workers that a run asks for. Raises ToolscaleError if there is no such cluster, or Dask is not installed."""
    seconds = running.unit_minutes * 60
    if running.runner == "processes":
        return Processes(processes(running.workers), seconds)
    from toolscale.flows.dask_workers import DaskWorkers

    return DaskWorkers(running.address, processes(running.workers), seconds)


class Processes:
    """A pool of processes on this machine: replaced when one is lost, gone when the run is gone."""

    def __init__(self, number: int, unit_seconds: float) -> None:
        self.number = number
        self._unit_seconds = unit_seconds
        self._lock = threading.Lock()
        self._closed = False
        self._pool = self._fresh()

    def run(self, unit: Unit, parts: Path) -> bool:
        """Do one unit in a worker process. Raises BrokenProcessPool if a worker is lost."""
        if self._closed:
            raise _ended(unit)
        pool = self._pool
        try:
            return pool.submit(build_unit, unit, parts).result(self._unit_seconds)
        except (BrokenProcessPool, CancelledError):
            if self._closed:
                raise _ended(unit) from None
            self._replace(pool)
            raise
        except TimeoutError:
            self._replace(pool)
            raise took_too_long(unit, self._unit_seconds) from None

    def rest(self) -> None:
        """End the worker processes; the next unit starts others."""
        self._replace(self._pool)

    def close(self) -> None:
        """End the worker processes."""
        self._closed = True
        _end(self._pool)

    def _replace(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:
                _end(pool)
                self._pool = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        # spawn: the flow has threads, which a fork would copy half alive
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.number, mp_context=context, initializer=end_with, initargs=(os.getpid(),))


def took_too_long(unit: Unit, seconds: float) -> BuildError:
    """Return the error of a unit that was given up."""
    return BuildError(
        f"{unit.name} was not done after {seconds / 60:g} minutes", remedy="Fewer tasks a database make smaller units."
    )


def _ended(unit: Unit) -> BuildError:
    return BuildError(f"the run ended before {unit.name} was done")


def _end(pool: ProcessPoolExecutor) -> None:
    """End a pool at once: units in flight would be written to the end only to be waited for."""
    for process in list((pool._processes or {}).values()):
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)
