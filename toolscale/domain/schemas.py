"""The JSON Schemas in `schemas/`, generated from the pydantic models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from toolscale.domain.format import FILE_FORMATS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generated() -> dict[str, str]:
    """Return the text of every schema file by file name."""
    return {f"{name}.schema.json": _text(name, model) for name, model in _formats().items()}


def stale(folder: Path) -> list[str]:
    """Return the names of the schema files in `folder` that are missing, changed or no longer generated."""
    texts = generated()
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.schema.json")}
    return sorted(name for name in texts.keys() | on_disk.keys() if texts.get(name) != on_disk.get(name))


def write(folder: Path) -> list[str]:
    """Bring `folder` up to date; return the names that changed."""
    changed = stale(folder)
    texts = generated()
    for name in changed:
        if name in texts:
            (folder / name).write_text(texts[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def _formats() -> dict[str, Any]:
    from toolscale.models.prices import PriceTable
    from toolscale.orchestration.catalog import Catalog
    from toolscale.orchestration.preferences import Preferences
    from toolscale.shards.rows import ROW_PAYLOADS

    catalogs = {"experts": Catalog, "prices": PriceTable, "preferences": Preferences}
    return {**FILE_FORMATS, **catalogs, **ROW_PAYLOADS}  # the last are the columns of a build's rows that hold JSON


def _text(name: str, model: Any) -> str:
    schema: dict[str, Any] = {"$schema": DIALECT, **TypeAdapter(model).json_schema(by_alias=True)}
    if name == "intents":
        _steps_hold_one_tool(schema)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _steps_hold_one_tool(schema: dict[str, Any]) -> None:
    """A step's one free key is a tool: pydantic allows it as an extra, the schema says what it holds."""
    schema["$defs"]["StepFormat"]["additionalProperties"] = {"type": "object"}
