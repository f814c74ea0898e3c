"""Whatever a model may write under the schema of a draft becomes a task or is rejected; nothing else happens."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolscale.authoring.briefing import Briefing
from toolscale.authoring.composing import Occasion, Trace, composed
from toolscale.authoring.draft import read_draft
from toolscale.authoring.draft_schema import draft_schema
from toolscale.models.structure import structure
from toolscale.synthesis.author import ProceduralAuthor
from toolscale.synthesis.reference import Rejected

TEXTS = st.sampled_from(
    [
        "", "x", "{{", "{% x", "{{ nobody }}", "{{ none }}", "{{ dict(a=1) }}", "{{ [[1], {}] }}", "{{ {1: 2} }}",
        "{{ 'a'.upper }}", "{{ range }}", "{{ result }}", "{{ result[-1] }}", "{{ 5 }}", "{{ 1 / 0 }}", "{{ 1e999 }}",
        "{{ 9 ** 30 * 9 ** 30 }}", "{{ range(5)|list }}", "{{ member_id }}", "2025-13-45", "24:99", "\0",
    ]
)  # fmt: skip
NUMBERS = st.sampled_from([0, -1, 1.5, 1e308, 2**63, 10**400])


def satisfying(schema: dict[str, Any], defined: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return the values that satisfy a schema that keeps to what draft schemas are made of."""
    if "$ref" in schema:
        return satisfying(defined[schema["$ref"].removeprefix("#/$defs/")], defined)
    if "anyOf" in schema:
        return st.one_of(satisfying(choice, defined) for choice in schema["anyOf"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        return st.one_of(satisfying({**schema, "type": each}, defined) for each in kind)
    if kind == "object":
        return st.fixed_dictionaries({name: satisfying(part, defined) for name, part in schema["properties"].items()})
    if kind == "array":
        items = satisfying(schema["items"], defined)
        return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(3, schema.get("maxItems", 3)))
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "string": TEXTS | st.text(max_size=8),
        "number": NUMBERS,
        "integer": st.integers(min_value=schema.get("minimum")),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return kinds[kind]


@pytest.fixture(scope="module")
def occasions(author: ProceduralAuthor) -> list[Occasion]:
    briefing = Briefing(author.situations, "anybody")
    return [briefing.occasion(number) for number in range(6)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_satisfies_the_schema_is_run_or_rejected(
    author: ProceduralAuthor, occasions: list[Occasion], data: st.DataObject
) -> None:
    situations = author.situations
    schema = draft_schema(situations.environment.compiled)
    value = structure(schema).value(json.dumps(data.draw(satisfying(schema, schema["$defs"]))))
    occasion = data.draw(st.sampled_from(occasions))
    with contextlib.suppress(Rejected):
        candidate = composed(read_draft(value), occasion, situations, Trace())
        candidate.written(situations.environment, situations.offers)
