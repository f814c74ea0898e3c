"""Finding and reading a domain folder; every message says which file and line to mend."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match
from pydantic import BaseModel, ValidationError

from toolscale.domain import format as formats
from toolscale.domain.domain import Domain
from toolscale.domain.yaml_lines import Document, read
from toolscale.domain.yaml_lines import Path as YamlPath
from toolscale.errors import DomainError, Place, nearest

FILES = ("domain.yaml", "schema.sql", "records.sql", "tools.yaml", "policy.yaml", "intents.yaml")
_EMPTY = {"records.sql": "", "tools.yaml": "{}", "policy.yaml": "[]", "intents.yaml": ""}


@dataclass(frozen=True)
class DomainFolder:
    """A domain folder as its author wrote it, read and checked against the file formats."""

    path: Path
    domain: Domain
    records_sql: str
    records: dict[str, list[dict[str, Any]]]
    caller: formats.CallerFormat
    intents: dict[str, formats.IntentFormat]
    documents: dict[str, Document]
    fingerprint: str

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.domain.name

    def place(self, file: str, *path: str | int) -> Place:
        """Return the place of a field in one of the folder's files."""
        document = self.documents.get(file)
        return document.place(path) if document else Place(str(self.path / file))

    def place_in_sql(self, file: str, offset: int) -> Place:
        """Return the place of the character at `offset` of an SQL file."""
        text = self.domain.schema_sql if file == "schema.sql" else self.records_sql
        return Place(str(self.path / file), text.count("\n", 0, offset) + 1)


def search_path(domains: Path | None = None) -> list[Path]:
    """Return where domain folders are looked for: the option, TOOLSCALE_DOMAINS, the built-in folder."""
    places = [domains] if domains else []
    places += [Path(part) for part in os.environ.get("TOOLSCALE_DOMAINS", "").split(os.pathsep) if part]
    return [*places, Path(str(resources.files("toolscale") / "domains"))]


def available(domains: Path | None = None) -> dict[str, Path]:
    """Return the folders by domain name; the first in the search path wins."""
    found: dict[str, Path] = {}
    for place in search_path(domains):
        for folder in sorted(place.iterdir()) if place.is_dir() else []:
            if (folder / "domain.yaml").is_file():
                found.setdefault(folder.name, folder)
    return dict(sorted(found.items()))


def find(name_or_path: str, domains: Path | None = None) -> Path:
    """Return the folder of a domain given by name or by path. Raises DomainError with the nearest known name."""
    if os.sep in name_or_path or name_or_path.startswith("."):
        path = Path(name_or_path)
        if not path.is_dir():
            raise DomainError(f"there is no folder {path}", remedy="Give a domain's name or the path of its folder.")
        return path
    known = available(domains)
    if name_or_path not in known:
        searched = ", ".join(str(place) for place in search_path(domains))
        raise DomainError(
            f"unknown domain '{name_or_path}'", remedy=f"{nearest(name_or_path, known)} Searched: {searched}."
        )
    return known[name_or_path]


def load(name_or_path: str, domains: Path | None = None) -> DomainFolder:
    """Read a domain folder given by name or path.

    Raises DomainError for the first fault in the files' form; `toolscale check` judges what they mean.
    """
    return _loaded(find(name_or_path, domains), {})


def load_unfinished(path: Path) -> DomainFolder:
    """Read a folder in the making: after domain.yaml and schema.sql, files that are not there yet count as empty.

    Raises DomainError as `load` does.
    """
    return _loaded(path, {file: empty for file, empty in _EMPTY.items() if not (path / file).exists()})


def _loaded(path: Path, missing: dict[str, str]) -> DomainFolder:
    texts = {file: missing[file] if file in missing else _text(path / file) for file in FILES}
    records = dict(_fixed_records(path))
    documents: dict[str, Document] = {}
    parsed: dict[str, Any] = {}
    for kind, model in formats.FILE_FORMATS.items():
        file = f"{kind}.yaml"
        if file == "intents.yaml" and file in missing:
            continue
        documents[file] = read(texts[file], str(path / file))
        parsed[kind] = _validated(documents[file], kind, model)
    about: formats.DomainFile = parsed["domain"]
    if about.name != path.resolve().name:
        raise DomainError(
            f"the domain calls itself '{about.name}' and its folder is '{path.resolve().name}'",
            remedy="Rename one of the two.",
            place=documents["domain.yaml"].place(("name",)),
        )
    intents: formats.IntentsFile | None = parsed.get("intents")
    return DomainFolder(
        path=path,
        domain=Domain(
            about=about,
            schema_sql=texts["schema.sql"],
            tools=dict(parsed["tools"].root),
            policy=tuple(parsed["policy"].root),
        ),
        records_sql=texts["records.sql"],
        records=records,
        caller=intents.caller if intents else _nobody(about),
        intents=_by_id(intents, documents) if intents else {},
        documents=documents,
        fingerprint=_fingerprint(texts, records),
    )


