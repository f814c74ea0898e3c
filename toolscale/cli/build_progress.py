"""The progress of a build in a terminal: units, tasks, rate, time left; and at the end what was made and what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from toolscale.flows.progress import Standing


@contextmanager
def build_progress(console: Console, *, silent: bool) -> Iterator[Callable[[Standing], None]]:
    """Show where a build stands for as long as the context lasts. Yields what is to be told of it."""
    columns = (
        TextColumn("units"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    last: Standing | None = None
    with Progress(*columns, console=console, disable=silent or not console.is_terminal) as bars:
        bar = bars.add_task("units", total=None, pace="")

        def show(standing: Standing) -> None:
            nonlocal last
            last = standing
            left = standing.seconds_left
            pace = f"{standing.tasks:,} tasks"
            if left is not None:
                pace += f", {standing.rate:,.1f} a second, {timedelta(seconds=round(left))} left"
            bars.update(bar, completed=standing.made + standing.found, total=standing.units, pace=pace)

        yield show
    if last is not None and not silent:
        console.print(f"{last.made} units made, {last.found} found in the part store", highlight=False, soft_wrap=True)
