"""Finding and reading domain folders, and what people are told when something is wrong with one."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from toolscale.domain import available, find, load
from toolscale.domain.schemas import stale
from toolscale.errors import DomainError, ToolscaleError


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def message(folder: Path) -> str:
    with pytest.raises(DomainError) as caught:
        load(str(folder))
    return str(caught.value)


def test_a_folder_loads_by_path() -> None:
    assert load(str(LIBRARY)).name == "library"


def test_an_unknown_name_suggests_the_nearest_one() -> None:
    with pytest.raises(DomainError, match="Did you mean 'bank'"):
        find("bnak")


def test_the_option_is_searched_before_the_environment_variable(
    copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "library"
    elsewhere.mkdir(parents=True)
    (elsewhere / "domain.yaml").write_text("name: library\n")
    monkeypatch.setenv("TOOLSCALE_DOMAINS", str(copy.parent))
    assert find("library") == copy
    assert find("library", tmp_path / "elsewhere") == elsewhere


def test_the_built_in_folder_is_searched_last(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSCALE_DOMAINS", str(copy.parent))
    assert {"library", "bank"} <= available().keys()


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "policy.yaml").unlink()
    assert "has no policy.yaml" in message(copy)


def test_malformed_yaml_names_file_and_line(copy: Path) -> None:
    replace(copy / "policy.yaml", "- id: kind\n", "- id: [kind\n")
    assert "policy.yaml:24: not YAML" in message(copy)


def test_a_key_given_twice_is_an_error(copy: Path) -> None:
    replace(copy / "domain.yaml", "title: Public library\n", "title: Public library\ntitle: Other\n")
    assert "'title' stands twice" in message(copy)


def test_an_unknown_field_names_its_line_and_the_nearest_field(copy: Path) -> None:
    replace(copy / "tools.yaml", "  summary: renew", "  sumary: renew")
    text = message(copy)
    assert "unknown field 'sumary'" in text
    assert "Did you mean 'summary'" in text
    assert f"tools.yaml:{1 + (copy / 'tools.yaml').read_text().split('sumary')[0].count(chr(10))}" in text


def test_a_time_of_day_in_yaml_stays_text(copy: Path) -> None:
    replace(copy / "domain.yaml", "title: Public library", "title: 12:30")
    assert load(str(copy)).domain.about.title == "12:30"


def test_a_step_with_two_tools_is_an_error(copy: Path) -> None:
    replace(
        copy / "intents.yaml",
        "        - find_member: {email",
        "        - list_loans: {}\n          find_member: {email",
    )
    assert "exactly one tool" in message(copy)


def test_a_refusal_needs_its_wish(copy: Path) -> None:
    replace(copy / "intents.yaml", "    refused: two-renewals\n", "")
    assert "a refusal has all of refused, twin and wish" in message(copy)


def test_a_number_that_must_be_said_needs_a_unit(copy: Path) -> None:
    replace(copy / "intents.yaml", ", unit: renewals", "")
    assert "a number has a unit" in message(copy)


def test_a_folder_must_bear_the_domains_name(copy: Path) -> None:
    other = copy.rename(copy.with_name("archive"))
    assert "calls itself 'library'" in message(other)


def test_errors_of_a_domain_are_errors_that_a_user_can_mend(copy: Path) -> None:
    (copy / "domain.yaml").write_text("")
    with pytest.raises(ToolscaleError) as caught:
        load(str(copy))
    assert caught.value.exit_code == 2


def test_the_checked_in_schemas_are_those_of_the_models() -> None:
    assert stale(Path(str(resources.files("toolscale") / "schemas"))) == []


@pytest.mark.parametrize("folder", [LIBRARY, *available().values()], ids=lambda folder: folder.name)
def test_yaml_files_name_their_schema_for_the_editor(folder: Path) -> None:
    for kind in ("domain", "tools", "policy", "intents"):
        first = (folder / f"{kind}.yaml").read_text().splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert first.endswith(f"schemas/{kind}.schema.json")
