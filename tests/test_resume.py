"""Parts on disk: a killed build goes on, another build makes only what differs, the store keeps to its size; and what a build touches."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from tests.test_build_flow import contents
from toolscale.errors import BuildError
from toolscale.flows.units import build_unit
from toolscale.shards.store import PartStore, mark_used
from toolscale.synthesis.plan import BuildConfiguration, units

WORKERS = 2
KILLS = 2


def command(domains: Path, out: Path, *more: str) -> list[str]:
    size = ("--tasks", "20", "--tasks-per-database", "4", "--seed", "3", "--workers", str(WORKERS))
    return [sys.executable, "-m", "toolscale", "build", "--domains", f"{domains}/", "--out", str(out), *size, *more]


def run(words: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environment(home), capture_output=True, text=True, check=False, timeout=400)


def environment(home: Path) -> dict[str, str]:
    away = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "XDG", "TOOLSCALE"))}
    return {**away, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


def counts(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """How many units a build made, and how many it found."""
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+) units made, (\d+) found", done.stderr)
    assert found is not None, done.stderr
    return int(found[1]), int(found[2])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "tmp").mkdir()
    return folder


@pytest.fixture(scope="module")
def domains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three domains: the library under three names, so that they are cheap and yet draw differently."""
    folder = tmp_path_factory.mktemp("domains")
    for name in ("archive", "library", "museum"):
        shutil.copytree(LIBRARY, folder / name)
        about = folder / name / "domain.yaml"
        about.write_text(about.read_text().replace("name: library", f"name: {name}"))
    return folder


@pytest.fixture(scope="module")
def undisturbed(domains: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "build"
    assert counts(run(command(domains, out), home)) == (30, 0)
    return out


@pytest.mark.slow
@pytest.mark.xdist_group("resume")
def test_nothing_is_written_outside_the_build_and_the_cache(undisturbed: Path, home: Path) -> None:
    assert {path.relative_to(home).as_posix() for path in home.glob("*")} == {".cache", "tmp"}
    assert {path.name for path in (home / ".cache").iterdir()} == {"toolscale"}
    assert list((home / "tmp").iterdir()) == []
    assert {path.name for path in undisturbed.parent.iterdir()} == {"build"}


@pytest.mark.slow
@pytest.mark.xdist_group("resume")
def test_a_change_in_one_domains_policy_makes_that_domains_units_only(
    domains: Path, undisturbed: Path, home: Path, tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(domains, tmp_path / "domains"))
    policy = changed / "museum" / "policy.yaml"
    policy.write_text(policy.read_text() + "\n# a word more\n")
    network = subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0
    words = command(changed, tmp_path / "again")
    done = run([*_ALONE, *words] if network else words, home)
    assert counts(done) == (10, 20)
    if not network:
        pytest.skip("the build was right, but no network namespace can be made here: whether it asks for one is not seen")


_ALONE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "alone")
