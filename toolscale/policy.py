"""The policy: rules that the agent reads as text and that each call is judged by as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from toolscale.domain.format import RuleFormat
from toolscale.environment.tools import Compiler, Let, Locate, read_rows
from toolscale.errors import DomainError, nearest

CALLS_TABLE = "CREATE TEMP TABLE calls (position INTEGER PRIMARY KEY, tool TEXT, arguments TEXT, result TEXT)"


@dataclass(frozen=True, slots=True)
class Predicates:
    """The compiled `broken_if` of some rules for one tool: let rows read first, then one query with a column a rule."""

    rules: tuple[str, ...]
    lets: tuple[Let, ...]
    query: str

    def broken_by(self, connection: apsw.Connection, values: dict[str, Any]) -> list[str]:
        """Return the rules that a call with the bound `values` would break in the database's present state."""
        bound = dict(values) if self.lets else values
        read_rows(connection, self.lets, bound)
        verdicts = next(iter(connection.execute(self.query, bound)))
        return [rule for rule, broken in zip(self.rules, verdicts, strict=True) if broken]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a domain, compiled."""

    rules: tuple[RuleFormat, ...]
    predicates: dict[str, tuple[Predicates, ...]]
    confirmed_tools: frozenset[str]
    reads: dict[str, frozenset[str]]
    text: str

    @property
    def reads_calls(self) -> bool:
        """Whether a rule asks for the earlier calls of the episode."""
        return any("calls" in tables for tables in self.reads.values())

    def broken_by(self, connection: apsw.Connection, tool: str, values: dict[str, Any]) -> tuple[str, ...]:
        """Return the ids of the rules that the call would break now; evaluated before the call runs."""
        return tuple(rule for some in self.predicates.get(tool, ()) for rule in some.broken_by(connection, values))

    def rules_of(self, tool: str) -> tuple[str, ...]:
        """Return the ids of the rules whose predicates judge a call of the tool."""
        return tuple(rule for some in self.predicates.get(tool, ()) for rule in some.rules)

    def text_of(self, rule_id: str) -> str:
        """Return a rule's text. Raises KeyError for an unknown rule."""
        return next(rule.text for rule in self.rules if rule.id == rule_id)


def rendered(rules: Sequence[RuleFormat]) -> str:
    """Return the policy as the agent reads it: one rule a line, with the id that an escalation names."""
    return "\n".join(f"- [{rule.id}] {' '.join(rule.text.split())}" for rule in rules)


def compile_policy(
    compiler: Compiler, rules: Sequence[RuleFormat], parameters: dict[str, frozenset[str]], locate: Locate
) -> Policy:
    """Compile the rules; `parameters` holds each tool's parameter names.

    Raises DomainError for a rule id given twice, an unknown tool, or SQL that does not compile for a tool it applies to.
    """
    predicates: dict[str, list[Predicates]] = {}
    without_lets: dict[str, list[RuleFormat]] = {}
    seen: set[str] = set()
    reads: dict[str, frozenset[str]] = {}
    for index, rule in enumerate(rules):
        if rule.id in seen:
            raise DomainError(f"two rules are called '{rule.id}'", remedy="Rename one.", place=locate(index, "id"))
        seen.add(rule.id)
        for place, tool in enumerate(rule.applies_to):
            if tool not in parameters:
                raise DomainError(
                    f"rule '{rule.id}' applies to '{tool}', which is no tool",
                    remedy=nearest(tool, parameters),
                    place=locate(index, "applies_to", place),
                )
            if rule.broken_if is None:
                continue
            known = set(parameters[tool])
            lets = []
            for name, sql in rule.let.items():
                let, proof = compiler.let(name, sql, known, locate(index, "let", name))
                lets.append(let)
                reads[tool] = reads.get(tool, frozenset()) | proof.reads
            broken_if = compiler.expression(rule.broken_if, known, locate(index, "broken_if"))
            reads[tool] = reads.get(tool, frozenset()) | broken_if.reads
            if lets:
                predicates.setdefault(tool, []).append(_together([rule], lets))
            else:
                without_lets.setdefault(tool, []).append(rule)
    for tool, some in without_lets.items():
        predicates.setdefault(tool, []).append(_together(some, []))
    return Policy(
        rules=tuple(rules),
        predicates={tool: tuple(found) for tool, found in predicates.items()},
        confirmed_tools=frozenset(tool for rule in rules if rule.confirm for tool in rule.applies_to),
        reads=reads,
        text=rendered(rules),
    )


def _together(rules: Sequence[RuleFormat], lets: Sequence[Let]) -> Predicates:
    columns = ", ".join(f"({rule.broken_if}\n) IS TRUE" for rule in rules)
    return Predicates(tuple(rule.id for rule in rules), tuple(lets), f"SELECT {columns}")
