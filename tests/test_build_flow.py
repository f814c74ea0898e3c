"""`toolscale build` for real: Prefect in process, worker processes, a full disk, the installed wheel."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from toolscale.flows.units import build_unit
from toolscale.synthesis.plan import BuildConfiguration, units

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]
SETTINGS = ("--tasks", "40", "--seed", "5", "--tasks-per-database", "6")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def command(out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "toolscale", "build", "--domains", str(LIBRARY), "--out", str(out), *SETTINGS, *more]


def environment(cache: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "TOOLSCALE_CACHE": str(cache), **more}


def built(cache: Path, out: Path, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(out, *more),
        env=environment(cache, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def one(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build as one worker makes it. Its parts are in the cache's store; other tests give a store of their own."""
    out = tmp_path_factory.mktemp("one") / "build"
    done = built(cache, out, "--workers", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tasks"] == 40
    return out


def test_workers_time_zone_language_and_hash_seed_change_no_byte(cache: Path, one: Path, tmp_path: Path) -> None:
    elsewhere = {"TZ": "Pacific/Kiritimati", "LANG": "de_DE.UTF-8", "LC_ALL": "C", "PYTHONHASHSEED": "4242"}
    done = built(cache, tmp_path / "two", "--workers", "2", "--parts", str(tmp_path / "parts"), **elsewhere)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "two") == contents(one)
    assert not (tmp_path / "two.building").exists()


def test_a_unit_whose_part_is_there_is_not_made_again(tmp_path: Path) -> None:
    unit = units(BuildConfiguration(domains=(str(LIBRARY),), tasks=4))[0]
    assert build_unit(unit, tmp_path)
    assert not build_unit(unit, tmp_path)


def test_a_whole_build_is_left_as_it_is_by_resume(cache: Path, one: Path) -> None:
    before = contents(one)
    done = built(cache, one, "--resume")
    assert done.returncode == 0
    assert "nothing to do" in done.stdout
    assert contents(one) == before


def test_a_full_disk_is_a_message_and_leaves_no_build(cache: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        done = built(cache, disk / "out", "--workers", "1", "--parts", str(disk / "parts"))
        assert done.returncode == 2
        assert "disk is full" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (disk / "out").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_wheel_builds_away_from_the_checkout(cache: Path, one: Path, tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "-w", str(tmp_path), str(root)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)], check=True)
    assert {path.name for path in site.iterdir() if not path.name.endswith((".dist-info", "bin"))} == {"toolscale"}
    done = subprocess.run(
        command(tmp_path / "out", "--parts", str(tmp_path / "parts")),
        cwd=tmp_path,
        env=environment(cache, PYTHONPATH=str(site), PYTHONSAFEPATH="1"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert filecmp.cmp(tmp_path / "out" / "manifest.json", one / "manifest.json", shallow=False)
