"""Where releases live, behind one small protocol: a local release folder, or a dataset repository on the Hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from toolscale.errors import ToolscaleError
from toolscale.release.versions import Version
from toolscale.shards.source import Source

MANIFEST = "manifest.json"


class Store(Protocol):
    """A place that holds versions of one release. A version is there as a whole or not at all, and never changes.

    A revision is a version, or what else a place may know: on the Hub a branch or a commit.
    """

    @property
    def where(self) -> str:
        """The folder, or org/name."""

    def versions(self) -> dict[Version, str]:
        """Return the versions with their commits, the oldest first; a commit names a version's bytes."""

    def put(self, files: Mapping[str, Path], version: Version) -> str:
        """Make the version from files by the names that they get in it, and return its commit.

        A version that is there already with the same manifest is left as it is. Raises BuildError if it is there with another
        one, or if somebody else published in the meantime.
        """

    def fetch(self, revision: str, names: Sequence[str], *, afresh: bool = False) -> Path:
        """Return a folder that has at least the named files of the revision; `afresh` trusts nothing that was fetched before.

        Raises BuildError if there is no such revision or file.
        """

    def source(self, revision: str) -> Source:
        """Return the revision's files, each read where it lies and only as far as it is asked for."""


def newest(store: Store) -> Version | None:
    """Return the highest version that a store has, None if it has none."""
    return max(store.versions(), default=None)


def store_of(where: str, *, public: bool = False) -> Store:
    """Return the store that `where` names: `org/name` is a repository on the Hub, all else a folder.

    An `org/name` that is a folder here is that folder. `public` lets a repository be or become readable by anybody.
    """
    from toolscale.release.hub import HubStore
    from toolscale.release.local import LocalStore

    if names_a_repository(where):
        return HubStore(where, public=public)
    if public:
        raise ToolscaleError(f"{where} is a folder, which is as public as its place", remedy="Leave --public out.")
    return LocalStore(Path(where).expanduser())


def names_a_repository(where: str) -> bool:
    """Whether `where` is org/name on the Hub: one slash, no folder of that name here, and not written as a path."""
    parts = where.split("/")
    written_as_path = where.startswith((".", "/", "~")) or "\\" in where
    return len(parts) == 2 and all(parts) and not written_as_path and not Path(where).is_dir()
