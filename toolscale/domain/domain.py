"""A domain as it travels in an environment row: everything that a run needs, nothing that only an author needs."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from toolscale.canonical import canonical_json, fingerprint, plain
from toolscale.domain.format import DomainFile, PolicyFile, RuleFormat, ToolFormat, ToolsFile
from toolscale.errors import DomainError


@dataclass(frozen=True)
class Domain:
    """What an environment is made of beside its rows: description, schema, tools, policy."""

    about: DomainFile
    schema_sql: str
    tools: dict[str, ToolFormat]
    policy: tuple[RuleFormat, ...]

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.about.name

    @functools.cached_property
    def fingerprint(self) -> str:
        """A digest of all that the domain says."""
        return fingerprint(self.as_texts())

    @functools.cached_property
    def not_compared(self) -> frozenset[tuple[str, str]]:
        """The (table, column) pairs that a state difference leaves out."""
        pairs = {tuple(name.split(".", 1)) for name in self.about.not_compared}
        return frozenset((str(p[0]), str(p[-1])) for p in pairs) | {("escalations", "summary")}

    def as_texts(self) -> dict[str, str]:
        """Return the domain as the text columns of an environment row: canonical JSON, and SQL as it is."""
        return {
            "domain_json": _dumped(self.about),
            "schema_sql": self.schema_sql,
            "tools_json": _in_order({name: _plain(tool) for name, tool in self.tools.items()}),
            "tool_order": canonical_json(list(self.tools)),
            "policy_json": _in_order([_plain(rule) for rule in self.policy]),
        }

    @classmethod
    def from_texts(cls, texts: dict[str, str], *, row: str) -> Domain:
        """Return the domain of an environment row. Raises DomainError naming `row` if a column does not fit."""
        try:
            tools = ToolsFile.model_validate_json(texts["tools_json"]).root
            return cls(
                about=DomainFile.model_validate_json(texts["domain_json"]),
                schema_sql=texts["schema_sql"],
                tools={name: tools[name] for name in json.loads(texts["tool_order"])},
                policy=tuple(PolicyFile.model_validate_json(texts["policy_json"]).root),
            )
        except (ValidationError, ValueError, KeyError) as error:
            raise DomainError(
                f"{row}: the environment's domain does not read: {error}",
                remedy="The row was changed or written by a newer toolscale.",
            ) from None


def _in_order(value: Any) -> str:
    """Return JSON with the keys as the author ordered them: a let row may use the columns of those before it."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def _dumped(model: BaseModel) -> str:
    return canonical_json(_plain(model))


def _plain(model: BaseModel) -> Any:
    return model.model_dump(mode="json", by_alias=True)
