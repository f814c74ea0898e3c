"""Fixtures: the small library domain, its environment, some tasks, and a build of it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.direct_build import built_directly
from tests.prefect_service import service  # noqa: F401  a fixture
from toolscale.domain import DomainFolder, load
from toolscale.domain.scaffold import SCAFFOLD
from toolscale.environment.environment import Environment
from toolscale.release import Proof, publish
from toolscale.shards.build import Build
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.plan import BuildConfiguration
from toolscale.validators import judge_task
from toolscale.validators.build_validation import prove

if threading.current_thread() is threading.main_thread():
    # where the tests run as a shell's background job, the commands that they start would ignore an interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
    """Databases so small that a few candidates are rejected."""
    return BuildConfiguration(domains=(str(LIBRARY),), tasks=40, seed=5, scale=0.1, tasks_per_database=8)


@pytest.fixture(scope="session")
def built(configuration: BuildConfiguration, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A whole build of the library."""
    return built_directly(configuration, tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def proof(built: Build) -> Proof:
    """The proof that the build was validated."""
    return prove(built.folder)


@pytest.fixture(scope="session")
def released(built: Build, proof: Proof, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release folder with two versions of the same build."""
    folder = tmp_path_factory.mktemp("released") / "store"
    for version in ("v1.0.0", "v1.9.0", "v1.10.0"):
        publish(built.folder, str(folder), version, proof=proof)
    return folder


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request: pytest.FixtureRequest) -> bool:
    """Whether answers of an endpoint are received piece by piece."""
    return bool(request.param)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 96 KiB, smaller than the build."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)
