"""Pulling: a version's files, each checked against the hash in its manifest, for use here or into a folder of one's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolscale.errors import BuildError
from toolscale.release.store import MANIFEST, Store, names_a_repository, newest, store_of
from toolscale.shards.build import Build, is_chosen, refuse_newer
from toolscale.shards.columns import CONFIGS
from toolscale.shards.digest import sha256
from toolscale.synthesis.plan import SPLITS

_HASHERS = 4
_PULLING = ".pulling"
_WHAT_TO_NAME = "Give the folder of a build, a release folder, or org/name on the Hub."


@dataclass(frozen=True, slots=True)
class Address:
    """A release and, if given, one of its revisions: `org/name@v1.0.0`, `./folder@v1.0.0`."""

    where: str
    revision: str | None = None

    @classmethod
    def of(cls, text: str) -> Address:
        """Return the address that a text names; an @ in the path of a folder is part of the path."""
        where, at, revision = text.rpartition("@")
        if not at or not revision or "/" in revision or Path(text).is_dir():
            return cls(text)
        return cls(where, revision)

    def __str__(self) -> str:
        return f"{self.where}@{self.revision}" if self.revision else self.where


def opened(
    address: Address, *, domains: Collection[str] | None = None, split: str | None = None, streaming: bool = False
) -> Build:
    """Return a version as a build: its files fetched and their hashes checked, or read where they lie if `streaming`.

    Without a revision it is the newest version, on a Hub without versions the main branch. Raises BuildError.
    """
    store = store_of(address.where)
    revision = _revision(store, address)
    if streaming:
        source = store.source(revision)
        return Build(source.folder, domains=domains, split=split, source=source)
    return Build(fetched(store, revision, domains, split), domains=domains, split=split)


def pull(address: Address, into: Path | None = None) -> Path:
    """Fetch a whole version, check every hash, and return its folder: `into`, or where its store keeps it.

    `into` appears when all is there. A pull that was interrupted goes on with what it has. Raises BuildError.
    """
    store = store_of(address.where)
    revision = _revision(store, address)
    folder = fetched(store, revision, None, None)
    if into is None:
        return folder
    if into.exists():
        if into.is_dir() and (into / MANIFEST).is_file() and sha256(into / MANIFEST) == sha256(folder / MANIFEST):
            check_hashes(into, _listed(into))
            return into
        raise BuildError(f"{into} exists and is something else", remedy="Name another folder.")
    unfinished = into.with_name(f"{into.name}{_PULLING}")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for name in [*_listed(folder), MANIFEST]:
            (unfinished / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, unfinished / name)
        check_hashes(unfinished, _listed(folder))
        unfinished.rename(into)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return into


def fetched(store: Store, revision: str, domains: Collection[str] | None, split: str | None) -> Path:
    """Return a folder with the chosen files of a version, whose hashes are those of the manifest.

    A file whose hash is another is fetched once more, in case a cache was damaged. Raises BuildError if that does not help.
    """
    folder = store.fetch(revision, [MANIFEST])
    manifest = _manifest(folder)
    refuse_newer(manifest, f"{store.where}@{revision}")
    listed: dict[str, str] = manifest["files"]
    wanted = [name for name in listed if _wanted(name, domains, split)]
    folder = store.fetch(revision, [MANIFEST, *wanted])
    chosen = {name: listed[name] for name in wanted}
    damaged = other_hashes(folder, chosen)
    if damaged:
        folder = store.fetch(revision, damaged, afresh=True)
        check_hashes(folder, {name: listed[name] for name in damaged})
    return folder


def check_hashes(folder: Path, listed: dict[str, str]) -> None:
    """Raise BuildError naming the first file that is missing or not the one that was published."""
    for name in other_hashes(folder, listed):
        raise BuildError(
            f"{folder / name} is not the file that was published: its SHA-256 is another",
            remedy="Remove it and pull again; if that does not help, the release itself is damaged.",
        )


def other_hashes(folder: Path, listed: dict[str, str]) -> list[str]:
    """Return the names of the files that are missing or have another SHA-256 than listed."""

    def is_other(name: str) -> bool:
        path = folder / name
        return not path.is_file() or sha256(path) != listed[name]

    with ThreadPoolExecutor(_HASHERS) as hashers:
        return [name for name, other in zip(listed, hashers.map(is_other, listed), strict=True) if other]


def _revision(store: Store, address: Address) -> str:
    if address.revision is not None:
        return address.revision
    version = newest(store)
    if version is not None:
        return str(version)
    if names_a_repository(address.where):
        return "main"
    if not Path(address.where).exists():
        raise BuildError(f"there is no folder {address.where}", remedy=_WHAT_TO_NAME)
    raise BuildError(
        f"{address.where} is no build: it has no manifest.json, and no version of a release", remedy=_WHAT_TO_NAME
    )


def _wanted(name: str, domains: Collection[str] | None, split: str | None) -> bool:
    if domains is None and split is None:
        return True
    if not name.endswith(".parquet"):
        return False
    splits: Sequence[str] = SPLITS if split is None else [split]
    return any(is_chosen(name, config, one, domains) for config in CONFIGS for one in splits)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        return content
    except FileNotFoundError:
        raise BuildError(f"{folder} has no {MANIFEST}", remedy="It holds no release of toolscale.") from None
    except ValueError as error:
        raise BuildError(f"{folder / MANIFEST} can't be read: {error}", remedy="Pull it again.") from None


def _listed(folder: Path) -> dict[str, str]:
    listed: dict[str, str] = _manifest(folder)["files"]
    return listed
