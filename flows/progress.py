"""How far a build is: for the log, for Prefect's UI, and for whoever listens in this process (the terminal)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import cast
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from toolscale.shards.parts import PartSummary
from toolscale.synthesis.plan import Unit

KEY = "build-progress"
_ARTIFACT_SECONDS = 5.0  # between two updates of the artifact: each is a request


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a build stands. Tasks are accepted ones; `seconds` since the first unit began."""

    units: int
    made: int = 0
    found: int = 0
    """Units whose parts another run had made."""
    tasks: int = 0
    tasks_planned: int = 0
    drawn: int = 0
    tasks_made: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Tasks a second that this run makes."""
        return self.tasks_made / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """The time left at this rate; None before anything is made."""
        return (self.tasks_planned - self.tasks) / self.rate if self.rate else None

    def __str__(self) -> str:
        done = f"{self.made + self.found} of {self.units} units ({self.found} found), {self.tasks:,} tasks"
        left = self.seconds_left
        return done if left is None else f"{done}, {self.rate:,.1f} tasks a second, {left / 60:.1f} minutes left"


Listener = Callable[[Standing], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` where builds in this process stand, from the threads of the flow."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


class Bar:
    """A progress artifact in Prefect's UI, brought up to date every few seconds at most, and at the end."""

    def __init__(self, key: str, what: str, total: int) -> None:
        self._what, self._total = what, total
        self._text = what
        self._done = 0
        self._shown = time.monotonic()
        self._artifact = cast(
            UUID, create_progress_artifact(progress=0.0, key=key, description=what)
        )  # nothing here is async

    def __enter__(self) -> "Bar":
        return self

    def at(self, done: int, text: str | None = None, *, total: int | None = None) -> None:
        """Note how many are done, in words too if there is more to say."""
        self._done = done
        self._total = total or self._total
        self._text = text or f"{done:,} of {self._total:,} {self._what}"
        if time.monotonic() - self._shown >= _ARTIFACT_SECONDS:
            self._show()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        share = 100.0 * self._done / max(1, self._total)
        update_progress_artifact(self._artifact, progress=share, description=self._text)


class Progress:
    """Counts the units of one run. The methods may be called from any thread."""

    def __init__(self, planned: Sequence[Unit], bar: Bar) -> None:
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self._bar = bar
        self.standing = Standing(units=len(planned), tasks_planned=sum(unit.tasks for unit in planned))

    def again(self, units: int, tasks: int) -> None:
        """Note that units that were counted are to be made again."""
        with self._lock:
            now = self.standing
            self.standing = replace(now, units=now.units + units, tasks_planned=now.tasks_planned + tasks)

    def done(self, unit: Unit, summary: PartSummary, *, made: bool) -> None:
        """Note that a unit's part is there."""
        word = "made" if made else "found"
        text = f"{word} domain={summary.domain} unit={unit.name} seed={unit.seed} database_seed={unit.database_seed}"
        get_run_logger().info("%s accepted=%d drawn=%d", text, summary.accepted, summary.drawn)
        with self._lock:
            now = self.standing
            self.standing = now = replace(
                now,
                made=now.made + made,
                found=now.found + (not made),
                tasks=now.tasks + summary.accepted,
                drawn=now.drawn + summary.drawn,
                tasks_made=now.tasks_made + (summary.accepted if made else 0),
                seconds=time.monotonic() - self._start,
            )
            self._bar.at(now.made + now.found, str(now), total=now.units)
        for listener in _listeners:
            listener(now)
