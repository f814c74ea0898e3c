"""The command line: words, exit codes, JSON, and what it says to bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from tests.test_domain_loading import replace
from toolscale import __version__
from toolscale.cli.app import COMMANDS
from toolscale.shards.build import Build


def toolscale(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "toolscale", *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
        check=False,
    )


def refused(*words: str | Path, **environment: str) -> str:
    done = toolscale(*words, **environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = toolscale(command, "--help")
    assert done.returncode == 0
    assert f"Example: toolscale {command}" in done.stdout


def test_version_is_the_packages() -> None:
    assert json.loads(toolscale("version", "--json").stdout)["toolscale"] == __version__


def test_domains_are_described(tmp_path: Path) -> None:
    listed = json.loads(toolscale("domains", "--domains", LIBRARY.parent, "--json").stdout)
    described = {item["name"]: item for item in listed}
    wanted = {
        "version",
        "tables",
        "tools",
        "write_tools",
        "rules",
        "rules_with_predicate",
        "intents",
        "refusals",
        "rows",
    }
    assert wanted <= described["library"].keys()
    assert described["library"]["write_tools"] == 3
    assert "bank" in described


def test_check_passes_a_sound_domain() -> None:
    assert toolscale("check", LIBRARY).returncode == 0


def test_check_fails_a_domain_whose_intent_finds_nobody(copy: Path) -> None:
    replace(copy / "intents.yaml", "WHERE renewals < 2", "WHERE renewals < 0")
    done = toolscale("check", copy, "--json")
    assert done.returncode == 1
    finding = next(f for f in json.loads(done.stdout)["findings"] if f["rule"] == "TS102")
    assert finding["line"]


def test_check_explains_a_rule() -> None:
    assert "Why:" in toolscale("check", "--explain", "TS202").stdout
    assert "Did you mean" in refused("check", "--explain", "TS20")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("policy.yaml", "- id: kind\n", "- id: [kind\n", "not YAML"),
        ("tools.yaml", "FROM loans JOIN", "FORM loans JOIN", "SQL error"),
        ("tools.yaml", "renew_loan:\n", "check_loan:\n", "only reads, and writes"),
        ("tools.yaml", "date(today(), '+21 days'), :note", "date('now'), :note", "wall clock"),
        ("tools.yaml", "SELECT copies FROM books", "SELECT random() FROM books", "random"),
        ("intents.yaml", "find_member: {email", "find_membr: {email", "Did you mean 'find_member'"),
    ],
)
def test_a_faulty_domain_stops_check_and_build_and_nothing_is_written(
    copy: Path, tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    replace(copy / file, old, new)
    assert said in refused("check", copy)
    out = tmp_path / "out"
    text = refused("build", "--domains", copy, "--tasks", "5", "--out", out)
    assert said in text
    assert f"{file}:" in text
    assert not out.exists()
    assert not out.with_name("out.building").exists()


def test_an_unknown_domain_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    assert "Did you mean 'bank'" in refused("build", "--domains", "bnak", "--out", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_exists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    assert "exists" in refused("build", "--domains", LIBRARY, "--out", tmp_path)
    assert (tmp_path / "precious").read_text() == "x"


def test_an_unknown_option_is_refused() -> None:
    assert "No such option" in refused("build", "--taks", "5")


def test_validate_proves_a_build_with_no_domain_folder(built: Build, tmp_path: Path) -> None:
    done = toolscale("validate", built.folder, "--json", TOOLSCALE_DOMAINS=str(tmp_path))
    assert done.returncode == 0
    content = json.loads(done.stdout)
    assert (content["passed"], content["tasks"], content["faults"]) == (True, 40, [])


def test_validate_refuses_what_is_no_build(tmp_path: Path) -> None:
    assert "no build" in refused("validate", tmp_path)


def test_show_prints_a_task_for_a_person(built: Build) -> None:
    task = next(t for t in built.tasks() if t.criteria.difference.changes and t.criteria.statements)
    text = toolscale("show", built.folder, task.id).stdout
    for part in (task.id, "Conversation", "State difference", "Must be said", "Verdicts", task.scenario.name):
        assert part in text
    assert task.reference[0].tool in text


def test_show_suggests_the_nearest_task(built: Build) -> None:
    assert "Did you mean" in refused("show", built.folder, next(built.tasks()).id[:-1] + "x")


def test_a_new_domain_passes_check_as_it_is(tmp_path: Path) -> None:
    assert toolscale("new", "bike_shop", "--into", tmp_path).returncode == 0
    done = toolscale("check", tmp_path / "bike_shop")
    assert done.returncode == 0, done.stdout + done.stderr


def test_new_never_overwrites_a_folder(tmp_path: Path) -> None:
    (tmp_path / "bank").mkdir()
    assert "exists" in refused("new", "bank", "--into", tmp_path)
    assert "no name" in refused("new", "Bike Shop", "--into", tmp_path)
