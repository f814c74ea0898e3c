"""The policy: rules that the agent reads as text and that each call is judged by as SQL."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toolscale.database.lockdown import Proof
from toolscale.domain.format import RuleFormat
from toolscale.environment.tools import Compiler, Locate, RowQuery, RowReader, add_rows, row_query
from toolscale.errors import DomainError, nearest

CALLS_TABLE = "CREATE TEMP TABLE calls (position INTEGER PRIMARY KEY, tool TEXT, arguments TEXT, result TEXT)"


@dataclass(frozen=True, slots=True)
class Predicates:
    """The compiled `broken_if` of some rules for one tool: let rows read first, then one query with a column a rule."""

    lets: tuple[RowQuery, ...]
    query: RowQuery

    @property
    def rules(self) -> tuple[str, ...]:
        """The ids of the rules."""
        return self.query.names

    def broken_by(self, values: dict[str, Any], read: RowReader) -> list[str]:
        """Return the rules that a call with the bound `values` would break in the state that `read` reads from."""
        bound = dict(values) if self.lets else values
        add_rows(self.lets, bound, read)
        verdicts = read(self.query, bound)
        return [rule for rule, broken in zip(self.rules, verdicts or (), strict=True) if broken]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a domain, compiled."""

    rules: tuple[RuleFormat, ...]
    predicates: dict[str, tuple[Predicates, ...]]
    confirmed_tools: frozenset[str]
    reads_calls: bool
    """Whether a rule asks for the earlier calls of the episode."""
    text: str

    def broken_by(self, tool: str, values: dict[str, Any], read: RowReader) -> tuple[str, ...]:
        """Return the ids of the rules that the call would break now; evaluated before the call runs."""
        return tuple([rule for some in self.predicates.get(tool, ()) for rule in some.broken_by(values, read)])

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
    without_lets: dict[str, list[tuple[RuleFormat, Proof]]] = {}
    seen: set[str] = set()
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
                let = compiler.let(name, sql, known, locate(index, "let", name))
                lets.append(let)
            broken_if = compiler.expression(rule.broken_if, known, locate(index, "broken_if"))
            if lets:
                predicates.setdefault(tool, []).append(_together([(rule, broken_if)], lets))
            else:
                without_lets.setdefault(tool, []).append((rule, broken_if))
    for tool, some in without_lets.items():
        predicates.setdefault(tool, []).append(_together(some, []))
    return Policy(
        rules=tuple(rules),
        predicates={tool: tuple(found) for tool, found in predicates.items()},
        confirmed_tools=frozenset(tool for rule in rules if rule.confirm for tool in rule.applies_to),
        reads_calls=any(
            "calls" in query.reads
            for some in itertools.chain.from_iterable(predicates.values())
            for query in (*some.lets, some.query)
        ),
        text=rendered(rules),
    )


def _together(rules: Sequence[tuple[RuleFormat, Proof]], lets: Sequence[RowQuery]) -> Predicates:
    columns = ", ".join(f"({rule.broken_if}\n) IS TRUE" for rule, _ in rules)
    names = [rule.id for rule, _ in rules]
    return Predicates(tuple(lets), row_query(f"SELECT {columns}", names, [proof for _, proof in rules]))
