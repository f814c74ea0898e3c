"""Releases in a local folder: published once, pulled by hash, loaded by version, domain and split."""

from __future__ import annotations

import json
import os
import shutil
from importlib import import_module
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import toolscale
from tests.test_command_line import refused
from tests.test_command_line import toolscale as run
from toolscale.cli.app import COMMANDS, app
from toolscale.errors import BuildError, ToolscaleError
from toolscale.release import Proof, publish
from toolscale.release.pulling import Address, pull
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build
from toolscale.shards.card import card
from toolscale.validators.build_validation import UnprovenBuildError, prove

ROW_FORMAT_1 = Path(__file__).parent / "formats" / "row_format_1"


@pytest.fixture
def own(released: Path, tmp_path: Path) -> Path:
    """A copy of the release folder that a test may break."""
    return Path(shutil.copytree(released, tmp_path / "own"))


def said(*words: str | Path) -> str:
    """Return what a command prints that goes well; it runs in this process, which is quicker."""
    for name in COMMANDS:
        import_module(f"toolscale.cli.{name}")
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_version_has_every_file_of_the_build_and_says_what_it_is(built: Build, released: Path) -> None:
    version = contents(released / "v1.0.0")
    for name, content in contents(built.folder).items():
        if name.endswith(".parquet"):
            assert version[name] == content
    manifest = json.loads(version["manifest.json"])
    assert manifest["release"]["version"] == "v1.0.0"
    assert manifest["release"]["proof"]["judged"]["replays"] == 40


def test_publishing_the_same_again_changes_no_byte_and_no_time(built: Build, proof: Proof, own: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*")}
    again = publish(built.folder, str(own), "v1.0.0", proof=proof)
    assert again.version == "v1.0.0"
    assert {path: path.stat().st_mtime_ns for path in own.rglob("*") if path.name != ".lock"} == {
        path: time for path, time in before.items() if path.name != ".lock"
    }


def test_a_version_is_never_overwritten(built: Build, own: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(built.folder, tmp_path / "other"))
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "note": "another build"}))
    before = contents(own)
    with pytest.raises(BuildError, match=r"has v1\.0\.0 already, with other content"):
        publish(other, str(own), "v1.0.0", proof=prove(other))
    assert contents(own) == before


