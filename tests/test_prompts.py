"""Prompts: documented templates, versioned by their text."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

import toolscale
from toolscale.models.prompts import prompt

TEMPLATES = sorted(Path(toolscale.__file__).parent.glob("**/prompts/*.jinja"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_every_prompt_says_what_it_gets_and_what_the_model_must_give(path: Path) -> None:
    comment = path.read_text().partition("#}")[0]
    assert comment.startswith("{#")
    assert "Gets:" in comment
    assert "Must give:" in comment


def test_the_comment_is_not_part_of_what_the_model_reads() -> None:
    text = prompt("toolscale.models", "repair").render(faults=["number: not an integer"])
    assert "Must give" not in text
    assert "- number: not an integer" in text


def test_a_value_that_is_not_given_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="faults"):
        prompt("toolscale.models", "repair").render()


def test_the_identity_changes_with_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in (("one_prompt", "Hello."), ("other_prompt", "Hello!")):
        (tmp_path / name / "prompts").mkdir(parents=True)
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "prompts" / "greet.jinja").write_text(text)
    one, other = (prompt(name, "greet").identity for name in ("one_prompt", "other_prompt"))
    assert one.startswith("greet@")
    assert one != other
