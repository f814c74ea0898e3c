"""The part store: parts of all builds in one folder, so that a build makes only what no build before it has made.

A part's name is the fingerprint of all that its rows depend on; so whoever finds it may use it. A part is whole or not there: it
appears and goes by a rename. Runs share a lock on the store, trimming has it alone, so that nothing goes while it is used.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from toolscale.cache_folder import cache_folder
from toolscale.errors import BuildError
from toolscale.shards.parts import SUMMARY, UNFINISHED

GIGABYTE = 1_000_000_000
_ABANDONED_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One part in the store: its size in bytes, and when it was last used, in seconds since 1970."""

    folder: Path
    domain: str
    size: int
    used: float


class PartStore:
    """A folder of parts."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder() / "parts"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Hold the store against trimming while a run reads and writes parts; ends with the process in any case."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._locked(fcntl.LOCK_SH):
            self._sweep()
            yield

    def parts(self) -> list[StoredPart]:
        """Return the parts, the one that was used longest ago first."""
        found = []
        for summary in self.folder.glob(f"*/{SUMMARY}"):
            if not summary.parent.name.endswith(UNFINISHED):
                # only what every version has: a part made by another one is listed too
                domain = json.loads(summary.read_text(encoding="utf-8"))["domain"]
                size = sum(file.stat().st_size for file in summary.parent.iterdir())
                found.append(StoredPart(summary.parent, domain, size, summary.stat().st_mtime))
        return sorted(found, key=lambda part: (part.used, part.folder.name))

    def trim(self, most_bytes: int) -> list[StoredPart]:
        """Remove the parts that were used longest ago until the rest is no larger than `most_bytes`; return those removed.

        Raises BuildError if a run is using the store.
        """
        if not self.folder.is_dir():
            return []
        with self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB):
            self._sweep()
            parts = self.parts()
            size = sum(part.size for part in parts)
            removed = []
            for part in parts:
                if size <= most_bytes:
                    break
                _remove(part.folder)
                removed.append(part)
                size -= part.size
        return removed

    def _sweep(self) -> None:
        """Remove what killed runs left half written: those of this machine whose process is gone, and any a day old."""
        for left in self.folder.glob(f"*{UNFINISHED}"):
            host, _, process = left.name.removesuffix(UNFINISHED).rpartition("@")[2].rpartition(".")
            try:
                old = time.time() - left.stat().st_mtime > _ABANDONED_SECONDS
            except FileNotFoundError:
                continue
            if old or (host == socket.gethostname() and process.isdigit() and not _alive(int(process))):
                shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        with (self.folder / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, how)
            except BlockingIOError:
                raise BuildError(
                    f"a run is using the parts in {self.folder}", remedy="Wait for its end, or end it, and try again."
                ) from None
            yield


def mark_used(part: Path) -> None:
    """Note that a part was used now, so that it is among the last to be trimmed."""
    os.utime(part / SUMMARY)


def _remove(part: Path) -> None:
    doomed = part.with_name(f"{part.name}@{socket.gethostname()}.{os.getpid()}{UNFINISHED}")
    part.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