def _nobody(about: formats.DomainFile) -> formats.CallerFormat:
    """Return the caller of a domain without intents: any row of the caller's table, whom nothing identifies."""
    caller = about.caller
    bind = f'SELECT "{caller.key}" FROM "{caller.table}"'  # noqa: S608  both are names by their format
    return formats.CallerFormat(bind=bind, name="nobody", ways=[formats.Identification(reference=[])])


def _by_id(intents: formats.IntentsFile, documents: dict[str, Document]) -> dict[str, formats.IntentFormat]:
    by_id: dict[str, formats.IntentFormat] = {}
    for index, intent in enumerate(intents.intents):
        if intent.id in by_id:
            raise DomainError(
                f"two intents are called '{intent.id}'",
                remedy="Rename one of them.",
                place=documents["intents.yaml"].place(("intents", index, "id")),
            )
        by_id[intent.id] = intent
    return by_id


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DomainError(
            f"{path.parent} has no {path.name}",
            remedy=f"A domain folder holds {', '.join(FILES)}; see docs/domain-format.md.",
        ) from None
    except UnicodeDecodeError as error:
        raise DomainError(
            f"not UTF-8: byte {error.start}", remedy="Save it as UTF-8.", place=Place(str(path))
        ) from None
    except OSError as error:
        raise DomainError(f"can't be read: {error.strerror}", place=Place(str(path))) from None


def _fixed_records(path: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for file in sorted((path / "records").glob("*.json")):
        try:
            rows = json.loads(_text(file))
        except json.JSONDecodeError as error:
            raise DomainError(f"not JSON: {error.msg}", place=Place(str(file), error.lineno)) from None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DomainError(
                "fixed records are a list of objects", remedy="One object a row.", place=Place(str(file), 1)
            )
        yield file.stem, rows


def _fingerprint(texts: dict[str, str], records: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for file, text in sorted({**texts, "records": json.dumps(records, sort_keys=True)}.items()):
        digest.update(f"{file}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()[:16]


@functools.cache
def file_schema(kind: str) -> dict[str, Any]:
    """Return the checked-in JSON Schema of one kind of YAML file."""
    text = (resources.files("toolscale") / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _validated(document: Document, kind: str, model: type[BaseModel]) -> BaseModel:
    errors = jsonschema.Draft202012Validator(file_schema(kind)).iter_errors(document.value)
    fault = best_match(errors)
    if fault is not None:
        raise _schema_error(document, fault)
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        first = error.errors()[0]
        raise DomainError(
            first["msg"].removeprefix("Value error, "),
            remedy="See docs/domain-format.md.",
            place=document.place(_yaml_path(first["loc"])),
        ) from None


def _yaml_path(location: tuple[int | str, ...]) -> YamlPath:
    return tuple(part for part in location if part != "root")


def _schema_error(document: Document, fault: jsonschema.ValidationError) -> DomainError:
    path = tuple(fault.absolute_path)
    schema: dict[str, Any] = fault.schema if isinstance(fault.schema, dict) else {}
    wanted: Any = fault.validator_value
    if fault.validator == "additionalProperties" and isinstance(fault.instance, dict):
        known = set(schema.get("properties", {}))
        unknown = sorted(str(key) for key in fault.instance if key not in known)
        if unknown and known:
            return DomainError(
                f"unknown field '{unknown[0]}'",
                remedy=nearest(unknown[0], known),
                place=document.place((*path, unknown[0])),
            )
    if fault.validator == "required":
        given: Any = fault.instance
        missing = sorted(set(wanted) - set(given))
        return DomainError(f"missing field '{missing[0]}'", remedy="Add it.", place=document.place(path))
    if fault.validator == "enum":
        remedy = nearest(str(fault.instance), [str(value) for value in wanted])
    else:
        remedy = str(schema.get("description") or "See docs/domain-format.md.")
    message = fault.message if len(fault.message) < 300 else fault.message[:300] + " ..."
    return DomainError(message, remedy=remedy, place=document.place(path))
