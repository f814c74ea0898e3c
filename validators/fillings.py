"""The databases that several domain rules look at: each is filled once for all of them."""

from __future__ import annotations

import functools
from typing import TypeVar

from toolscale.database.drawing import Drawing
from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment

SEEDS = (1, 2, 3, 4, 5)
_FOLDERS_KEPT = 2
Kind = TypeVar("Kind", bound=Environment)


@functools.lru_cache(maxsize=_FOLDERS_KEPT)
def _filled(fingerprint: str, path: str) -> dict[int, Environment]:
    return {}


def environment_of(folder: DomainFolder, seed: int) -> Environment:
    """Return the folder's environment of one seed, from this process's memory if it was filled before.

    Raises DomainError.
    """
    kept = _filled(folder.fingerprint, str(folder.path))
    if seed not in kept:
        kept[seed] = Environment.of(folder, seed=seed)
    return kept[seed]


def environment_apart(kind: type[Kind], folder: DomainFolder, seed: int) -> Kind:
    """Return an environment on the same database whose connections are its own. Raises DomainError."""
    about, filled = folder.domain.about, environment_of(folder, seed)
    drawing = Drawing(seed=seed, clock=about.clock, locale=about.locale)
    return kind(folder.domain, filled.database, compiled_domain=filled.compiled, drawing=drawing)
