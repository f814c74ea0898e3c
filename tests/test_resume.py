"""Parts on disk: a killed build goes on, another build makes only what differs, the store keeps to its size; what is touched."""

from __future__ import annotations

import json
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
from tests.prefect_service import ROOT, Service
from tests.test_build_flow import contents
from toolscale.errors import BuildError
from toolscale.flows.units import build_unit
from toolscale.shards.build import Build
from toolscale.shards.parts import begun
from toolscale.shards.store import PartStore, mark_used
from toolscale.synthesis.plan import BuildConfiguration, units

WORKERS = 2
A_DOMAIN, ALL = 2, 20  # units
KILLED_AT = (5, 12)  # units that are whole
ALONE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "alone")
"""Runs a command where there is no network but loopback."""


def command(out: Path, *more: str, domains: str = "all") -> list[str]:
    """A build of the ten domains: units as small as can be, so that most of the time goes into what is the same for all sizes."""
    size = ("--tasks", "2", "--tasks-per-database", "1", "--scale", "0.2", "--seed", "3", "--workers", str(WORKERS))
    return [sys.executable, "-m", "toolscale", "build", "--domains", domains, "--out", str(out), *size, *more]


def run(words: list[str], home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env={**environment(home), **more}, capture_output=True, text=True, check=False, timeout=400
    )


def environment(home: Path) -> dict[str, str]:
    away = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "XDG", "TOOLSCALE"))}
    return {**away, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}


def whole_parts(store: Path) -> list[Path]:
    return [path for path in store.glob("*/part.json") if not path.parent.name.endswith(".unfinished")]


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


def alone_is_possible() -> bool:
    return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def undisturbed(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "build"
    words = command(out)
    assert counts(run([*ALONE, *words] if alone_is_possible() else words, home)) == (ALL, 0)
    return out


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_nothing_is_written_outside_the_build_and_the_cache(undisturbed: Path, home: Path) -> None:
    assert {path.relative_to(home).as_posix() for path in home.glob("*")} == {".cache", "tmp"}
    assert {path.name for path in (home / ".cache").iterdir()} == {"toolscale"}
    assert list((home / "tmp").iterdir()) == []
    assert {path.name for path in undisturbed.parent.iterdir()} == {"build"}


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_no_network_is_asked_for(undisturbed: Path) -> None:
    if not alone_is_possible():
        pytest.skip(
            "no network namespace can be made here (unshare -rn): whether a build asks for the network is not seen"
        )
    assert Build(undisturbed).manifest["tasks"] == ALL


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_a_change_in_one_domains_policy_makes_that_domains_units_only(
    undisturbed: Path, home: Path, tmp_path: Path, service: Service
) -> None:
    changed = Path(shutil.copytree(ROOT / "domains", tmp_path / "domains"))
    policy = changed / "weather" / "policy.yaml"
    policy.write_text(policy.read_text() + "\n# a word more\n")
    again = run(command(tmp_path / "again", domains=f"{changed}/"), home, PREFECT_API_URL=service.api)
    assert counts(again) == (A_DOMAIN, ALL - A_DOMAIN)


@pytest.mark.slow
@pytest.mark.xdist_group("prefect server")
def test_killed_twice_a_build_of_ten_domains_loses_the_units_in_flight_and_ends_with_the_same_bytes(
    undisturbed: Path, home: Path, tmp_path: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    parts, out = tmp_path / "parts", tmp_path / "killed"
    words = command(out, "--parts", str(parts))
    lost: list[str] = []
    for more in KILLED_AT:
        there = {**environment(home), "PREFECT_API_URL": service.api}
        running = subprocess.Popen(words, env=there, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 240
        while len(whole_parts(parts)) < more and time.monotonic() < deadline:
            time.sleep(0.005)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert not out.exists()
        # those of the first kill are swept at the second start
        lost += [path.name.rpartition("@")[0].rpartition("-")[0] for path in parts.glob("*.unfinished")]
    whole = len(whole_parts(parts))
    assert KILLED_AT[-1] <= whole < ALL
    made, found = counts(run(words, home, PREFECT_API_URL=service.api))
    assert contents(out) == contents(undisturbed)
    assert (made, found) == (ALL - whole, whole), "a unit that was whole was made again"
    with capsys.disabled():
        again = f"{len(lost)} begun twice ({', '.join(lost) or 'none'})"
        print(f"\n{len(KILLED_AT)} kills, {WORKERS} workers: {whole} of {ALL} units whole at the last, {again}")
    assert len(lost) <= WORKERS * len(KILLED_AT)
    assert not list(parts.glob("*.unfinished"))


def test_the_store_is_trimmed_to_its_size_what_was_used_longest_ago_first(tmp_path: Path) -> None:
    planned = units(BuildConfiguration(domains=(str(LIBRARY),), tasks=4, tasks_per_database=2))
    for unit in planned:
        build_unit(unit, tmp_path)
    store = PartStore(tmp_path)
    parts = store.parts()
    for age, part in enumerate(parts):
        os.utime(part.folder / "part.json", (1e9 - age, 1e9 - age))
    mark_used(parts[-1].folder)
    removed = store.trim(sum(part.size for part in parts) - 1)
    assert [part.folder for part in removed] == [parts[-2].folder]
    assert {part.folder for part in store.parts()} == {part.folder for part in parts} - {parts[-2].folder}
    assert store.trim(0)
    assert store.parts() == []


def test_the_parts_command_says_what_is_there_and_removes_what_is_too_much(tmp_path: Path) -> None:
    build_unit(units(BuildConfiguration(domains=(str(LIBRARY),), tasks=2))[0], tmp_path)
    words = [sys.executable, "-m", "toolscale", "parts", "--parts", str(tmp_path), "--json"]
    said = [json.loads(subprocess.check_output([*words, *more])) for more in ((), ("--keep-gb", "0"))]
    assert said[0]["domains"]["library"]["parts"] == 1
    assert said[0]["domains"]["library"]["bytes"] > 0
    assert (said[1]["removed"], said[1]["domains"]) == (1, {})


def test_a_store_in_use_is_not_trimmed(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    with store.in_use(), pytest.raises(BuildError, match="a run is using"):
        PartStore(tmp_path).trim(0)
    assert store.trim(0) == []


def test_what_a_dead_process_left_half_written_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    host = os.uname().nodename
    gone, stays = (tmp_path / f"part@{host}.{process}.unfinished" for process in (dead.stdout.strip(), os.getpid()))
    gone.mkdir()
    stays.mkdir()
    with PartStore(tmp_path).in_use():
        assert [path.name for path in tmp_path.glob("*.unfinished")] == [stays.name]


def test_the_same_part_from_two_runs_at_once_is_one(tmp_path: Path) -> None:
    unit = units(BuildConfiguration(domains=(str(LIBRARY),), tasks=4))[0]
    build_unit(unit, tmp_path / "other run")
    (other,) = (tmp_path / "other run").iterdir()
    part = tmp_path / "store" / other.name
    with begun(part) as place:
        shutil.copytree(other, place, dirs_exist_ok=True)
        shutil.copytree(other, part)  # the other run is quicker
    assert [path.name for path in part.parent.iterdir()] == [part.name]
    assert contents(part) == contents(other)


def test_a_unit_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with begun(tmp_path / "part") as place:
            (place / "tasks.parquet").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []
