"""Builds by folder, by release, or by name on the Hub."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from toolscale.errors import BuildError
from toolscale.shards.build import Build


def load(
    folder_or_repo: str | Path,
    *,
    revision: str | None = None,
    domains: Collection[str] | None = None,
    split: str | None = None,
    streaming: bool = False,
) -> Build:
    """Return a build from its folder, from a local release folder, or from a dataset repository `org/name` on the Hub.

    `revision` pins a version of a release (on the Hub also a branch or commit); without it the newest version is taken. The
    hashes of a version's files are checked. `org/name@v1.0.0` says the same in one text. `domains` and `split` choose rows, and
    only their files are fetched. With `streaming` nothing is fetched in advance: files are read as far as they are needed, and
    each page of them is checked by its own checksum. Raises BuildError if there is no such build, or if its rows are newer than
    this toolscale.
    """
    from toolscale.release.pulling import Address, opened

    folder = Path(folder_or_repo)
    if (folder / "manifest.json").is_file():
        build = Build(folder, domains=domains, split=split)
        version = build.manifest.get("release", {}).get("version")
        if revision is not None and revision != version:
            named = f"is the version {version}" if version else "is a build, which has no versions"
            raise BuildError(f"{folder} {named}", remedy="Leave revision out.")
        return build
    # a Path is never a repository, and has lost the ./ that tells the two apart
    named = os.path.join(".", folder_or_repo) if isinstance(folder_or_repo, Path) else folder_or_repo
    address = Address.of(named)
    if revision is not None:
        address = Address(address.where if address.revision == revision else named, revision)
    return opened(address, domains=domains, split=split, streaming=streaming)
