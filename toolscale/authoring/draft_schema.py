"""The JSON Schema of a draft for one domain: its tools by name, each with its own parameters.

It keeps to what strict structured output takes everywhere (closed objects, every field required), so that an endpoint that
decodes by schema can name no tool and no parameter that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toolscale.authoring.draft import MOST_REQUESTS, MOST_STEPS
from toolscale.environment.compiled import CompiledDomain
from toolscale.environment.tools import Tool

NAME = "draft"
_TEXT: dict[str, Any] = {"type": "string"}
_TEXT_OR_NONE: dict[str, Any] = {"type": ["string", "null"]}
_SCALAR: list[dict[str, Any]] = [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]


def draft_schema(domain: CompiledDomain) -> dict[str, Any]:
    """Return the schema of the drafts of a domain. An argument takes a value of its kind, or a template as text."""
    kinds = ["change of mind", "distraction", "impossible wish"]
    step = {
        "call": {"$ref": "#/$defs/call"},
        "as": _TEXT_OR_NONE,
        "when": _TEXT_OR_NONE,
        "for_each": _TEXT_OR_NONE,
        "optional": {"type": "boolean"},
    }
    statement = {
        "about": _TEXT,
        "kind": {"type": "string", "enum": ["money", "number", "date", "time", "text"]},
        "value": {"anyOf": [{"type": "string"}, {"type": "number"}]},
        "unit": _TEXT_OR_NONE,
        "when": _TEXT_OR_NONE,
    }
    rules = [rule.id for rule in domain.policy.rules if rule.broken_if]
    refusal = {"rule": {"type": "string", "enum": rules}, "wish": {"$ref": "#/$defs/call"}}
    request = {
        "reason_for_call": _TEXT,
        "known_info": _list(
            {"about": _TEXT, "value": {"anyOf": [*_SCALAR, {"type": "array", "items": {"anyOf": _SCALAR}}]}}
        ),
        "unknown_info": {"type": "array", "items": _TEXT},
        "steps": {**_list(step), "minItems": 1, "maxItems": MOST_STEPS},
        "say": _list(statement),
        "refusal": _or_none(_closed(refusal)) if rules else {"type": "null"},
    }
    twist = {
        "kind": {"type": "string", "enum": kinds},
        "request": {"type": "integer", "minimum": 0},
        "about": _TEXT_OR_NONE,
        "first_value": {"anyOf": [*_SCALAR, {"type": "null"}]},
        "text": _TEXT_OR_NONE,
    }
    whole = {
        "requests": {**_list(request), "minItems": 1, "maxItems": MOST_REQUESTS},
        "twist": _or_none(_closed(twist)),
    }
    calls = [_call(tool) for tool in domain.tools.values()]
    return {**_closed(whole), "$defs": {"call": {"anyOf": calls}}}


def _call(tool: Tool) -> dict[str, Any]:
    arguments = {
        name: _argument(schema, optional="default" in schema) for name, schema in tool.format.parameters.items()
    }
    return _closed({"tool": {"type": "string", "enum": [tool.name]}, "arguments": _closed(arguments)})


def _argument(schema: Mapping[str, Any], *, optional: bool = False) -> dict[str, Any]:
    """Return what may stand for a parameter: its own kind of value, a template, and null where it may be left out."""
    kind = schema.get("type")
    kinds = [kind] if isinstance(kind, str) else list(kind or ())
    found: list[dict[str, Any]] = [_TEXT]
    if "number" in kinds or "integer" in kinds:
        found.append({"type": "number"})
    if "boolean" in kinds:
        found.append({"type": "boolean"})
    if "array" in kinds and isinstance(schema.get("items"), Mapping):
        found.append({"type": "array", "items": _argument(schema["items"])})
    if "object" in kinds and schema.get("properties"):
        found.append(_closed({name: _argument(part) for name, part in schema["properties"].items()}))
    if optional or "null" in kinds:
        found.append({"type": "null"})
    return found[0] if len(found) == 1 else {"anyOf": found}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _closed(properties)}


def _or_none(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}
