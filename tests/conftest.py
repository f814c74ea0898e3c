"""Fixtures: the small library domain, its environment, some tasks, and a build of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.prefect_service import service  # noqa: F401  a fixture
from toolscale.domain import DomainFolder, load
from toolscale.domain.scaffold import SCAFFOLD
from toolscale.environment.environment import Environment
from toolscale.flows.units import build_unit, part_folder
from toolscale.shards.assembly import assemble
from toolscale.shards.build import Build
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.plan import BuildConfiguration, units
from toolscale.validators import judge_task

LIBRARY = SCAFFOLD


@pytest.fixture(scope="session")
def library() -> DomainFolder:
    return load(str(LIBRARY))


@pytest.fixture(scope="session")
def environment(library: DomainFolder) -> Environment:
    return Environment.of(library, seed=1)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the library's folder that a test may break."""
    return Path(shutil.copytree(LIBRARY, tmp_path / "library"))


@pytest.fixture(scope="session")
def author(library: DomainFolder) -> ProceduralAuthor:
    return ProceduralAuthor(library, seed=3, database_seed=3, unseen=False)


@pytest.fixture(scope="session")
def accepted(author: ProceduralAuthor) -> list[Accepted]:
    """Tasks of the library that every rule accepted."""
    drawn = [author.candidate(number, judge_task) for number in range(90)]
    return [candidate for candidate in drawn if isinstance(candidate, Accepted)]


@pytest.fixture(scope="session")
def configuration() -> BuildConfiguration:
    return BuildConfiguration(domains=(str(LIBRARY),), tasks=40, seed=5, tasks_per_database=8)


@pytest.fixture(scope="session")
def built(configuration: BuildConfiguration, library: DomainFolder, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A whole build of the library, made without Prefect."""
    work = tmp_path_factory.mktemp("build")
    planned = units(configuration)
    for unit in planned:
        build_unit(unit, work / "parts")
    assemble(
        configuration, [part_folder(unit, library.fingerprint, work / "parts") for unit in planned], work / "whole"
    )
    return Build(work / "whole")
