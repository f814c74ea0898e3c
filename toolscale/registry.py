"""Builds by folder or by name on the Hub."""

from __future__ import annotations

from pathlib import Path

from toolscale.errors import BuildError
from toolscale.shards.build import Build


def load(folder_or_repo: str | Path, *, revision: str | None = None) -> Build:
    """Return a build from a local folder or from a dataset repository `org/name` on the Hub.

    `revision` pins a tag or commit of the repository. Raises BuildError if there is no such build.
    """
    folder = Path(folder_or_repo)
    if folder.is_dir():
        if revision is not None:
            raise BuildError(f"{folder} is a folder, which has no revisions", remedy="Leave revision out.")
        return Build(folder)
    name = str(folder_or_repo)
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise BuildError(f"there is no folder {name}", remedy="Give the folder of a build, or org/name on the Hub.")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Build(Path(snapshot_download(name, repo_type="dataset", revision=revision)))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise BuildError(
            f"{name} can't be fetched from the Hub: {error}", remedy="Check name, revision and login."
        ) from None
