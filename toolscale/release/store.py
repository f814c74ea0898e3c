"""Where releases live, behind one small protocol: a local release folder, or a dataset repository on the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toolscale.errors import ToolscaleError
from toolscale.release.versions import Version

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A version that a store holds. `commit` names its bytes, on the Hub the commit of the repository."""

    version: Version
    commit: str


class Store(Protocol):
    """A place that holds versions of one release. A version is there as a whole or not at all, and never changes."""

    @property
    def where(self) -> str:
        """The folder, or org/name."""

    def versions(self) -> dict[Version, str]:
        """Return the versions with their commits, the oldest first."""

    def put(self, files: Mapping[str, Path], version: Version) -> Shelved:
        """Make the version from files by the names that they get in it.

        A version that is there already with the same manifest is left as it is. Raises ToolscaleError if it is there with another
        one, or if somebody else published in the meantime.
        """


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
