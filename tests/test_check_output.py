"""What `check`, `validate` and `rules` leave for people and for CI: tables, JSON, JUnit, annotations, the page of all rules."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

import toolscale as package
from tests.conftest import LIBRARY
from tests.test_command_line import refused, toolscale
from tests.test_domain_loading import replace
from toolscale.domain import load
from toolscale.errors import DomainError, Place, ToolscaleError
from toolscale.processes import in_order
from toolscale.shards.build import Build
from toolscale.validators import domain_rules, rules, rules_page, task_rules
from toolscale.validators.annotations import annotation
from toolscale.validators.build_validation import BuildFault, RuleCounts, as_suites
from toolscale.validators.domain_validation import validate_domains
from toolscale.validators.junit import Case, Suite, document
from toolscale.validators.printable import unlike_a_command

ROOT = Path(package.__file__).resolve().parent.parent


@dataclass(frozen=True)
class Checked:
    """What one run of `check` has left."""

    folders: dict[str, Path]
    code: int
    out: str
    err: str
    junit: Path

    def findings(self, rule: str) -> list[dict[str, Any]]:
        return [finding for finding in json.loads(self.out)["findings"] if finding["rule"] == rule]

    def suites(self) -> dict[str, Xml.Element]:
        return {suite.attrib["name"]: suite for suite in Xml.parse(self.junit).getroot()}

    def failures(self, suite: str) -> dict[str, Xml.Element]:
        """Return the cases of a suite that failed, by name."""
        return {case.attrib["name"]: case for case in self.suites()[suite] if case.find("failure") is not None}

    def annotations(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("::")]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three domains, not in the order of their names: a sound one, one that fails TS102, one that does not read."""
    made = {}
    for name in ("sound", "failing", "broken"):
        folder = made[name] = Path(shutil.copytree(LIBRARY, tmp_path_factory.mktemp("check") / name))
        replace(folder / "domain.yaml", "name: library", f"name: {name}")
    replace(made["failing"] / "intents.yaml", "WHERE renewals < 2", "WHERE renewals < 0")
    replace(made["broken"] / "tools.yaml", "FROM loans JOIN", "FORM loans JOIN")
    return made


def check(folders: dict[str, Path], names: Sequence[str], *options: str) -> Checked:
    junit = folders["sound"].parent / "made" / f"{'-'.join(map(str, (*names, *options)))}.xml"
    done = toolscale(
        "check", *(folders[name] for name in names), "--junit", junit, *options, GITHUB_ACTIONS="", COLUMNS="400"
    )
    return Checked(folders, done.returncode, done.stdout, done.stderr, junit)


@pytest.fixture(scope="module")
def printed(folders: dict[str, Path]) -> Checked:
    return check(folders, ("sound", "failing"))


@pytest.fixture(scope="module")
def for_scripts(folders: dict[str, Path]) -> Checked:
    return check(folders, ("sound", "failing", "broken"), "--json", "--github", "--workers", "1")


@pytest.fixture(scope="module")
def in_parallel(folders: dict[str, Path]) -> Checked:
    return check(folders, ("sound", "failing", "broken"), "--json", "--github", "--workers", "2")


@pytest.fixture(scope="module")
def line(folders: dict[str, Path]) -> int:
    """The line of the binding that finds nobody."""
    text = (folders["failing"] / "intents.yaml").read_text()
    return text[: text.index("    bind: |\n")].count("\n") + 1


# check: the table and the exit codes


def test_a_sound_domain_has_one_line(printed: Checked) -> None:
    number = len(domain_rules())
    assert re.search(rf"^ok sound: {number} of {number} rules passed in \d+\.\d s$", printed.out, re.MULTILINE)


