"""Work on worker processes: results come in the order of the items, and no worker outlives its parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from toolscale.errors import ToolscaleError

Item = TypeVar("Item")
Result = TypeVar("Result")

_LOOK_SECONDS = 1.0


def in_order(do: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    """Yield `do(item)` for each item, in their order; in this process if there is work for one worker only.

    `do`, items and results must pickle. An error that `do` raises is raised here. Raises ToolscaleError if a worker is lost.
    """
    number = min(workers, len(items))
    if number <= 1:
        yield from map(do, items)
        return
    # spawn: a fork would copy the threads of a progress bar half alive
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, mp_context=context, initializer=_begin, initargs=(os.getpid(),)) as pool:
        try:
            yield from pool.map(do, items)
        except BrokenProcessPool:
            raise ToolscaleError(
                "a worker process ended before its work was done",
                remedy="Memory may have run out: give fewer --workers.",
            ) from None


def _begin(parent: int) -> None:
    """Leave at an interrupt without a word, which is the parent's to say; end soon after the parent in any case."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with(parent)


def end_with(parent: int) -> None:
    """End this process soon after its parent, whatever ends that."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os._exit(1)  # after a kill -9 nobody else would

    threading.Thread(target=watch, daemon=True).start()
