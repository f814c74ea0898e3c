"""Methods made of tools' schemas: what Python, and whoever inspects it, sees of a tool."""

from __future__ import annotations

import inspect
from typing import Any, Literal

import pytest

from toolscale.formats.signatures import method


def _made(**properties: Any) -> Any:
    required = [name for name, described in properties.items() if "default" not in described]
    parameters = {"type": "object", "properties": properties, "required": required}
    return method(
        {"function": {"name": "a_tool", "description": "Does\nit.", "parameters": parameters}},
        lambda owner, name, arguments: f"{owner} {name} {arguments}",
    )


@pytest.mark.parametrize(
    ("described", "annotation"),
    [
        ({"type": "string"}, str),
        ({"type": "number"}, float),
        ({"type": "integer"}, int),
        ({"type": "boolean"}, bool),
        ({"type": "array", "items": {"type": "string"}}, list[str]),
        ({"type": ["string", "null"], "default": None}, str | None),
        ({"type": "string", "enum": ["a", "b"]}, Literal["a", "b"]),
        ({"type": "object"}, dict),
    ],
)
def test_a_parameter_has_the_type_of_its_schema(described: dict[str, Any], annotation: Any) -> None:
    assert inspect.signature(_made(x=described)).parameters["x"].annotation == annotation


def test_a_default_is_a_default_and_without_one_the_parameter_is_required() -> None:
    parameters = inspect.signature(_made(x={"type": "string", "default": ""}, y={"type": "integer"})).parameters
    assert parameters["x"].default == ""
    assert parameters["y"].default is inspect.Parameter.empty


def test_the_docstring_says_what_the_schema_says() -> None:
    assert inspect.getdoc(_made(x={"type": "string", "description": "Which\none."})) == (
        "Does it.\n\nArgs:\n    x: Which one.\n\nReturns:\n    The result as JSON text."
    )


def test_what_does_not_fit_reaches_the_body() -> None:
    assert _made(x={"type": "string"})("owner", y=1) == "owner a_tool {'y': 1}"
