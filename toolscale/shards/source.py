"""Where a build's files are read from: a folder, or anything else that can list and open them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol


class Source(Protocol):
    """The files of one build, by their names relative to it, with slashes."""

    @property
    def folder(self) -> Path:
        """Where they lie; what messages call it if that is no folder here."""

    def names(self) -> Sequence[str]:
        """Return the names of the Parquet files."""

    def read(self, name: str) -> bytes:
        """Return the content of a small file. Raises FileNotFoundError."""

    def open(self, name: str) -> str | BinaryIO:
        """Return the path of a file, or a stream that can seek."""


class FolderSource:
    """The files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> Sequence[str]:
        """Return the names of the Parquet files."""
        return [path.relative_to(self.folder).as_posix() for path in self.folder.glob("*/*.parquet")]

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return (self.folder / name).read_bytes()

    def open(self, name: str) -> str | BinaryIO:
        """Return the path of a file."""
        return str(self.folder / name)
