"""What a person is told when their input is at fault: the cause, the place, the remedy."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault lies: a file, and if known the 1-based line and the field's path."""

    file: str
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place} ({self.field})" if self.field else place


class ToolscaleError(Exception):
    """An error that the user can mend. The command line prints it and exits with `exit_code`, without a traceback."""

    exit_code = 2

    def __init__(self, cause: str, *, remedy: str = "", place: Place | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy
        self.place = place

    def __str__(self) -> str:
        text = f"{self.place}: {self.cause}" if self.place else self.cause
        return f"{text}\n  {self.remedy}" if self.remedy else text

    def __reduce__(self) -> tuple[object, ...]:
        return _revive, (type(self), self.cause, self.remedy, self.place), self.__dict__


def _revive(kind: type[ToolscaleError], cause: str, remedy: str, place: Place | None) -> ToolscaleError:
    return kind(cause, remedy=remedy, place=place)


class DomainError(ToolscaleError):
    """A domain folder, or the domain part of an environment row, is at fault."""


class BuildError(ToolscaleError):
    """A build, its folder or one of its rows is at fault."""


class TrainingError(ToolscaleError):
    """A model, a configuration of the trainer or a run of it is at fault."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?" for the known name nearest to `name`, or the list of known names."""
    return _nearest(name, tuple(sorted(set(known))))


@functools.lru_cache(maxsize=1024)
def _nearest(name: str, names: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known here: {', '.join(names)}." if names else "There are none here."