def test_a_rule_that_fails_is_told_with_place_cause_and_remedy_and_exit_code_1(printed: Checked, line: int) -> None:
    assert printed.code == 1
    assert re.search(r"^failed failing: ", printed.out, re.MULTILINE)
    words = re.sub(r"[│\s]", "", printed.out)
    place = f"{printed.folders['failing']}/intents.yaml:{line}"
    for part in ("TS102", place, "intent 'renew_one_book' finds 0 callers", "Loosen its bind"):
        assert part.replace(" ", "") in words


def test_a_folder_that_does_not_read_is_told_with_exit_code_2(folders: dict[str, Path]) -> None:
    done = check(folders, ["broken"])
    assert done.code == 2
    assert re.match(rf"error {folders['broken']}/tools\.yaml:\d+ .*: SQL error", done.err)
    assert done.out.startswith("unreadable broken: 0 of 1 rules passed")


def test_a_domain_given_twice_is_refused_before_any_is_judged() -> None:
    assert "given twice" in refused("check", LIBRARY, str(LIBRARY) + "/")


def test_an_unknown_rule_suggests_the_nearest() -> None:
    assert "Did you mean 'TS101'" in refused("check", "--explain", "ts1001")
    assert "Did you mean 'mutants'" in refused("check", "--explain", "mutant")
    assert toolscale("check", "--explain", "ts101").stdout == toolscale("check", "--explain", "loads").stdout


def test_what_a_folder_says_is_shown_and_not_obeyed(copy: Path) -> None:
    """Escape sequences, markup and workflow commands in a plugin folder stay text."""
    replace(copy / "domain.yaml", "version: 1.0.0", '"a\\e[2J[bold]\\n::add-mask::x ##[debug]y": 1\nversion: 1.0.0')
    done = toolscale("check", copy, "--no-github")
    assert done.returncode == 2
    assert "[bold]" in done.stderr
    assert r"\x1b[2J" in done.stderr
    for line in (done.stdout + done.stderr).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line
        assert "\x1b" not in line


@pytest.mark.parametrize("text", ["::error::x", "  ::error::x", "ok\n\t::stop-commands::x", "x ##[error]y", "a\r::x::"])
def test_no_line_of_a_fault_is_a_command_to_a_runner(text: str) -> None:
    for line in unlike_a_command(text).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


# check: JSON, and several domains at once


def test_json_tells_what_was_judged_and_what_was_found(for_scripts: Checked, line: int) -> None:
    content = json.loads(for_scripts.out)
    assert for_scripts.code == 2
    assert not content["passed"]
    assert [(d["domain"], d["reads"]) for d in content["domains"]] == [
        ("sound", True),
        ("failing", True),
        ("broken", False),
    ]
    assert content["domains"][0]["passed"] == [rule.code for rule in domain_rules()]
    assert {finding["line"] for finding in for_scripts.findings("TS102")} == {line}
    assert [finding["domain"] for finding in for_scripts.findings("TS101")] == ["broken"]


@pytest.mark.parametrize("name", ["failing", "broken"])
def test_two_workers_for_one_domain_say_what_one_says(folders: dict[str, Path], name: str) -> None:
    alone, together = (list(validate_domains([str(folders[name])], workers=workers)) for workers in (1, 2))
    assert alone == together
    assert alone[0].findings


def test_workers_change_no_byte_of_json_junit_and_annotations(for_scripts: Checked, in_parallel: Checked) -> None:
    assert in_parallel.code == for_scripts.code
    assert in_parallel.out == for_scripts.out
    assert in_parallel.err == for_scripts.err
    assert in_parallel.junit.read_bytes() == for_scripts.junit.read_bytes()


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(in_order(math.factorial, [2000, 3, 1000, 0], 3)) == [math.factorial(n) for n in (2000, 3, 1000, 0)]


def test_an_error_of_a_worker_arrives_whole(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="there is no folder") as caught:
        list(in_order(load, [str(LIBRARY), str(tmp_path / "nowhere")], 2))
    assert "path of its folder" in caught.value.remedy


