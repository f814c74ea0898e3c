"""Releases: versions of a build that are published once, never changed, and pulled by hash; and what happens to them later."""

from toolscale.release.proof import Proof
from toolscale.release.publishing import Release, publish

__all__ = ["Proof", "Release", "publish"]
