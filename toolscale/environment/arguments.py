"""The arguments of a tool call: checked against the tool's JSON Schema, completed, and bound to SQL."""

from __future__ import annotations

from typing import Any

import jsonschema_rs

from toolscale.canonical import canonical_json, plain
from toolscale.domain.format import ToolFormat
from toolscale.errors import nearest

_OWN_KEYWORDS = frozenset(["free_text", "unordered"])
_LARGEST_INTEGER = 2**63 - 1


class ArgumentFault(Exception):
    """The arguments do not fit the tool; the message names the field."""


class Parameters:
    """One tool's parameters: what a model is shown, what a call may hold, what SQL receives."""

    def __init__(self, properties: dict[str, dict[str, Any]]) -> None:
        self.names = tuple(properties)
        self.defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
        self.free_text = frozenset(name for name, schema in properties.items() if schema.get("free_text"))
        self.unordered = frozenset(name for name, schema in properties.items() if schema.get("unordered"))
        self.schema: dict[str, Any] = {
            "type": "object",
            "properties": {
                name: {word: value for word, value in schema.items() if word not in _OWN_KEYWORDS}
                for name, schema in properties.items()
            },
            "required": [name for name in properties if name not in self.defaults],
            "additionalProperties": False,
        }
        self._validator = jsonschema_rs.validator_for(self.schema)

    def complete(self, arguments: Any) -> dict[str, Any]:
        """Return the arguments with defaults filled in, in the schema's order.

        Raises ArgumentFault naming the field that is unknown, missing or of the wrong kind.
        """
        if not isinstance(arguments, dict):
            raise ArgumentFault("arguments must be one JSON object")
        if not self._validator.is_valid(arguments):
            raise ArgumentFault(self._first_fault(arguments))
        completed = {name: arguments.get(name, self.defaults.get(name)) for name in self.names}
        for name, value in completed.items():
            _refuse_unstorable(name, value)
            if not isinstance(value, str):
                completed[name] = plain(value)  # 5.0 and 5 are one number, also to SQL's division
        return completed

    def identity(self, completed: dict[str, Any]) -> dict[str, Any]:
        """Return what makes two calls the same: no free text, sets in canonical order."""
        return {
            name: sorted(value, key=canonical_json) if name in self.unordered and isinstance(value, list) else value
            for name, value in completed.items()
            if name not in self.free_text
        }

    def _first_fault(self, arguments: dict[str, Any]) -> str:
        for name in arguments:
            if name not in self.names:
                return f"unknown field '{name}'. {nearest(name, self.names)}"
        missing = [name for name in self.schema["required"] if name not in arguments]
        if missing:
            return f"missing field '{missing[0]}'"
        error = next(iter(self._validator.iter_errors(arguments)))
        field = ".".join(str(part) for part in error.instance_path)
        return f"field '{field}': {error.message[:300]}"


def openai_schema(name: str, tool: ToolFormat, parameters: Parameters) -> dict[str, Any]:
    """Return the tool as a model is shown it: OpenAI's function-calling format."""
    function = {"name": name, "description": tool.description, "parameters": parameters.schema}
    return {"type": "function", "function": function}


def bindings(completed: dict[str, Any]) -> dict[str, Any]:
    """Return the values that SQL receives: booleans as 0 or 1, lists and objects as canonical JSON."""
    return {name: _bound(value) for name, value in completed.items()}


def _bound(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list | dict):
        return canonical_json(value)
    return value


def _refuse_unstorable(name: str, value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or not _encodes(value):
            raise ArgumentFault(f"field '{name}': the text holds a character that cannot be stored")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ArgumentFault(f"field '{name}': {value} is not a number")
    elif isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise ArgumentFault(f"field '{name}': the number is too large")
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(name, item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(name, key)
            _refuse_unstorable(name, item)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