def test_a_lost_worker_is_an_error_with_a_remedy() -> None:
    with pytest.raises(ToolscaleError, match="ended before its work was done") as caught:
        list(in_order(os._exit, [1, 1], 2))
    assert "--workers" in caught.value.remedy


def test_places_below_the_working_folder_are_relative_to_it(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders["broken"].parent)
    (report,) = validate_domains(["./broken"])
    assert [place.file for _, place, _ in report.findings] == ["broken/tools.yaml"]


def test_two_folders_of_one_name_are_told_apart(folders: dict[str, Path], tmp_path: Path) -> None:
    other = shutil.copytree(folders["broken"], tmp_path / "broken")
    assert [report.name for report in validate_domains([str(folders["broken"]), str(other)])] == [
        str(folders["broken"]),
        str(other),
    ]


# check: JUnit


def test_junit_has_a_suite_a_domain_and_a_case_a_rule(for_scripts: Checked) -> None:
    suites = for_scripts.suites()
    assert list(suites) == ["sound", "failing", "broken"]
    for suite in suites.values():
        assert [case.attrib["name"] for case in suite] == [f"{rule.code} {rule.name}" for rule in domain_rules()]
        assert suite.attrib["tests"] == str(len(domain_rules()))
    assert suites["sound"].attrib["failures"] == suites["sound"].attrib["skipped"] == "0"


def test_junit_names_rule_file_line_cause_and_remedy(for_scripts: Checked, line: int) -> None:
    case = for_scripts.failures("failing")["TS102 bindings"]
    assert case.attrib["file"] == f"{for_scripts.folders['failing']}/intents.yaml"
    assert case.attrib["line"] == str(line)
    text = case.findtext("failure", "")
    for part in (f"intents.yaml:{line}", "finds 0 callers on seed 1", "Loosen its bind"):
        assert part in text


def test_a_folder_that_does_not_read_is_a_failure_in_junit_and_the_other_rules_are_skipped(
    for_scripts: Checked,
) -> None:
    (case,) = for_scripts.failures("broken").values()
    assert case.attrib["name"] == "TS101 loads"
    assert case.attrib["file"] == f"{for_scripts.folders['broken']}/tools.yaml"
    assert for_scripts.suites()["broken"].attrib["skipped"] == str(len(domain_rules()) - 1)


def test_junit_tells_every_finding_of_a_rule_in_one_failure() -> None:
    (case,) = Xml.fromstring(
        document("x", [Suite("bank", (Case("TS102 bindings", ("first", "second", "third")),))])
    ).iter("testcase")
    (failure,) = case
    assert failure.attrib["message"] == "first (and 2 more)"
    assert failure.text == "first\n\nsecond\n\nthird"


def test_junit_is_xml_whatever_a_fault_says() -> None:
    hostile = 'a]]><b> & "c"\x00\x1b[2J\ud800\ufffe\x85\nsecond'
    suite = Suite(hostile, (Case(hostile, (hostile,), Place(hostile, 3)),))
    (failure,) = Xml.fromstring(document("x", [suite])).iter("failure")
    assert failure.text == 'a]]><b> & "c"' + r"\x00\x1b[2J\ud800\ufffe\x85" + "\nsecond"


# check: annotations


def test_annotations_name_file_line_and_rule(for_scripts: Checked, line: int) -> None:
    place = f"file={for_scripts.folders['failing']}/intents.yaml,line={line}"
    found = [text for text in for_scripts.annotations() if "TS102" in text]
    assert found[0].startswith(f"::error {place},title=TS102 bindings::intent 'renew_one_book' finds 0 callers")
    assert "%0ALoosen its bind" in found[0]


def test_a_folder_that_does_not_read_is_annotated(for_scripts: Checked) -> None:
    found = [text for text in for_scripts.annotations() if "title=TS101 loads::" in text]
    assert found[0].startswith(f"::error file={for_scripts.folders['broken']}/tools.yaml,line=")


