"""What happens to a release later: differences between versions, errata, and saved trajectories graded again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import toolscale
from tests.conftest import LIBRARY
from tests.direct_build import built_directly
from tests.test_domain_loading import replace
from tests.test_release import said
from tests.test_shards import rewrite
from toolscale.errors import BuildError, ToolscaleError
from toolscale.release.differences import difference
from toolscale.release.errata import retract
from toolscale.release.pulling import Address
from toolscale.release.regrading import SavedTrajectory, regrade, saved_trajectories
from toolscale.shards.build import Build
from toolscale.synthesis.plan import BuildConfiguration
from toolscale.validators.build_validation import prove


def build_of(domain: Path, work: Path, tasks: int) -> Build:
    configuration = BuildConfiguration(domains=(str(domain),), tasks=tasks, seed=5, scale=0.1, tasks_per_database=8)
    return built_directly(configuration, work)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_of(LIBRARY, tmp_path_factory.mktemp("small"), 10)


@pytest.fixture
def own(small: Build, tmp_path: Path) -> Path:
    """A copy of the small build that a test may change."""
    return Path(shutil.copytree(small.folder, tmp_path / "own"))


@pytest.fixture
def store(released: Path, tmp_path: Path) -> Path:
    """A release folder of one version that a test may add to."""
    shutil.copytree(released / "v1.0.0", tmp_path / "store" / "v1.0.0")
    return tmp_path / "store"


def test_between_a_build_and_itself_lies_nothing(small: Build) -> None:
    found = difference(small, small)
    assert (found.same, found.tasks, found.domains, found.rules) == (10, (), {}, {})
    assert found.results == {"valid": 10, "regrade": 0, "lost": 0}


def test_another_domain_version_changes_every_task_and_says_so(small: Build, copy: Path, tmp_path: Path) -> None:
    replace(copy / "domain.yaml", "version: 1.0.0", "version: 1.1.0")
    found = difference(small, build_of(copy, tmp_path / "other", 10))
    assert found.domains["library"]["version"] == ["1.0.0", "1.1.0"]
    assert found.same == 0
    changed = [task for task in found.tasks if task.kind == "changed"]
    assert {task.why for task in changed} == {"domain library 1.0.0 -> 1.1.0"}
    assert {task.results for task in changed} == {"lost"}
    old, new = {task.id for task in small.tasks()}, {task.new_id for task in changed}
    assert {task.task_id for task in changed} <= old
    assert not new & old


def test_a_task_that_is_not_drawn_any_more_is_removed_and_a_new_one_added(small: Build, built: Build) -> None:
    found = difference(small, built)
    added = [task for task in found.tasks if task.kind == "added"]
    assert {task.why for task in added} <= {"newly drawn"} | {t.why for t in added if "rejected it before" in t.why}
    assert found.same + len(added) + sum(task.kind == "changed" for task in found.tasks) == 40
    back = difference(built, small)
    assert {task.task_id for task in back.tasks if task.kind == "removed"} == {task.task_id for task in added}


def test_a_removed_task_is_told_with_the_rule_that_rejects_it_now(small: Build, own: Path) -> None:
    gone: dict[str, Any] = {}

    def take(rows: list[dict[str, Any]]) -> None:
        gone.update(rows.pop())

    rewrite(next((own / "tasks").glob("train-*")), take)
    rewrite(next((own / "trajectories").glob("train-*")), lambda rows: rows.pop() and None)

    def reject(rows: list[dict[str, Any]]) -> None:
        origin = gone["origin"]
        rows[0] |= {
            "database_seed": origin["database_seed"],
            "draw": origin["draw"],
            "rule": "minimal",
            "reason": "idle",
        }

    rewrite(next((own / "rejections").glob("*")), reject)
    (task,) = difference(small, Build(own)).tasks
    assert (task.kind, task.task_id, task.why, task.results) == (
        "removed",
        gone["task_id"],
        "rule minimal: idle",
        "lost",
    )
    (back,) = difference(Build(own), small).tasks
    assert (back.kind, back.why) == ("added", "rule minimal: idle rejected it before")


def test_other_criteria_of_the_same_task_ask_for_grading_again(small: Build, own: Path) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[0]["criteria"] = rows[0]["criteria"].replace('"statements":[', '"statements":[ ')

    rewrite(next((own / "tasks").glob("train-*")), change)
    found = difference(small, Build(own))
    assert [(task.kind, task.results) for task in found.tasks] == [("changed", "regrade")]
    assert found.results == {"valid": 9, "regrade": 1, "lost": 0}


def test_the_command_says_it_in_words_and_in_json(small: Build, own: Path) -> None:
    assert "10 valid" in said("diff", small.folder, own)
    assert json.loads(said("diff", small.folder, own, "--json"))["results"]["valid"] == 10


def test_a_retracted_task_is_left_out_by_loads_and_stays_in_the_older_version(store: Path) -> None:
    wrong = next(toolscale.load(store).tasks("train")).id
    made = retract(Address(str(store)), wrong, "the fee is  not in the policy")
    assert made.version == "v1.0.1"
    build = toolscale.load(store)
    assert wrong not in [task.id for task in build.tasks()]
    assert wrong not in [trajectory.task_id for trajectory in build.trajectories()]
    assert sum(1 for _ in build.rows("tasks", columns=["domain"])) == build.manifest["tasks"] == 39
    with pytest.raises(BuildError, match="was retracted: the fee is not in the policy"):
        build.task(wrong)
    assert toolscale.load(store, revision="v1.0.0").task(wrong).id == wrong
    assert f"| `{wrong}` | the fee is not in the policy |" in (store / "v1.0.1" / "README.md").read_text()
    assert prove(store / "v1.0.1").tasks == 39
    (task,) = difference(toolscale.load(store, revision="v1.0.0"), build).tasks
    assert (task.kind, task.why, task.results) == ("removed", "retracted: the fee is not in the policy", "lost")


def test_a_patch_shares_its_shards_with_the_version_before(store: Path) -> None:
    retract(Address(str(store)), next(toolscale.load(store).tasks("test")).id, "wrong")
    for path in (store / "v1.0.0").glob("*/*.parquet"):
        assert path.stat().st_ino == (store / "v1.0.1" / path.parent.name / path.name).stat().st_ino


def test_errata_add_up_and_a_version_is_patched_once(store: Path) -> None:
    one, other, *_ = [task.id for task in toolscale.load(store).tasks("train")]
    assert f"{store}@v1.0.1" in said("retract", store, one, "--reason", "wrong").replace("\n", "")
    with pytest.raises(BuildError, match="Retract from"):
        retract(Address(str(store), "v1.0.0"), other, "wrong too")
    assert json.loads(said("retract", store, other, "--reason", "wrong too", "--json"))["version"] == "v1.0.2"
    assert set(toolscale.load(store).retracted) == {one, other}
    with pytest.raises(BuildError, match="was retracted"):
        retract(Address(str(store)), one, "again")
    with pytest.raises(BuildError, match="Did you mean"):
        retract(Address(str(store)), f"{other[:-1]}x", "no such task")


def saved(build: Build, path: Path) -> list[SavedTrajectory]:
    """Save all reference trajectories, the last one without a call, as if it had been solved all the same."""
    lines = [{"task_id": t.task_id, "messages": list(t.messages), "score": 1} for t in build.trajectories()]
    lines[-1]["messages"] = [message for message in lines[-1]["messages"] if "tool" not in str(message)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return list(saved_trajectories(path))


def test_saved_trajectories_are_graded_again(small: Build, tmp_path: Path) -> None:
    *right, wrong = regrade(small, saved(small, tmp_path / "saved.jsonl"))
    assert {(item.before, item.after, item.state) for item in right} == {(1, 1, "same")}
    assert (wrong.before, wrong.after, wrong.state) == (1, 0, "other")
    assert wrong.failed


def test_the_trajectories_of_a_build_are_saved_trajectories_too(small: Build) -> None:
    found = list(regrade(small, saved_trajectories(small.files("trajectories", "train")[0])))
    assert {item.state for item in found} == {"same"}
    assert len(found) == pq.read_metadata(small.files("trajectories", "train")[0]).num_rows


def test_what_was_measured_on_a_retracted_or_unknown_task_is_told(store: Path, tmp_path: Path) -> None:
    build = toolscale.load(store)
    trajectories = saved(build, tmp_path / "saved.jsonl")
    retract(Address(str(store)), trajectories[0].task_id, "wrong")
    strange = trajectories[1].model_copy(update={"task_id": "library-nowhere"})
    states = [item.state for item in regrade(toolscale.load(store), [trajectories[0], strange, trajectories[1]])]
    assert states == ["retracted", "unknown", "same"]


def test_regrade_writes_what_it_found(small: Build, tmp_path: Path) -> None:
    saved(small, tmp_path / "saved.jsonl")
    told = said("regrade", small.folder, tmp_path / "saved.jsonl", "--out", tmp_path / "out.jsonl")
    assert "1 with another score" in told
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 10


def test_a_line_that_is_no_trajectory_is_named(tmp_path: Path) -> None:
    path = tmp_path / "saved.jsonl"
    path.write_text('{"task_id": "a", "messages": []}\n{"task_id": "b"}\n')
    with pytest.raises(ToolscaleError, match=r"saved\.jsonl:2 \(messages\)"):
        list(saved_trajectories(path))
