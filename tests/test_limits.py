"""Concurrency limits of a Prefect server: builds that share one slot make their units one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.conftest import LIBRARY
from tests.prefect_service import PATIENCE, Service, await_that
from toolscale.flows.limits import slot
from toolscale.shards.build import Build

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect server")]
LIMIT = "one-at-a-time"
SEEDS = (611, 612)


@dataclass(frozen=True, slots=True)
class Moment:
    """What was seen at once: the slots in use as the server says, and the units of each build that were in work."""

    slots: int
    making: tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Shared:
    """Two builds that ran at the same time and shared one slot, which the test held until both waited for it."""

    builds: tuple[Path, Path]
    begun_while_held: list[Path]
    moments: list[Moment]


def begin(service: Service, folder: Path, limit: str, seed: int) -> subprocess.Popen[str]:
    """Begin a build of the library in `folder`, with a part store of its own."""
    size = ("--tasks", "20", "--tasks-per-database", "10", "--seed", str(seed), "--workers", "1")
    where = ("--out", str(folder / "build"), "--parts", str(folder / "parts"))
    environment = {**os.environ, "PREFECT_API_URL": service.api, "TOOLSCALE_CACHE": str(service.cache)}
    words = ["build", "--domains", str(LIBRARY), *size, *where, "--limit", limit]
    command = [sys.executable, "-m", "toolscale", *words]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


def in_work(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in (folder / "parts").glob("*.unfinished"))


def slots_in_use(service: Service) -> int:
    return int(service.get(f"/v2/concurrency_limits/{LIMIT}")["active_slots"])


def at_the_limit(service: Service) -> int:
    """How many of the builds have begun a unit's task, which then waits for the slot."""
    builds = {"name": {"any_": [f"build library: 20 tasks, seed {seed}" for seed in SEEDS]}}
    tasks = {"name": {"like_": "library-"}, "state": {"type": {"any_": ["RUNNING"]}}}
    found = service.post("/task_runs/filter", {"flow_runs": builds, "task_runs": tasks})
    return len({run["flow_run_id"] for run in found})


@pytest.fixture(scope="module")
def shared(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    service.post("/v2/concurrency_limits/", {"name": LIMIT, "limit": 1})
    folders = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    moments: list[Moment] = []

    def look() -> None:
        before = tuple(map(in_work, folders))
        slots = slots_in_use(service)
        after = tuple(map(in_work, folders))
        moments.append(Moment(slots, (before[0] & after[0], before[1] & after[1])))

    running: list[subprocess.Popen[str]] = []
    try:
        with temporary_settings({PREFECT_API_URL: service.api}), slot(LIMIT):
            running += [begin(service, folder, LIMIT, seed) for seed, folder in zip(SEEDS, folders, strict=True)]
            await_that(lambda: at_the_limit(service) == len(SEEDS))
            time.sleep(2)
            begun = [path for folder in folders for path in (folder / "parts").glob("library-*")]
        deadline = time.monotonic() + PATIENCE
        while any(build.poll() is None for build in running):
            assert time.monotonic() < deadline, "the builds did not end"
            look()
            time.sleep(0.01)
        for build in running:
            assert build.returncode == 0, build.communicate()[1]
        yield Shared((folders[0] / "build", folders[1] / "build"), begun, moments)
    finally:
        for build in running:
            build.kill()
            build.communicate()


def test_a_build_begins_no_unit_before_it_has_a_slot(shared: Shared) -> None:
    assert shared.begun_while_held == []
    assert [Build(build).manifest["tasks"] for build in shared.builds] == [20, 20], "they did not go on with the slot"


def test_while_a_unit_is_made_the_server_counts_a_slot_as_taken(shared: Shared) -> None:
    at_work = [moment.slots for moment in shared.moments if any(moment.making)]
    assert at_work
    assert set(at_work) == {1}


def test_two_builds_that_share_one_slot_never_make_units_at_once(shared: Shared) -> None:
    for one in (0, 1):
        assert any(moment.making[one] for moment in shared.moments), "a build was never seen at work"
    assert not [moment for moment in shared.moments if all(moment.making)]


def test_after_the_builds_the_slot_is_free(shared: Shared, service: Service) -> None:
    assert slots_in_use(service) == 0


def test_a_limit_that_the_server_does_not_have_is_a_message_with_the_command_that_makes_it(
    service: Service, tmp_path: Path
) -> None:
    refused = begin(service, tmp_path, "nobody-made-it", seed=1)
    _, said = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 2
    assert "prefect gcl create nobody-made-it --limit" in said
    assert "Traceback" not in said
    assert not (tmp_path / "build").exists()
    assert not list((tmp_path / "parts").glob("library-*"))
