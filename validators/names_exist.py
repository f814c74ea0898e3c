"""TS111: every name that a text mentions exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from toolscale.domain.folder import DomainFolder
from toolscale.domain.yaml_lines import Path
from toolscale.environment.compiled import CompiledDomain, compiled
from toolscale.errors import DomainError, nearest
from toolscale.validators.registry import Finding, domain_rule

_NAME = re.compile(r"(?<![\w.@/-])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w@/])")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_LITERAL = re.compile(r"'([^']*)'")


@domain_rule("TS111", "names-exist")
def names_exist(folder: DomainFolder) -> Iterator[Finding]:
    """Each name with an underscore in a text for the agent or the user is a name of the domain.

    The texts: the policy, the descriptions of tools and parameters, error messages, the agent's introduction, the intents'
    purposes. The names: tools, parameters, tables, columns, fields of results, values that a schema or a CHECK lists.

    Why: a policy that says "read list_orders first" where the tool is called find_orders cannot be kept, and no SQL fails.

    Fails: `text: Look the member up with lookup_member first.` Passes: `... with find_member first.`
    """
    try:
        known = _names_of(folder, compiled(folder.domain, folder.place))
    except DomainError:
        return  # TS101 says it
    for file, path, text in _texts(folder):
        for name in dict.fromkeys(_NAME.findall(_PLACEHOLDER.sub(" ", text))):
            if name not in known:
                yield Finding(
                    f"the text names '{name}', which does not exist", nearest(name, known), folder.place(file, *path)
                )


def _texts(folder: DomainFolder) -> Iterator[tuple[str, Path, str]]:
    """Yield every text that people or agents read, with its file and its path there."""
    yield "domain.yaml", ("agent",), folder.domain.about.agent
    for index, rule in enumerate(folder.domain.policy):
        yield "policy.yaml", (index, "text"), rule.text
    for name, tool in folder.domain.tools.items():
        yield "tools.yaml", (name, "description"), tool.description
        for path, text in _descriptions(tool.parameters):
            yield "tools.yaml", (name, "parameters", *path), text
        for index, requirement in enumerate(tool.require):
            yield "tools.yaml", (name, "require", index, "error"), requirement.error
    for index, intent in enumerate(folder.intents.values()):
        yield "intents.yaml", ("intents", index, "purpose"), intent.purpose


def _descriptions(schema: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the descriptions in a JSON Schema, at any depth."""
    if isinstance(schema, dict):
        for key, item in schema.items():
            if key == "description" and isinstance(item, str):
                yield (*path, key), item
            else:
                yield from _descriptions(item, (*path, key))


def _names_of(folder: DomainFolder, domain: CompiledDomain) -> set[str]:
    names = set(domain.tools) | set(domain.tables)
    for table in domain.tables.values():
        names |= set(table.columns)
    for tool in domain.tools.values():
        names |= set(tool.parameters.names) | set(_choices(tool.format.parameters))
        names |= set(_LITERAL.findall(tool.result))  # the keys and constant values of its JSON
    return names | set(_LITERAL.findall(folder.domain.schema_sql))


def _choices(schema: Any) -> Iterator[str]:
    """Yield the names of fields and the texts of enumerations in a JSON Schema, at any depth."""
    if isinstance(schema, dict):
        for key, item in schema.items():
            if key == "enum":
                yield from (value for value in item if isinstance(value, str))
            elif key == "properties":
                yield from item
            yield from _choices(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from _choices(item)
