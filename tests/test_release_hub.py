"""Releases on the Hub: huggingface_hub's own client against a stand-in that keeps commits, tags and tokens as the Hub does."""

from __future__ import annotations

import copy
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import datasets
import huggingface_hub
import pytest

import toolscale
from tests.standin_hub import StandInHub
from tests.standin_repository import Repository
from toolscale.errors import BuildError
from toolscale.release import Proof, publish
from toolscale.release.errata import retract
from toolscale.release.hub import HubError, HubStore
from toolscale.release.pulling import Address, pull
from toolscale.shards.build import Build
from toolscale.validators.build_validation import prove

NAME = "org/demo"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[StandInHub]:
    """The client talks to a stand-in, with a valid token and a cache of its own. Large files go by LFS, as without hf_xet."""
    server = StandInHub()
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.removeprefix(constants._HF_DEFAULT_ENDPOINT)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + template)
    monkeypatch.setattr(datasets.config, "HF_ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", "hf_writer")
    yield server
    server.close()


@pytest.fixture(scope="module")
def shelf() -> dict[str, Repository]:
    """A repository with v1.0.0, once a test has published it."""
    return {}


@pytest.fixture
def published(hub: StandInHub, built: Build, proof: Proof, shelf: dict[str, Repository]) -> Repository:
    """A repository with v1.0.0 of the build, which a test may change."""
    if NAME not in shelf:
        publish(built.folder, NAME, "v1.0.0", proof=proof)
        shelf[NAME] = copy.deepcopy(hub.repositories[NAME])
    hub.hold_copy(NAME, shelf[NAME])
    return hub.repositories[NAME]


def command(hub: StandInHub, home: Path, *words: str | Path) -> subprocess.Popen[str]:
    variables = {
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_OFFLINE": "0",  # the trainer's tests set it, where they run in the same process
        "COLUMNS": "200",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "toolscale", *map(str, words)],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_at(action: str, hub: StandInHub, build: Path, home: Path) -> None:
    """Start a publisher and kill it while the Hub has its request for the action, which the Hub then never does."""
    with hub.hold(action) as come:
        running = command(hub, home, "publish", build, "--to", NAME, "--version", "v1.0.0", "--workers", "1")
        assert come.wait(120), running.communicate()
        running.send_signal(signal.SIGKILL)
        running.communicate()


def test_a_version_is_one_commit_and_one_tag_in_a_private_repository(
    hub: StandInHub, built: Build, proof: Proof
) -> None:
    made = publish(built.folder, NAME, "v1.0.0", proof=proof)
    repository = hub.repositories[NAME]
    assert repository.private
    assert repository.tags == {"v1.0.0": made.commit}
    assert hub.seen.count("commit") == hub.seen.count("tag") == 1
    files = repository.commits[made.commit]
    assert set(files) == {*json.loads(files["manifest.json"])["files"], "manifest.json", ".gitattributes"}


def test_a_public_repository_is_only_published_to_on_request(hub: StandInHub, built: Build, proof: Proof) -> None:
    publish(built.folder, NAME, "v1.0.0", proof=proof, public=True)
    assert not hub.repositories[NAME].private
    with pytest.raises(BuildError, match="is public"):
        publish(built.folder, NAME, "v1.1.0", proof=proof)
    assert list(hub.repositories[NAME].tags) == ["v1.0.0"]


def test_what_is_pulled_is_what_was_published(published: Repository, built: Build, tmp_path: Path) -> None:
    folder = pull(Address.of(f"{NAME}@v1.0.0"), tmp_path / "mine")
    pulled = Build(folder)
    assert [task.id for task in pulled.tasks()] == [task.id for task in built.tasks()]
    assert prove(folder).tasks == 40


def test_only_the_files_of_a_split_are_fetched(published: Repository, proof: Proof) -> None:
    folder = toolscale.load(NAME, split="test").folder
    assert {path.name.split("-")[0] for path in folder.glob("*/*.parquet")} == {"test"}


def test_streaming_fetches_ranges_and_no_file(published: Repository, proof: Proof, tmp_path: Path) -> None:
    build = toolscale.load(NAME, revision="v1.0.0", streaming=True)
    task = next(build.tasks("train"))
    assert build.environment_for(task).id == task.environment_id
    assert not list((tmp_path / "cache").rglob("*.parquet"))
    rows = datasets.load_dataset(NAME, "tasks", split="train", streaming=True, revision="v1.0.0")
    assert next(iter(rows))["task_id"] == task.id


def test_without_a_revision_the_newest_version_is_taken_not_the_main_branch(
    published: Repository, proof: Proof
) -> None:
    published.commit("main", {"README.md": b"somebody's edit"})
    assert toolscale.load(NAME).manifest["release"]["version"] == "v1.0.0"
    with pytest.raises(BuildError, match=r"Did you mean 'v1\.0\.0'"):
        toolscale.load(NAME, revision="v1.0.1")


def test_a_patch_of_an_older_line_leaves_the_main_branch_as_it_is(hub: StandInHub, built: Build, proof: Proof) -> None:
    for version in ("v1.0.0", "v1.1.0"):
        publish(built.folder, NAME, version, proof=proof)
    main = hub.repositories[NAME].branches["main"]
    patch = publish(built.folder, NAME, "v1.0.1", proof=proof)
    repository = hub.repositories[NAME]
    assert repository.branches == {"main": main, "v1.0.x": patch.commit}
    assert repository.tags["v1.0.1"] == patch.commit


def test_a_retraction_is_a_commit_of_its_own_that_sends_no_shard_again(
    hub: StandInHub, published: Repository, built: Build
) -> None:
    uploads = hub.seen.count("lfs-upload")
    wrong = next(built.tasks("train")).id
    assert retract(Address(NAME), wrong, "wrong").version == "v1.0.1"
    assert hub.seen.count("lfs-upload") == uploads
    assert wrong not in [task.id for task in toolscale.load(NAME).tasks()]
    assert toolscale.load(NAME, revision="v1.0.0").task(wrong)


