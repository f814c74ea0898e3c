"""The worker processes of a run: replaced when one is lost, gone when the run is gone."""

import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from toolscale.flows.units import build_unit
from toolscale.processes import end_with
from toolscale.synthesis.plan import Unit


class Workers:
    """A pool of processes for units of work."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        self._pool = self._fresh()

    def run(self, unit: Unit, parts: Path) -> bool:
        """Do one unit in a worker process and wait for it. Raises BrokenProcessPool if a worker is lost."""
        pool = self._pool
        try:
            return pool.submit(build_unit, unit, parts).result()
        except BrokenProcessPool:
            with self._lock:
                if self._pool is pool:
                    pool.shutdown(wait=False, cancel_futures=True)
                    self._pool = self._fresh()
            raise

    def close(self) -> None:
        """End the worker processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fresh(self) -> ProcessPoolExecutor:
        # spawn: the flow has threads, which a fork would copy half alive
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._number, mp_context=context, initializer=end_with, initargs=(os.getpid(),))
