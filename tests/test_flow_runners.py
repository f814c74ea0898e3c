"""Who does the units: worker processes or a Dask cluster; and what a slow one, or one that is not there, means."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.conftest import LIBRARY
from tests.test_build_flow import contents
from toolscale.errors import BuildError, ToolscaleError
from toolscale.flows.running import Running
from toolscale.flows.units import build_unit
from toolscale.flows.workers import Processes, workers_of
from toolscale.synthesis.plan import BuildConfiguration, Unit, units


@pytest.fixture(scope="module")
def planned() -> list[Unit]:
    return units(BuildConfiguration(domains=(str(LIBRARY),), tasks=16, seed=5, tasks_per_database=4))


@pytest.fixture(scope="module")
def here(planned: list[Unit], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts as this process makes them."""
    parts = tmp_path_factory.mktemp("here")
    for unit in planned:
        build_unit(unit, parts)
    return parts


@pytest.mark.slow
def test_a_dask_cluster_makes_the_same_parts(planned: list[Unit], here: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    workers = workers_of(Running(workers=1, runner="dask"))
    try:
        assert workers.number == 1
        made = [workers.run(unit, tmp_path) for unit in planned]
        assert all(made)
        assert not workers.run(planned[0], tmp_path), "a part that is there was made again"
    finally:
        workers.close()
    assert contents(tmp_path) == contents(here)


def test_no_scheduler_at_the_address_is_a_message() -> None:
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with pytest.raises(ToolscaleError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        workers_of(Running(runner="dask", address="tcp://127.0.0.1:9"))


def test_dask_without_its_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ToolscaleError, match=r"toolscale\[dask\]"):
        workers_of(Running(runner="dask"))


def test_an_address_needs_dask_and_the_form_of_one() -> None:
    with pytest.raises(ValidationError, match="runner must be dask"):
        Running(address="tcp://127.0.0.1:8786")
    with pytest.raises(ValidationError, match="address"):
        Running(runner="dask", address="10.0.0.5")


def test_a_unit_that_takes_too_long_is_given_up_and_named(planned: list[Unit], tmp_path: Path) -> None:
    workers = Processes(1, unit_seconds=0.01)
    try:
        with pytest.raises(BuildError, match=f"{planned[0].name} was not done after"):
            workers.run(planned[0], tmp_path)
    finally:
        workers.close()


def test_after_the_end_of_a_run_no_unit_is_begun(planned: list[Unit], tmp_path: Path) -> None:
    workers = Processes(1, unit_seconds=60)
    workers.close()
    with pytest.raises(BuildError, match="the run ended before"):
        workers.run(planned[0], tmp_path)
    assert not list(tmp_path.iterdir())
