"""A whole build made in this process, without Prefect."""

from __future__ import annotations

from pathlib import Path

from toolscale.domain import load
from toolscale.flows.units import build_unit, part_folder
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.synthesis.plan import BuildConfiguration, units


def built_directly(configuration: BuildConfiguration, work: Path) -> Build:
    """Build below the folder `work`: its units one after the other, then the whole."""
    parts = []
    for unit in units(configuration):
        build_unit(unit, work / "parts")
        parts.append(part_folder(unit, load(unit.domain).fingerprint, work / "parts"))
    assemble(configuration, parts, work / "whole")
    return Build(work / "whole")
