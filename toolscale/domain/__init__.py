"""Domains: the plugin folders that researchers write, read and checked."""

from toolscale.domain.domain import Domain
from toolscale.domain.folder import DomainFolder, available, find, load

__all__ = ["Domain", "DomainFolder", "available", "find", "load"]
