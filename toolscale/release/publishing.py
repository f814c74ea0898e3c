"""Publishing: a proven build becomes a version of a release, all at once and once only."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.errors import BuildError
from toolscale.release.proof import Proof
from toolscale.release.store import MANIFEST, store_of
from toolscale.release.versions import Version
from toolscale.shards.build import Build
from toolscale.shards.digest import sha256


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a release: the folder or the repository that holds it, and the commit that names its bytes."""

    where: str
    version: str
    commit: str

    @property
    def address(self) -> str:
        """What `toolscale pull` takes."""
        return f"{self.where}@{self.version}"


def publish(build: Path, to: str, version: str, *, proof: Proof, public: bool = False) -> Release:
    """Publish a build as a version: into a local release folder (`./folder`), or a repository `org/name` on the Hub.

    `proof` is what `toolscale.validators.build_validation.prove(build)` gives: the bytes that it names are the ones that are
    published. Publishing the same build again under the same version changes nothing and finishes what was interrupted. A
    repository is private unless `public`. Raises BuildError if the proof is of other bytes, or the version exists with other
    content; HubError if the Hub refuses.
    """
    wanted = Version.of(version)
    opened = Build(build)
    _refuse_other_bytes(build, proof)
    store = store_of(to, public=public)
    with tempfile.TemporaryDirectory(prefix="toolscale-") as texts:
        files = {name: build / name for name in opened.manifest["files"]}
        content = {**opened.manifest, "release": {"version": str(wanted), "proof": proof.as_json(), "retracted": []}}
        files[MANIFEST] = _written(Path(texts) / MANIFEST, content)
        commit = store.put(files, wanted)
    return Release(store.where, str(wanted), commit)


def _refuse_other_bytes(build: Path, proof: Proof) -> None:
    """Raise BuildError unless each file is the one that was validated."""
    if sha256(build / MANIFEST) != proof.manifest:
        raise BuildError(
            f"{build} is not the build that was validated: its manifest has changed", remedy="Validate it again."
        )
    listed: dict[str, str] = json.loads((build / MANIFEST).read_text(encoding="utf-8"))["files"]
    for name, expected in listed.items():
        if sha256(build / name) != expected:
            raise BuildError(f"{build / name} has changed since it was validated", remedy="Build or fetch it again.")


def _written(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(canonical_json(content) + "\n", encoding="utf-8")
    return path
