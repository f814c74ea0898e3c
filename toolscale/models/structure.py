"""Structured answers: JSON found in what a model wrote, checked against its schema, and what is said of the faults."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import pydantic_core

from toolscale.canonical import canonical_json

_KEPT = 512
_MOST_FAULTS = 5
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL | re.IGNORECASE)
_STRICT_KEYWORDS = frozenset(
    [
        "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "description", "title",
        "$ref", "$defs", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minItems", "maxItems",
    ]
)  # fmt: skip


class NotSatisfied(Exception):
    """The text holds no JSON value that satisfies the schema; `faults` says why, a line each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Structure:
    """A JSON Schema, compiled."""

    def __init__(self, schema: Mapping[str, Any], text: str) -> None:
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        self.strict = _is_strict(schema)
        self._validator = jsonschema_rs.validator_for(dict(schema))

    def value(self, text: str) -> Any:
        """Return the value in a model's text, also if there are fences or prose around it. Raises NotSatisfied."""
        fault = "the answer holds no JSON value"
        for candidate in _candidates(text):
            try:
                value = pydantic_core.from_json(candidate, allow_inf_nan=False)
            except ValueError as error:
                fault = f"the answer is not one JSON value: {error}"
                continue
            if self._validator.is_valid(value):
                return value
            raise NotSatisfied(tuple(self._faults(value)))
        raise NotSatisfied((fault,))

    def _faults(self, value: Any) -> Iterator[str]:
        for number, error in enumerate(self._validator.iter_errors(value)):
            if number == _MOST_FAULTS:
                yield "and more"
                return
            place = ".".join(str(part) for part in error.instance_path) or "the whole answer"
            yield f"{place}: {error.message[:300]}"


_by_identity: OrderedDict[int, tuple[Mapping[str, Any], Structure]] = OrderedDict()
_by_text: OrderedDict[str, Structure] = OrderedDict()


def structure(schema: dict[str, Any]) -> Structure:
    """Return the compiled schema; the same object is compiled once. Raises ValueError if it is no JSON Schema."""
    known = _by_identity.get(id(schema))
    if known is not None and known[0] is schema:
        return known[1]
    text = canonical_json(schema)
    found = _by_text.get(text)
    if found is None:
        found = Structure(schema, text)
        _keep(_by_text, text, found)
    _keep(_by_identity, id(schema), (schema, found))
    return found


def _keep(store: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    store[key] = value
    if len(store) > _KEPT:
        store.popitem(last=False)


def _candidates(text: str) -> Iterator[str]:
    """Yield the parts of a text that may be the answer: all of it, what is in a fence, from the first bracket on."""
    yield text
    for match in _FENCE.finditer(text):
        yield match[1]
    for start in sorted(place for place in (text.find("{"), text.find("[")) if place >= 0):
        yield _balanced(text, start)


def _balanced(text: str, start: int) -> str:
    """Return the JSON value that begins at `start`, or the rest of the text if it has no end."""
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return text[start:]
    return text[start:end]


def _is_strict(schema: Any) -> bool:
    """Return whether a schema keeps to what OpenAI's strict mode takes: closed objects, all fields required."""
    if isinstance(schema, bool):
        return False
    if not isinstance(schema, Mapping) or not schema.keys() <= _STRICT_KEYWORDS:
        return False
    if schema.get("type") == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or set(schema.get("required", ())) != set(properties):
            return False
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    if "items" in schema:
        inner.append(schema["items"])
    return all(_is_strict(part) for part in inner)
