"""The proof that a build was validated: without one nothing is published.

`toolscale.validators.build_validation.prove` gives it after it has found no fault. It names the build by the hash of its
manifest, which names every file by hash, so that a proof holds for these bytes and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Proof:
    """What was validated, and how: `judged` and `variants` count by the task rules' names.

    `manifest` is the SHA-256 (64 hex digits) of the build's manifest.json.
    """

    manifest: str
    toolscale: str
    tasks: int
    judged: Mapping[str, int]
    variants: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return what a release's manifest keeps of it."""
        return asdict(self)
