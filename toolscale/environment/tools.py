"""Tools compiled: every statement proven for its purpose, reading or writing told by SQLite, ready to be called."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from toolscale.canonical import canonical_json
from toolscale.database.lockdown import (
    MAX_RESULT_BYTES,
    ForbiddenSqlError,
    Locked,
    Proof,
    dollars,
    prove,
)
from toolscale.domain.format import READING_WORDS, ToolFormat
from toolscale.environment.arguments import Parameters, openai_schema
from toolscale.errors import DomainError, Place, nearest

Locate = Callable[..., Place | None]
_PLACEHOLDER = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


class CallRefused(Exception):
    """The call fails with this message and changes nothing."""


@dataclass(frozen=True, slots=True)
class RowQuery:
    """A query for one row: the names that its columns are bound to, the values that it takes, the tables that it reads."""

    sql: str
    names: tuple[str, ...]
    takes: tuple[str, ...]
    reads: tuple[str, ...]


RowReader = Callable[[RowQuery, dict[str, Any]], Sequence[Any] | None]
"""Gives the row of a query for the bound values, None if there is none."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that can be called on a connection."""

    name: str
    format: ToolFormat
    parameters: Parameters
    schema: dict[str, Any]
    lets: tuple[RowQuery, ...]
    guard: RowQuery | None
    errors: tuple[str, ...]
    effect: str | None
    result: str
    writes: frozenset[str]
    reads: frozenset[str]
    compute: Callable[[dict[str, Any]], str] | None = None

    def identity(self, completed: dict[str, Any]) -> str:
        """Return what makes two calls of an episode the same, from which their new ids are derived."""
        return canonical_json([self.name, self.parameters.identity(completed)])

    def run(self, connection: apsw.Connection, values: dict[str, Any], read: RowReader) -> str:
        """Run the tool with the bound `values` (arguments and new ids) and return its result as JSON text.

        What comes before the effect, the let rows and the number of the first requirement that fails, is had from `read`.
        Raises CallRefused with the message of the first precondition that is not true.
        """
        if self.compute is not None:
            return self.compute(values)
        failed = self.first_failure(values, read)
        if failed is not None:
            raise CallRefused(filled(self.errors[failed], values))
        if self.effect is not None:
            connection.execute(self.effect, values)
        return _json_text(connection.execute(self.result, values).get)

    def first_failure(self, values: dict[str, Any], read: RowReader) -> int | None:
        """Add the let rows to the bound `values` and return the number of the first requirement that fails, None if all hold."""
        add_rows(self.lets, values, read)
        row = read(self.guard, values) if self.guard is not None else None
        failed: int | None = row[0] if row is not None else None
        return failed


def add_rows(lets: Iterable[RowQuery], values: dict[str, Any], read: RowReader) -> None:
    """Read each let row and add its columns to `values`, None where there is no row."""
    for let in lets:
        row = read(let, values)
        values.update(zip(let.names, row if row is not None else (None,) * len(let.names), strict=True))


def filled(message: str, values: dict[str, Any]) -> str:
    """Return the message with {name} and {name|dollars} filled in."""

    def fill(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return str(dollars(value) if match[2] == "dollars" else value)

    return _PLACEHOLDER.sub(fill, message)


def _json_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) > MAX_RESULT_BYTES:
        raise CallRefused(
            f"The result is too large ({len(text)} characters, at most {MAX_RESULT_BYTES}). Narrow it down."
        )
    return text


def row_query(sql: str, names: Sequence[str], proofs: Iterable[Proof]) -> RowQuery:
    """Return the query for one row that is made of what was proven."""
    takes: set[str] = set()
    reads: set[str] = set()
    for proof in proofs:
        takes |= proof.parameters
        reads |= proof.reads
    return RowQuery(sql, tuple(names), tuple(sorted(takes)), tuple(sorted(reads)))


