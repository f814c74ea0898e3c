"""A domain compiled once a process: tools and policy, proven against its schema."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import apsw

from toolscale.database import content
from toolscale.database.filling import LIBRARY_SCHEMA
from toolscale.database.lockdown import Locked, Purpose, connect, lock
from toolscale.domain.domain import Domain
from toolscale.environment import builtin
from toolscale.environment.arguments import Parameters, openai_schema
from toolscale.environment.tools import Compiler, Locate, Tool
from toolscale.errors import DomainError, Place
from toolscale.orchestration.account import characters
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.policy import CALLS_TABLE, Policy, compile_policy


@dataclass(frozen=True)
class CompiledDomain:
    """The tools and the policy of a domain, ready to run."""

    domain: Domain
    tools: dict[str, Tool]
    policy: Policy
    tables: dict[str, content.Table]

    @functools.cached_property
    def tool_schemas(self) -> list[dict[str, object]]:
        """Every tool in OpenAI's function-calling format, in the domain's order, the built-in ones last."""
        return [tool.schema for tool in self.tools.values()]

    @functools.cached_property
    def tool_characters(self) -> dict[str, int]:
        """How many characters each tool's schema is, as a model reads it: every episode asks for them."""
        return {name: characters([tool.schema]) for name, tool in self.tools.items()}


_COMPILED: dict[str, CompiledDomain] = {}
_KEPT = 32


def compiled(domain: Domain, locate: Locate = lambda *_: None) -> CompiledDomain:
    """Return the compiled domain, from this process's memory if it was compiled before.

    `locate(file, *path)` gives the place of a field for error messages. Raises DomainError.
    """
    known = _COMPILED.get(domain.fingerprint)
    if known is None:
        if len(_COMPILED) >= _KEPT:
            _COMPILED.pop(next(iter(_COMPILED)))
        known = _COMPILED[domain.fingerprint] = compile_afresh(domain, locate)
    return known


def compile_afresh(domain: Domain, locate: Locate) -> CompiledDomain:
    """Return the compiled domain, proven now. Raises DomainError."""
    query, effect, library = (_proving(domain, purpose) for purpose in (Purpose.QUERY, Purpose.EFFECT, Purpose.RUN))
    compiler = Compiler(query, effect)
    tools: dict[str, Tool] = {}
    for name, tool in domain.tools.items():
        if name in (builtin.CALCULATE, builtin.ESCALATE, ASK_EXPERT):
            raise DomainError(
                f"'{name}' is a tool of the library",
                remedy="Remove it: every domain has it.",
                place=locate("tools.yaml", name),
            )
        tools[name] = compiler.tool(name, tool, functools.partial(locate, "tools.yaml", name))
    tools[builtin.CALCULATE] = _calculator()
    tools[builtin.ESCALATE] = Compiler(query, library).tool(
        builtin.ESCALATE, builtin.escalate_format(domain.policy), lambda *_: None
    )
    policy = compile_policy(
        compiler,
        domain.policy,
        {name: frozenset(tool.parameters.names) for name, tool in tools.items()},
        functools.partial(locate, "policy.yaml"),
    )
    query.connection.authorizer = None
    tables = content.tables(query.connection)
    return CompiledDomain(domain, tools, policy, tables)


def _proving(domain: Domain, purpose: Purpose) -> Locked:
    locked = connect(purpose, clock=domain.about.clock)
    try:
        # The schema's own statements were proven when the database was filled; a row's schema is proven here.
        locked.connection.execute(LIBRARY_SCHEMA)
        locked.authorizer.become(Purpose.SCHEMA)
        lock(locked).execute(domain.schema_sql)
    except apsw.Error as error:
        raise DomainError(f"{domain.name}: schema.sql fails: {error}", place=Place("schema.sql")) from None
    locked.connection.authorizer = None
    locked.connection.execute(CALLS_TABLE)
    locked.authorizer.become(purpose)
    lock(locked)
    return locked


def _calculator() -> Tool:
    parameters = Parameters(builtin.CALCULATE_FORMAT.parameters)
    return Tool(
        name=builtin.CALCULATE,
        format=builtin.CALCULATE_FORMAT,
        parameters=parameters,
        schema=openai_schema(builtin.CALCULATE, builtin.CALCULATE_FORMAT, parameters),
        lets=(),
        guard=None,
        errors=(),
        effect=None,
        result=builtin.CALCULATE_FORMAT.result,
        writes=frozenset(),
        reads=frozenset(),
        compute=builtin.computed,
    )
