"""Errata: a task that turns out wrong is retracted by a patch version, whose manifest lists it. Its row stays where it is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from toolscale.errors import BuildError
from toolscale.release.publishing import Release, described
from toolscale.release.pulling import Address, fetched
from toolscale.release.store import newest, store_of
from toolscale.release.versions import Version
from toolscale.shards.build import Build


def retract(release: Address, task_id: str, reason: str, *, public: bool = False) -> Release:
    """Publish the patch version in which a task is retracted, and return it; the newest version is patched if none is named.

    Raises BuildError for an unknown task, one that is retracted already, or a version that has a patch.
    """
    store = store_of(release.where, public=public)
    versions = store.versions()
    old = Version.of(release.revision) if release.revision else newest(store)
    if old is None:
        raise BuildError(f"{release.where} holds no version of a release", remedy="Publish a build first.")
    patch = old.next_patch
    if patch in versions:
        raise BuildError(f"{old} has the patch {patch} already", remedy=f"Retract from {release.where}@{patch}.")
    if not reason.strip():
        raise BuildError("a retraction has a reason", remedy="Say in a few words what is wrong with the task.")
    folder = fetched(store, str(old), None, None)
    build = Build(folder)
    split = build.row("tasks", "task_id", task_id)["split"]
    manifest = build.manifest
    corrected = {
        **manifest,
        "tasks": manifest["tasks"] - 1,
        "splits": {**manifest["splits"], split: manifest["splits"][split] - 1},
        "release": {
            **manifest["release"],
            "version": str(patch),
            "retracted": [*manifest["release"]["retracted"], {"task_id": task_id, "reason": " ".join(reason.split())}],
        },
    }
    with tempfile.TemporaryDirectory(prefix="toolscale-") as texts:
        commit = store.put(described(corrected, folder, Path(texts)), patch)
    return Release(store.where, str(patch), commit)