@pytest.mark.parametrize("action", ["commit", "tag"])
def test_a_publisher_killed_in_the_middle_leaves_no_version_and_the_next_run_finishes_it(
    hub: StandInHub, built: Build, proof: Proof, tmp_path: Path, action: str
) -> None:
    killed_at(action, hub, built.folder, tmp_path / "home")
    repository = hub.repositories[NAME]
    assert repository.tags == {}
    commits, uploads = len(repository.commits), hub.seen.count("lfs-upload")
    assert uploads
    publish(built.folder, NAME, "v1.0.0", proof=proof)
    assert repository.tags == {"v1.0.0": repository.branches["main"]}
    assert len(repository.commits) == 2
    assert commits == (1 if action == "commit" else 2)
    assert hub.seen.count("lfs-upload") == uploads, "what was uploaded is not uploaded again"


def test_of_two_publishers_at_once_one_is_told_to_go_again(
    published: Repository, built: Build, proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = huggingface_hub.HfApi.preupload_lfs_files

    def overtaken(*words: object, **named: object) -> None:
        upload(*words, **named)  # type: ignore[arg-type]
        published.commit("main", {**published.commits[published.branches["main"]], "other": b"x"})

    with monkeypatch.context() as during:
        during.setattr(huggingface_hub.HfApi, "preupload_lfs_files", overtaken)
        with pytest.raises(HubError, match="Somebody else has published in the meantime"):
            publish(built.folder, NAME, "v1.1.0", proof=proof)
    assert list(published.tags) == ["v1.0.0"]
    publish(built.folder, NAME, "v1.1.0", proof=proof)
    assert "other" not in published.commits[published.tags["v1.1.0"]]


def test_a_version_on_the_hub_is_never_overwritten(published: Repository, built: Build, proof: Proof) -> None:
    before = dict(published.tags)
    other = Proof(proof.manifest, "9.9", proof.tasks, proof.judged, proof.variants)
    with pytest.raises(BuildError, match="never overwritten"):
        publish(built.folder, NAME, "v1.0.0", proof=other)
    assert published.tags == before


@pytest.mark.parametrize("use", ["publish", "load"])
def test_a_wrong_token_is_said_without_telling_it(
    hub: StandInHub, published: Repository, built: Build, proof: Proof, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    hub.echo_tokens = True
    monkeypatch.setenv("HF_TOKEN", "hf_secret_of_mine")
    uses = {
        "publish": lambda: publish(built.folder, NAME, "v1.1.0", proof=proof),
        "load": lambda: toolscale.load(NAME),
    }
    with pytest.raises(HubError, match="HF_TOKEN") as error:
        uses[use]()
    assert error.value.status == 401
    assert "***" in str(error.value)
    assert "hf_secret_of_mine" not in str(error.value)


def test_a_refusal_keeps_its_status_on_the_way_from_another_process() -> None:
    told = HubError("the Hub says 409", remedy="Again.", status=409)
    arrived = pickle.loads(pickle.dumps(told))
    assert (arrived.status, str(arrived)) == (409, str(told))


def test_a_version_that_is_not_there_is_a_refusal_with_its_status(published: Repository) -> None:
    with pytest.raises(HubError, match=r"has no version v9\.9\.9") as error:
        HubStore(NAME).fetch("v9.9.9", ["manifest.json"])
    assert error.value.status == 404


def test_a_private_release_is_not_seen_without_a_token(
    published: Repository, proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", os.devnull)
    with pytest.raises(HubError, match="token"):
        toolscale.load(NAME)


def test_a_file_that_was_damaged_on_the_way_is_fetched_once_more(
    hub: StandInHub, published: Repository, built: Build
) -> None:
    shard = next(name for name in built.manifest["files"] if name.startswith("tasks/test-"))
    hub.damage(shard, times=1)
    assert [task.id for task in toolscale.load(NAME).tasks()] == [task.id for task in built.tasks()]


def test_a_file_that_stays_damaged_is_refused(hub: StandInHub, published: Repository, built: Build) -> None:
    shard = next(name for name in built.manifest["files"] if name.startswith("tasks/test-"))
    hub.damage(shard, times=9)
    with pytest.raises(BuildError, match=rf"{shard} is not the file that was published"):
        toolscale.load(NAME)


def test_what_was_fetched_loads_without_the_hub(hub: StandInHub, published: Repository, proof: Proof) -> None:
    toolscale.load(NAME, revision="v1.0.0")
    hub.close()
    huggingface_hub.close_session()
    assert toolscale.load(NAME, revision="v1.0.0").manifest["tasks"] == 40
    with pytest.raises(HubError, match="can't be reached"):
        HubStore("org/other").fetch("v1.0.0", ["manifest.json"])


def test_a_full_disk_on_pull_is_a_message_and_the_next_pull_goes_on(
    hub: StandInHub,
    published: Repository,
    proof: Proof,
    tmp_path: Path,
    small_disk: Path,
) -> None:
    running = command(hub, small_disk, "pull", f"{NAME}@v1.0.0", "--into", tmp_path / "mine")
    _, said = running.communicate(timeout=120)
    assert running.returncode == 2, said
    assert "disk is full" in said
    assert "Traceback" not in said
    assert not (tmp_path / "mine").exists()
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    running = command(hub, small_disk, "pull", f"{NAME}@v1.0.0", "--into", tmp_path / "mine")
    _, said = running.communicate(timeout=120)
    assert running.returncode == 0, said
    assert Build(tmp_path / "mine").manifest["tasks"] == 40
