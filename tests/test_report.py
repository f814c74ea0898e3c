"""The report: its data, figures, escaping and bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import toolscale.cli.explore  # a lone command would have no name
import toolscale.cli.report  # noqa: F401
from tests.report_pages import HOSTILE, Page, changed, hostile, many
from toolscale.cli.app import app
from toolscale.report import report_of, write_report
from toolscale.report.reasons import commonest_reasons
from toolscale.shards.build import Build


@pytest.fixture(scope="module")
def page(built: Build) -> Page:
    return Page(report_of(built).html)


def test_every_task_is_in_the_page_with_its_conversation(built: Build, page: Page) -> None:
    details = page.details
    assert [entry["id"] for entry in page.data("entries")] == [detail["id"] for detail in details]
    assert {detail["id"] for detail in details} == {task.id for task in built.tasks()}
    for detail in details:
        (conversation,) = detail["conversations"]
        expected = built.trajectory(detail["id"]).messages
        assert [message["role"] for message in conversation["messages"]] == [message["role"] for message in expected]
        assert [message.get("content", "") for message in conversation["messages"]] == [
            message.get("content") or "" for message in expected
        ]
        calls = [call["function"] for message in expected for call in message.get("tool_calls") or ()]
        assert [
            {"name": call["name"], "arguments": call["arguments"]}
            for message in conversation["messages"]
            for call in message.get("calls", ())
        ] == calls


def test_a_task_has_its_difference_statements_offer_and_verdicts(built: Build, page: Page) -> None:
    for detail in page.details:
        task = built.task(detail["id"])
        assert detail["changes"] == [change.as_json() for change in task.criteria.difference.changes]
        assert [said["value"] for said in detail["statements"]] == [said.value for said in task.criteria.statements]
        assert task.orchestration is not None
        experts = [expert.name for expert in task.orchestration.experts]
        assert [model["name"] for model in detail["orchestration"]["models"]][:-1] == experts
        assert detail["orchestration"]["instruction"] == task.orchestration.preference.instruction
        assert {part["name"] for part in detail["parts"]} == {
            "execution", "fidelity", "completeness", "grounding", "policy",
        }  # fmt: skip
        assert all(verdict["passed"] for verdict in detail["verdicts"])


def test_the_figures_are_the_manifests(built: Build, page: Page) -> None:
    domain = built.manifest["domains"]["library"]
    assert f"{domain['drawn']} candidates were drawn, {domain['accepted']} accepted" in page.text
    assert f"{domain['accepted'] / domain['drawn']:.1%}" in page.text
    for name, value in (("mutants", "killed"), ("equivalents", "kept")):
        assert f"{built.manifest[name][value]:,}" in page.text
    for tool in domain["diversity"]["tools"]:
        assert tool in page.text


def test_rejections_are_counted_by_rule_with_reason_and_evidence(built: Build, tmp_path: Path) -> None:
    build = hostile(built, tmp_path / "hostile")
    (reason,) = commonest_reasons(build)
    assert (reason.domain, reason.rule, reason.candidates) == ("library", "minimal", 1)
    text = Page(report_of(build).html).text
    assert "Rejections by rule" in text
    assert "minimal" in text


def test_several_domains_stand_side_by_side(built: Build, tmp_path: Path) -> None:
    build = hostile(built, tmp_path / "several")
    library = build.manifest["domains"]["library"]
    domains = {"library": library, **{name: {**library, "rejected": {"no-leak": 3}} for name in ("inn", "mint", "zoo")}}
    (build.folder / "manifest.json").write_text(
        json.dumps({**build.manifest, "domains": domains, "funnel": {"steps": {"written": 41}, "faults": {}}})
    )
    page = Page(report_of(Build(build.folder)).html)
    assert page.texts["h1"] == ["A build of 4 domains"]
    assert page.by_id["names"] == "library, inn, mint, zoo"
    assert "no-leak 9 3 3 3 minimal 1 1" in page.text
    assert f"{4 * library['accepted']} accepted" in page.text
    assert "What the model wrote Steps Step Bar Drafts written 41 Faults Fault Bar Drafts none 0" in page.text


def test_a_page_is_well_formed_and_names_no_other_resource(page: Page) -> None:
    assert page.unclosed == []
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "data", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,")), (tag, attributes)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_only_the_pages_own_script_and_style_may_run(built: Build) -> None:
    html = report_of(built).html
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert policy[1].startswith("default-src 'none'; ")
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        content = re.search(rf"<{element}>(.*?)</{element}>", html, re.DOTALL)
        assert content
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy[1].replace("&#39;", "'")


def test_text_that_looks_like_markup_stays_text(built: Build, page: Page, tmp_path: Path) -> None:
    spoilt = Page(report_of(hostile(built, tmp_path / "hostile")).html)
    assert spoilt.unclosed == []
    assert "img" not in {tag for tag, _ in spoilt.tags}
    assert [tag for tag, _ in spoilt.tags].count("script") == [tag for tag, _ in page.tags].count("script")
    assert HOSTILE in spoilt.texts["td"]
    assert all(HOSTILE in detail["conversations"][0]["messages"][1]["content"] for detail in spoilt.details)


def test_the_same_build_gives_the_same_bytes_wherever_it_lies(built: Build, tmp_path: Path) -> None:
    elsewhere = changed(built, tmp_path / "another name", "environments", lambda rows: rows)
    for file in elsewhere.folder.rglob("*.parquet"):
        os.utime(file, (1, 1))
    assert report_of(elsewhere).html == report_of(built).html


def test_what_is_left_out_of_a_large_build_is_said(built: Build, tmp_path: Path) -> None:
    large = many(built, tmp_path / "large", 3)
    report = report_of(large, most_tasks=30)
    page = Page(report.html)
    total = 3 * built.manifest["tasks"]
    assert (report.shown, report.left_out) == (len(page.details), total - len(page.details))
    assert 30 - 4 <= report.shown <= 30 + 4, "one more or less for each split"
    assert f"{report.shown} of the build's {total} tasks are in this page" in page.text
    shown = [(entry["split"], entry["id"]) for entry in page.data("entries")]
    rows = [(row["split"], row["task_id"]) for row in large.rows("tasks", columns=["split", "task_id"])]
    for split in built.manifest["splits"]:
        first = [one for one in rows if one[0] == split]
        chosen = [one for one in shown if one[0] == split]
        assert chosen
        assert chosen == first[: len(chosen)]


def test_solutions_of_models_stand_beside_the_reference(built: Build, tmp_path: Path) -> None:
    solved = changed(
        built,
        tmp_path / "solved",
        "trajectories",
        lambda rows: rows + [{**row, "source": f"model {number}"} for number in range(5) for row in rows],
    )
    manifest = {**solved.manifest, "solved": [
        {"model": "model", "user": "scripted", "attempts": 8, "solved": 5, "solutions": 5, "dropped": {"unsolved": 2}}
    ]}  # fmt: skip
    (solved.folder / "manifest.json").write_text(json.dumps(manifest))
    page = Page(report_of(Build(solved.folder)).html)
    assert "Solved by models" in page.text
    for detail in page.details:
        sources = [conversation["source"] for conversation in detail["conversations"]]
        assert sources == ["reference", "model 0", "model 1", "model 2"]


def test_the_command_writes_the_report_into_the_build(built: Build, tmp_path: Path) -> None:
    copy = changed(built, tmp_path / "copy", "environments", lambda rows: rows)
    said = json.loads(CliRunner().invoke(app, ["report", str(copy.folder), "--json"]).stdout)
    file = copy.folder / "report.html"
    assert said == {"file": str(file), "bytes": file.stat().st_size, "tasks": built.manifest["tasks"], "left_out": 0}
    assert file.read_text() == report_of(built).html
    assert [path.name for path in copy.folder.iterdir() if "report" in path.name] == ["report.html"]


def test_a_folder_that_is_not_there_is_said(built: Build, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["report", str(built.folder), "--out", str(tmp_path / "none" / "report.html")])
    assert "there is no folder" in str(done.exception)


def test_a_report_replaces_an_older_one_whole(built: Build, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("old")
    assert write_report(built, file).html == file.read_text()
