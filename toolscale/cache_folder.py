"""Where caches lie: the one folder beside a build that anything is written to."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of toolscale's caches: TOOLSCALE_CACHE, else `toolscale` in the user's cache folder."""
    given = os.environ.get("TOOLSCALE_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "toolscale"


def answer_cache() -> Path:
    """Return the file of the answers that models were paid for, which all runs share."""
    return cache_folder() / "answers.sqlite"