class Compiler:
    """Compiles tools and predicates against a schema; raises DomainError at the place that `locate` gives."""

    def __init__(self, query: Locked, effect: Locked) -> None:
        self._query = query
        self._effect = effect

    def tool(self, name: str, tool: ToolFormat, locate: Locate) -> Tool:
        """Return the compiled tool. Raises DomainError for SQL that fails, is forbidden or does what its name denies."""
        parameters = self._parameters(name, tool, locate)
        known = set(parameters.names)
        for new_id in tool.ids:
            self._bind_new(new_id, known, locate("ids", new_id))
        reads: set[str] = set()
        lets = []
        for let_name, sql in tool.let.items():
            let = self.let(let_name, sql, known, locate("let", let_name))
            lets.append(let)
            reads.update(let.reads)
        guard = self._guard(tool, known, locate)
        if guard is not None:
            reads.update(guard.reads)
        writes: set[str] = set()
        if tool.effect is not None:
            for proof in self._proofs(self._effect, tool.effect, known, locate("effect")):
                writes |= proof.writes
                reads |= proof.reads
            if not writes:
                raise DomainError(
                    f"the effect of {name} writes nothing",
                    remedy="Remove it, or write the change that it stands for.",
                    place=locate("effect"),
                )
        result = self._one(tool.result, known, locate("result"))
        reads |= result.reads
        if len(result.columns) != 1:
            raise DomainError(
                f"the result of {name} has {len(result.columns)} columns",
                remedy="A result is one JSON value: SELECT json_object(...).",
                place=locate("result"),
            )
        if "calls" in reads:
            raise DomainError(
                f"{name} reads the calls of the episode",
                remedy="Only policy predicates may: what a tool gives depends on its arguments and the records alone.",
                place=locate("result"),
            )
        self._name_tells_the_truth(name, tool, writes, locate)
        return Tool(
            name=name,
            format=tool,
            parameters=parameters,
            schema=openai_schema(name, tool, parameters),
            lets=tuple(lets),
            guard=guard,
            errors=tuple(requirement.error for requirement in tool.require),
            effect=tool.effect,
            result=tool.result,
            writes=frozenset(writes),
            reads=frozenset(reads),
        )

    def let(self, name: str, sql: str, known: set[str], place: Place | None) -> RowQuery:
        """Return a compiled let row; its column names join `known`."""
        proof = self._one(sql, known, place)
        names = tuple(f"{name}_{column}" for column in proof.columns)
        for bound in names:
            self._bind_new(bound, known, place)
        return row_query(sql, names, [proof])

    def expression(self, sql: str, known: set[str], place: Place | None) -> Proof:
        """Prove one SQL expression."""
        return self._one(f"SELECT ({sql}\n)", known, place)

    def _parameters(self, name: str, tool: ToolFormat, locate: Locate) -> Parameters:
        try:
            return Parameters(tool.parameters)
        except ValueError as error:
            raise DomainError(
                f"the parameters of {name} are no JSON Schema: {error}",
                remedy="Each parameter is a JSON Schema: {type: string, description: ...}.",
                place=locate("parameters"),
            ) from None

    def _guard(self, tool: ToolFormat, known: set[str], locate: Locate) -> RowQuery | None:
        cases, proofs = [], []
        for index, requirement in enumerate(tool.require):
            proofs.append(self.expression(requirement.that, known, locate("require", index, "that")))
            for match in _PLACEHOLDER.finditer(requirement.error):
                if match[1] not in known:
                    raise DomainError(
                        f"the error message names '{match[1]}'",
                        remedy=nearest(match[1], known),
                        place=locate("require", index, "error"),
                    )
            cases.append(f"WHEN ({requirement.that}\n) IS NOT TRUE THEN {index}")
        return row_query(f"SELECT CASE {' '.join(cases)} END", ("failed",), proofs) if cases else None

    def _name_tells_the_truth(self, name: str, tool: ToolFormat, writes: set[str], locate: Locate) -> None:
        reading_name = name.split("_", 1)[0] in READING_WORDS
        if writes and reading_name:
            raise DomainError(
                f"{name} is named like a tool that only reads, and writes to {', '.join(sorted(writes))}",
                remedy="Rename it, or remove its effect.",
                place=locate("effect"),
            )
        if writes and not tool.summary:
            raise DomainError(
                f"{name} writes and has no summary",
                remedy='Add summary: what the agent says after "I am going to".',
                place=locate(),
            )

    def _bind_new(self, name: str, known: set[str], place: Place | None) -> None:
        if name in known:
            raise DomainError(f"two values are bound as :{name}", remedy="Rename one of them.", place=place)
        known.add(name)

    def _one(self, sql: str, known: set[str], place: Place | None) -> Proof:
        proofs = self._proofs(self._query, sql, known, place)
        if len(proofs) != 1 or not proofs[0].columns:
            raise DomainError(
                "this must be exactly one query", remedy="One SELECT, without more after it.", place=place
            )
        return proofs[0]

    def _proofs(self, locked: Locked, sql: str, known: set[str], place: Place | None) -> list[Proof]:
        try:
            proofs = prove(locked, sql)
        except ForbiddenSqlError as error:
            raise DomainError(f"forbidden SQL: {error}", remedy="See docs/domain-format.md.", place=place) from None
        except apsw.Error as error:
            raise DomainError(
                f"SQL error: {error}", remedy="Run it in the sqlite3 shell to see more.", place=place
            ) from None
        for proof in proofs:
            for name in sorted(proof.parameters - known):
                raise DomainError(f"unknown value :{name}", remedy=nearest(name, known), place=place)
        return proofs
