"""A local release folder: a folder a version, each written under another name and renamed into place when it is whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from toolscale.errors import BuildError, nearest
from toolscale.release.store import MANIFEST
from toolscale.release.versions import Version
from toolscale.shards.digest import sha256
from toolscale.shards.source import FolderSource, Source

_LOCK = ".lock"
_UNFINISHED = ".unfinished"


class LocalStore:
    """A folder whose sub-folders are versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def where(self) -> str:
        """The folder."""
        return str(self.folder)

    def versions(self) -> dict[Version, str]:
        """Return the versions with their commits, the oldest first."""
        if not self.folder.is_dir():
            return {}
        found = [(Version.found_in(path.name), path) for path in self.folder.iterdir() if path.is_dir()]
        named = sorted((version, path) for version, path in found if version is not None)
        return {version: _commit(path) for version, path in named}

    def put(self, files: Mapping[str, Path], version: Version) -> str:
        """Make the version's folder. Publishers take turns; what a killed one has left is made anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / str(version)
        unfinished = self.folder / f".{version}{_UNFINISHED}"
        with FileLock(self.folder / _LOCK):
            if target.exists():
                return self._as_before(files, version)
            shutil.rmtree(unfinished, ignore_errors=True)
            try:
                for name, source in files.items():
                    copy = unfinished / name
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    _link_or_copy(source, copy, within=self.folder)
                unfinished.rename(target)
            except BaseException:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise
        return _commit(target)

    def fetch(self, revision: str, names: Sequence[str], *, afresh: bool = False) -> Path:
        """Return the version's folder."""
        folder = self._folder_of(revision)
        for name in names:
            if not (folder / name).is_file():
                raise BuildError(f"{folder} has no {name}", remedy="The version is damaged: publish the build again.")
        return folder

    def source(self, revision: str) -> Source:
        """Return the files in the version's folder."""
        return FolderSource(self._folder_of(revision))

    def _folder_of(self, revision: str) -> Path:
        folder = self.folder / revision
        if Version.found_in(revision) is None or not folder.is_dir():
            known = [str(version) for version in self.versions()]
            raise BuildError(f"{self.where} has no version {revision}", remedy=nearest(revision, known))
        return folder

    def _as_before(self, files: Mapping[str, Path], version: Version) -> str:
        commit = _commit(self.folder / str(version))
        if commit != _short(files[MANIFEST]):
            raise BuildError(
                f"{self.where} has {version} already, with other content",
                remedy="A version is never overwritten: publish under a higher one.",
            )
        return commit


def _commit(folder: Path) -> str:
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise BuildError(f"{folder} is no version of a release: it has no {MANIFEST}", remedy="Move it elsewhere.")
    return _short(manifest)


def _short(manifest: Path) -> str:
    """Return 40 digits of the manifest's hash: it names every file by hash, so it names the version's bytes."""
    return sha256(manifest)[:40]


def _link_or_copy(source: Path, copy: Path, *, within: Path) -> None:
    """Link files of earlier versions in the same release folder, which nobody changes; copy all others."""
    if source.resolve().is_relative_to(within.resolve()):
        try:
            os.link(source.resolve(), copy)
            return
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EMLINK):
                raise
    shutil.copyfile(source, copy)
