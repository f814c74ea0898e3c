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
from toolscale.release.store import MANIFEST, names_a_repository, store_of
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
    release: dict[str, Any] = {
        "version": str(wanted),
        "repository": store.where if names_a_repository(to) else None,
        "proof": proof.as_json(),
        "retracted": opened.manifest.get("release", {}).get("retracted", []),
    }
    with tempfile.TemporaryDirectory(prefix="toolscale-") as texts:
        commit = store.put(described({**opened.manifest, "release": release}, build, Path(texts)), wanted)
    return Release(store.where, str(wanted), commit)


def described(manifest: dict[str, Any], shards: Path, texts: Path) -> dict[str, Path]:
    """Write what describes a version into the folder `texts`, and return all its files by name.

    The shards are those in the folder `shards`; pictures, Croissant file, card and manifest follow from them and from `manifest`.
    """
    from toolscale.release.croissant import CROISSANT, croissant
    from toolscale.release.plots import plots
    from toolscale.shards.card import card, written_schemas  # imports pandas and datasets, which pulling does without

    kept = {name: digest for name, digest in manifest["files"].items() if name.endswith(".parquet")}
    files = {name: shards / name for name in kept}
    pictures = plots(Build(shards))
    written: dict[str, bytes] = {name: picture for name, (picture, _) in pictures.items()}
    written[CROISSANT] = (
        json.dumps(croissant(manifest, written_schemas(shards)), indent=1, ensure_ascii=False) + "\n"
    ).encode()
    written["README.md"] = card(manifest, shards, {name: says for name, (_, says) in pictures.items()}).encode()
    for name, content in written.items():
        files[name] = _written(texts / name, content)
        kept[name] = sha256(files[name])
    files[MANIFEST] = _written(texts / MANIFEST, f"{canonical_json({**manifest, 'files': kept})}\n".encode())
    return files


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


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