def test_nothing_is_published_without_a_proof_of_these_bytes(built: Build, proof: Proof, tmp_path: Path) -> None:
    changed = Path(shutil.copytree(built.folder, tmp_path / "changed"))
    shard = next((changed / "tasks").glob("train-*"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    with pytest.raises(BuildError, match="has changed since it was validated"):
        publish(changed, str(tmp_path / "store"), "v1.0.0", proof=proof)
    with pytest.raises(UnprovenBuildError, match=shard.name):
        prove(changed)
    (changed / "manifest.json").write_text((changed / "manifest.json").read_text() + " ")
    with pytest.raises(BuildError, match="not the build that was validated"):
        publish(changed, str(tmp_path / "store"), "v1.0.0", proof=proof)
    assert not (tmp_path / "store").exists()


def test_publish_says_which_rule_failed_and_makes_nothing(built: Build, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(built.folder, tmp_path / "broken"))
    next((broken / "tasks").glob("train-*")).unlink()
    done = run("publish", broken, "--workers", "1", "--to", tmp_path / "store", "--version", "v1.0.0")
    assert done.returncode == 1
    assert "the file is missing" in done.stderr
    assert not (tmp_path / "store").exists()


def test_what_a_killed_publisher_left_is_no_version_and_is_made_anew(built: Build, proof: Proof, own: Path) -> None:
    left = own / ".v2.0.0.unfinished"
    shutil.copytree(own / "v1.0.0" / "tasks", left / "tasks")
    (left / "tasks" / "half").write_bytes(b"half")
    with pytest.raises(BuildError, match=r"no version v2\.0\.0"):
        toolscale.load(own, revision="v2.0.0")
    publish(built.folder, str(own), "v2.0.0", proof=proof)
    assert not left.exists()
    assert "tasks/half" not in contents(own / "v2.0.0")
    assert toolscale.load(own).manifest["release"]["version"] == "v2.0.0"


@pytest.mark.parametrize("version", ["1.0.0", "v1.0", "v1.0.0-rc1", "v01.0.0", "latest"])
def test_a_version_has_three_numbers(built: Build, proof: Proof, tmp_path: Path, version: str) -> None:
    with pytest.raises(ToolscaleError, match="is no version"):
        publish(built.folder, str(tmp_path / "store"), version, proof=proof)


def test_the_newest_version_is_the_highest_by_number(released: Path) -> None:
    assert toolscale.load(released).manifest["release"]["version"] == "v1.10.0"
    assert toolscale.load(f"{released}@v1.9.0").manifest["release"]["version"] == "v1.9.0"
    with pytest.raises(BuildError, match=r"Did you mean 'v1\.9\.0'"):
        toolscale.load(released, revision="v1.9.1")


def test_domains_and_split_choose_rows(released: Path) -> None:
    test = toolscale.load(released, domains=["library"], split="test")
    assert {task.domain for task in test.tasks()} == {"library"}
    assert [task.id for task in test.tasks()] == [task.id for task in toolscale.load(released).tasks("test")]
    with pytest.raises(BuildError, match="split test only"):
        next(test.tasks("train"))
    with pytest.raises(BuildError, match="Did you mean 'library'"):
        toolscale.load(released, domains=["libary"])


def test_streaming_a_folder_reads_it_where_it_lies(released: Path) -> None:
    build = toolscale.load(released, revision="v1.9.0", streaming=True)
    assert build.folder == released / "v1.9.0"
    assert next(build.tasks("test")).id == next(toolscale.load(released).tasks("test")).id


def test_a_path_is_never_taken_for_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BuildError, match="there is no folder"):
        toolscale.load(Path("org/name"))


def test_a_changed_file_is_refused_by_load_and_by_pull(own: Path, tmp_path: Path) -> None:
    shard = next((own / "v1.10.0" / "environments").glob("test-*"))
    content = shard.read_bytes()
    shard.unlink()
    shard.write_bytes(content.replace(b"PAR1", b"PAR2"))
    for use in (lambda: toolscale.load(own), lambda: pull(Address(str(own)), tmp_path / "into")):
        with pytest.raises(BuildError, match=rf"{shard.name} is not the file that was published"):
            use()
    assert not (tmp_path / "into").exists()
    assert next(toolscale.load(own, split="train").tasks("train"))


def test_a_changed_page_is_refused_where_it_is_read(own: Path) -> None:
    """No hash is asked for here: each page of a file has a checksum of its own."""
    shard = next((own / "v1.0.0" / "tasks").glob("train-*"))
    group = pq.ParquetFile(shard).metadata.row_group(0)
    place = group.column(0).data_page_offset + group.column(0).total_compressed_size - 3
    content = bytearray(shard.read_bytes())
    content[place] ^= 0xFF
    shard.unlink()
    shard.write_bytes(content)
    with pytest.raises(BuildError, match=rf"{shard.name} can't be read"):
        list(Build(own / "v1.0.0").tasks("train"))


def test_pull_into_a_folder_gives_the_version_whole(released: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    assert json.loads(said("pull", f"{released}@v1.9.0", "--into", mine, "--json"))["version"] == "v1.9.0"
    assert contents(mine) == contents(released / "v1.9.0")
    assert said("pull", f"{released}@v1.9.0", "--into", mine).split() == [str(mine)]
    with pytest.raises(BuildError, match="is something else"):
        pull(Address(str(released), "v1.0.0"), mine)


def test_a_newer_row_format_is_refused_with_what_to_install(own: Path) -> None:
    path = own / "v1.10.0" / "manifest.json"
    manifest = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps({**manifest, "row_format": 99, "toolscale": "9.9"}))
    with pytest.raises(BuildError, match=r"Install toolscale 9\.9"):
        toolscale.load(own)
    assert toolscale.load(own, revision="v1.9.0")


def test_a_build_that_row_format_1_wrote_reads_and_scores() -> None:
    """The folder was written by the toolscale of that time: tasks without orchestration, files that name no domain."""
    build = toolscale.load(ROW_FORMAT_1, domains=["library"])
    assert build.manifest["row_format"] == 1
    tasks = list(build.tasks())
    assert len(tasks) == 8
    for task, trajectory in zip(tasks, build.trajectories(), strict=True):
        assert task.orchestration is None
        assert score_trajectory(task, build.environment_for(task), trajectory.messages).value == 1


def test_the_card_of_row_format_1_names_the_columns_that_it_has(tmp_path: Path) -> None:
    build = Build(ROW_FORMAT_1)
    old = Path(shutil.copytree(ROW_FORMAT_1, tmp_path / "old"))
    (old / "README.md").write_text(card(build.manifest, old))
    row = next(iter(datasets.load_dataset(str(old), "tasks", split="test", streaming=True)))
    assert "orchestration" not in row
    assert set(datasets.get_dataset_config_names(str(old))) == {"tasks", "trajectories", "environments"}


def test_a_full_disk_is_a_message_and_leaves_nothing_that_looks_whole(
    built: Build, released: Path, small_disk: Path
) -> None:
    for words in (
        ("publish", built.folder, "--workers", "1", "--to", small_disk / "store", "--version", "v1.0.0"),
        ("pull", released, "--into", small_disk / "mine"),
    ):
        assert "disk is full" in refused(*words)
    assert os.listdir(small_disk / "store") == [".lock"]
    assert not (small_disk / "mine").exists()
