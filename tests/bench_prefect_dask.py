"""What a task costs on Prefect's own Dask task runner, for comparison: `python -m tests.bench_prefect_dask`."""

from __future__ import annotations

import sys
import time

from toolscale.flows.ephemeral_server import ephemeral_server

TASKS = 40


def nothing(number: int) -> int:
    return number


def main() -> None:
    """Print the seconds by the clock that a flow of tasks takes, and each of them."""
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError:
        sys.exit(0)
    from prefect import flow, task

    runner = DaskTaskRunner(cluster_kwargs={"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None})

    @flow(task_runner=runner)
    def many(number: int) -> None:
        for future in [task(nothing).submit(item) for item in range(number)]:
            future.result()

    seconds = {}
    for number in (2, TASKS + 2):
        start = time.monotonic()
        many(number)
        seconds[number] = time.monotonic() - start
    each = (seconds[TASKS + 2] - seconds[2]) / TASKS
    print(f"{1000 * each:.0f} ms each, {seconds[2] - 2 * each:.0f} s to start")


if __name__ == "__main__":
    with ephemeral_server() as wait:
        wait()
        main()
