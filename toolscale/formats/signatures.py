"""A tool's JSON Schema as a Python method: for libraries that read a tool's parameters from signature and docstring."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal

Body = Callable[[Any, str, dict[str, Any]], str]
"""Takes the object, the tool's name and the arguments, and returns the result's text."""

_TYPES: dict[str, Any] = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "null": None,
}


def method(schema: Mapping[str, Any], body: Body) -> Callable[..., str]:
    """Return a method with the signature and docstring (Google style) that a tool's schema, in OpenAI's format, describes.

    It takes any keyword arguments, so that what does not fit is answered by the environment and not by Python. Types, defaults,
    choices and descriptions are kept; bounds, patterns and the fields of objects have no place in a signature.
    """
    function = schema["function"]
    name, parameters = function["name"], function["parameters"]
    properties, required = parameters.get("properties", {}), parameters.get("required", ())

    def called(self: Any, **arguments: Any) -> str:
        return body(self, name, arguments)

    shown = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
    annotations: dict[str, Any] = {}
    for argument, described in properties.items():
        annotation, default = _type(described), inspect.Parameter.empty
        if argument not in required:
            default = described.get("default")
            annotation = annotation if default is not None else annotation | None
        annotations[argument] = annotation
        shown.append(
            inspect.Parameter(argument, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        )
    called.__name__ = called.__qualname__ = name
    called.__doc__ = _docstring(function["description"], properties)
    called.__annotations__ = {**annotations, "return": str}
    called.__signature__ = inspect.Signature(shown, return_annotation=str)  # type: ignore[attr-defined]
    return called


def _type(described: Mapping[str, Any]) -> Any:
    if "enum" in described:
        return Literal[tuple(described["enum"])]
    kinds = described.get("type")
    if isinstance(kinds, list):
        return functools.reduce(operator.or_, (_type({**described, "type": kind}) for kind in kinds))
    if kinds == "array":
        return list[_type(described.get("items", {}))]  # type: ignore[misc]
    return _TYPES.get(str(kinds), Any)


def _docstring(description: str, properties: Mapping[str, Any]) -> str:
    lines = [_one_line(description), ""]
    if properties:
        lines += [
            "Args:",
            *(f"    {name}: {_one_line(p.get('description', name))}" for name, p in properties.items()),
            "",
        ]
    return "\n".join([*lines, "Returns:", "    The result as JSON text."])


def _one_line(text: str) -> str:
    return " ".join(text.split())
