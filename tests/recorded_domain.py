"""Plays the recorded answers of tests/recordings/library: a model that writes a domain, with its mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.endpoint import Body, Reply, Script
from toolscale.authoring.domain_steps import STEPS, WANTED
from toolscale.domain.folder import FILES

RECORDINGS = Path(__file__).parent / "recordings" / "library"


def good() -> dict[str, str]:
    """Return the files that pass."""
    return {file: (RECORDINGS / file).read_text(encoding="utf-8") for file in FILES}


def bad_answers() -> dict[str, list[dict[str, Any]]]:
    """Return the edits that make the bad answers, by step."""
    content: dict[str, list[dict[str, Any]]] = yaml.safe_load(
        (RECORDINGS / "bad_answers.yaml").read_text(encoding="utf-8")
    )
    return content


def spoilt(edit: dict[str, Any]) -> str:
    """Return a file with one edit."""
    text = good()[edit["file"]]
    assert text.count(edit["replace"]) == 1, f"the edit does not fit {edit['file']}: {edit['replace']!r}"
    return text.replace(edit["replace"], edit["with"])


def answer(files: dict[str, str]) -> Reply:
    """Return an answer with these files."""
    return Reply(json.dumps({"files": [{"file": file, "text": text} for file, text in files.items()]}))


def recorded() -> Script:
    """Return a script that gives each step its bad answers and then the good one, whatever it is asked again."""
    mendings: dict[str, int] = {}

    def script(body: Body, number: int) -> Reply:
        step = str(body["response_format"]["json_schema"]["name"])
        if step in STEPS:
            answers = sum(message["role"] == "assistant" for message in body["messages"])
            files = {file: good()[file] for file in WANTED[step]}
        else:
            faults = str(body["messages"][-1]["content"])
            answers = mendings.setdefault(faults, len(mendings))
            files = {"policy.yaml": good()["policy.yaml"]}
        bad = bad_answers()[step]
        if answers < len(bad):
            files[bad[answers]["file"]] = spoilt(bad[answers])
        return answer(files)

    return script
