"""Which splits of a build an export writes: the one that is asked for, or all that have tasks."""

from __future__ import annotations

from toolscale.errors import BuildError, nearest
from toolscale.shards.build import Build
from toolscale.synthesis.plan import SPLITS, Split


def splits_of(build: Build, split: str | None = None) -> list[Split]:
    """Return the splits, in their order. Raises BuildError for one that is unknown or has no task."""
    if split is not None and split not in SPLITS:
        raise BuildError(f"there is no split '{split}'", remedy=nearest(split, SPLITS))
    found: list[Split] = [name for name in SPLITS if split in (None, name) and build.names("tasks", name)]
    if not found:
        raise BuildError(
            f"{build.folder} has no tasks{f' in {split}' if split else ''}", remedy="Choose another split."
        )
    return found