def test_annotations_come_by_themselves_on_github_only(folders: dict[str, Path]) -> None:
    assert "::error " in toolscale("check", folders["broken"], GITHUB_ACTIONS="true").stderr
    assert "::error " not in toolscale("check", folders["broken"], GITHUB_ACTIONS="").stderr
    assert "::error " not in toolscale("check", folders["broken"], "--no-github", GITHUB_ACTIONS="true").stderr


def test_annotations_are_escaped() -> None:
    line = annotation("a,b:c%", "100%, sure:\r\n::warning::x\x1b", Place("dir,1/a:b.yaml", 7))
    assert line == (r"::error file=dir%2C1/a%3Ab.yaml,line=7,title=a%2Cb%3Ac%25::100%25, sure:%0D%0A::warning::x\x1b")


# validate


def test_validate_counts_what_each_rule_has_judged_and_played(built: Build) -> None:
    content = json.loads(toolscale("validate", built.folder, "--json").stdout)
    counts = {item["name"]: item for item in content["rules"]}
    assert set(counts) == {rule.name for rule in task_rules()}
    assert all(item["judged"] == item["passed"] == 40 for item in counts.values())
    for rule in ("mutants", "equivalents"):
        verdicts = [v for row in built.rows("tasks") for v in row["verdicts"] if v["rule"] == rule]
        assert counts[rule]["variants"] == sum(v["tried"] for v in verdicts) > 40


def test_validate_writes_a_case_for_each_fault(built: Build, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(built.folder, tmp_path / "own"))
    path = next((folder / "trajectories").glob("train-*"))
    path.write_bytes(path.read_bytes() + b" ")
    done = toolscale("validate", folder, "--junit", tmp_path / "build.xml")
    assert done.returncode == 2  # the footer of a Parquet file is at its end
    cases = {case.attrib["name"]: case for case in Xml.parse(tmp_path / "build.xml").iter("testcase")}
    assert "sha256 is" in cases[f"trajectories/{path.name}"].findtext("failure", "")
    assert "can't be read" in cases[folder.name].findtext("failure", "")


def test_a_rule_that_came_to_no_task_is_skipped_in_junit() -> None:
    suites = {suite.name: suite for suite in as_suites([BuildFault("replays", "bank-1", "why")], RuleCounts())}
    assert suites["TS201 replays"].cases == (Case("bank-1", ("why",)),)
    assert suites["TS202 no-op-fails"].cases[0].skipped
    assert suites["files"].cases == (Case("no fault"),)


def test_workers_change_no_byte_of_what_validate_says(built: Build) -> None:
    alone, together = (toolscale("validate", built.folder, "--json", "--workers", n).stdout for n in ("1", "2"))
    assert alone == together


# rules


def test_rules_lists_every_rule() -> None:
    listed = json.loads(toolscale("rules", "--json").stdout)
    assert [(r["code"], r["name"], r["scope"], r["title"]) for r in listed] == [
        (r.code, r.name, r.scope, r.title) for r in rules()
    ]
    printed = toolscale("rules").stdout
    assert all(rule.code in printed for rule in rules())


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_every_rule_says_what_why_and_gives_both_examples(rule: Any) -> None:
    parts = rules_page.explanation(rule)
    assert rule.title.endswith(".")
    assert all((parts.what, parts.why, parts.fails, parts.passes))


def test_the_page_of_all_rules_is_up_to_date() -> None:
    assert not rules_page.is_stale(ROOT / "docs/rules.md"), "run: toolscale rules --write docs/rules.md"


def test_a_page_that_is_out_of_date_is_told_and_written(tmp_path: Path) -> None:
    page = tmp_path / "rules.md"
    page.write_text(rules_page.page().replace("TS101", "TS100"))
    done = toolscale("rules", "--check", page)
    assert done.returncode == 1
    assert "toolscale rules --write" in done.stdout
    assert toolscale("rules", "--write", page).returncode == 0
    assert toolscale("rules", "--check", page).returncode == 0
