"""The steps in which a domain is written, what is asked for in each, and how a folder in the making is executed after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from toolscale.domain.folder import FILES, DomainFolder, load_unfinished
from toolscale.environment.environment import Environment
from toolscale.errors import DomainError, Place

Step = Literal["schema", "records", "tools", "policy", "intents"]
STEPS: tuple[Step, ...] = ("schema", "records", "tools", "policy", "intents")
WANTED: dict[Step, tuple[str, ...]] = {
    "schema": ("domain.yaml", "schema.sql"),
    "records": ("records.sql",),
    "tools": ("tools.yaml",),
    "policy": ("policy.yaml",),
    "intents": ("intents.yaml",),
}
RULES: dict[Step, tuple[str, ...]] = {
    "schema": ("TS101",),
    "records": ("TS101", "TS104"),
    "tools": ("TS101", "TS104", "TS111"),
    "policy": ("TS101", "TS104", "TS111"),
    "intents": (),
}
"""The rules that can judge a folder after each step; after the last one every rule does."""
LOADS = "TS101"
RECORDS = "records"
SEED = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the files, as the model and people are told. `rule` is the code of a rule, or a check of this module."""

    rule: str
    place: str
    cause: str
    remedy: str = ""
    explanation: str = ""

    @classmethod
    def of(cls, rule: str, error: DomainError, folder: Path) -> Fault:
        """Return the fault that an error of a folder tells."""
        return cls(rule, shown(error.place, folder), error.cause, error.remedy)

    def as_json(self) -> dict[str, str]:
        """Return the fault without the rule's explanation."""
        return {name: value for name, value in asdict(self).items() if name != "explanation"}


Judge = Callable[[DomainFolder, Collection[str]], Iterator[Fault]]
"""Gives the faults of a folder by the rules of these codes; by every rule if there is none."""


def shown(place: Place | None, folder: Path) -> str:
    """Return a place in the folder as the model knows it: file, line and field."""
    if place is None:
        return "the folder"
    file = Path(place.file).name if Path(place.file).name in FILES else place.file.replace(str(folder), "").lstrip("/")
    return str(Place(file or "the folder", place.line, place.field))


def faults_after(step: Step, folder: Path, judge: Judge) -> list[Fault]:
    """Execute what is there after a step, and return what is wrong; the first fault alone if the files do not even read."""
    try:
        unfinished = load_unfinished(folder)
        rows = Environment.of(unfinished, seed=SEED).database.rows
    except DomainError as error:
        return [Fault.of(LOADS, error, folder)]
    empty = [table for table, count in rows.items() if not count and table != "escalations"]
    if step != "schema" and empty:
        return [Fault(RECORDS, "records.sql", f"the table {empty[0]} has no rows", "Fill every table.")]
    return list(judge(unfinished, RULES[step]))


def written(folder: Path) -> list[dict[str, str]]:
    """Return the files that are there, in their order."""
    return [{"file": file, "text": text_of(folder / file)} for file in FILES if (folder / file).exists()]


def text_of(path: Path) -> str:
    """Return a file without the comments at its head."""
    lines = path.read_text(encoding="utf-8").splitlines()
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    return "\n".join(lines).strip()


def answer_schema(files: Collection[str]) -> dict[str, Any]:
    """Return the JSON Schema of an answer that holds some of these files."""
    item = {
        "type": "object",
        "properties": {"file": {"type": "string", "enum": list(files)}, "text": {"type": "string"}},
        "required": ["file", "text"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"files": {"type": "array", "items": item, "minItems": 1, "maxItems": len(files)}},
        "required": ["files"],
        "additionalProperties": False,
    }
