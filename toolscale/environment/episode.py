"""One run on an environment: calls in, results out, and at the end what they changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import apsw

from toolscale.canonical import canonical_json, short_id
from toolscale.database.lockdown import CALL_TICKS, ForbiddenSqlError, Locked
from toolscale.environment.arguments import ArgumentFault, bindings
from toolscale.environment.compiled import CompiledDomain
from toolscale.environment.difference import ChangedRows, StateDifference
from toolscale.environment.tools import CallRefused, RowQuery, Tool
from toolscale.errors import nearest

CALLS = "calls"
"""The table in which the policy's predicates find the calls of the episode."""
_LOG = "INSERT INTO calls (tool, arguments, result) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One tool call of an episode and what came of it."""

    tool: str
    arguments: Any
    result: str
    value: Any  # the result as JSON values
    ok: bool
    writes: bool
    broken_rules: tuple[str, ...]


class Episode:
    """A run inside a savepoint; `end` undoes it in time that depends on what changed. Use it as a context manager."""

    def __init__(self, compiled: CompiledDomain, locked: Locked, give_back: Callable[[Locked], None]) -> None:
        self.calls: list[CallRecord] = []
        self._compiled = compiled
        self._locked = locked
        self._connection: apsw.Connection = locked.connection
        self._give_back: Callable[[Locked], None] | None = give_back
        self._occurrences: dict[str, int] = {}
        self._unlogged: list[tuple[str, str, str]] = []
        self._connection.execute("SAVEPOINT episode")
        self._changed = ChangedRows(compiled.tables)
        self._connection.preupdate_hook(self._changed.note, id="episode")

    def call(self, name: str, arguments: Any) -> CallRecord:
        """Make one tool call. Never raises for what an agent may send: a fault is a result with `error`, and no change."""
        record = self._attempt(name, arguments)
        self.calls.append(record)
        return record

    def answered(self, name: str, arguments: Any, result: str, *, ok: bool = True) -> CallRecord:
        """Record a call that was answered outside of the environment, as an expert's is, or refused before it came here.

        It takes its place among the calls, and changes nothing.
        """
        record = CallRecord(name, arguments, result, result, ok, False, ())
        self.calls.append(record)
        return record

    def trial(self, name: str, arguments: Any) -> CallRecord:
        """Return what a call would give now, and undo it: it is no part of the episode."""
        with self.branch():
            return self._attempt(name, arguments)

    def first_failure(self, name: str, arguments: Mapping[str, Any]) -> int | None:
        """Return the number of the first requirement that a call would fail now, None if all hold; nothing is done.

        Raises ArgumentFault for what does not fit the parameters, apsw.Error or ValueError where SQL can't be carried out,
        KeyError for an unknown tool.
        """
        tool = self._compiled.tools[name]
        self._locked.meter.refill(CALL_TICKS)
        values = bindings(tool.parameters.complete(dict(arguments)))
        values |= {new: f"{prefix}-NEW" for new, prefix in tool.format.ids.items()}
        return tool.first_failure(values, self._row)

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Go on from here inside the block, and come back to this very point after it; branches may be nested."""
        calls, occurrences, changed = list(self.calls), dict(self._occurrences), dict(self._changed.rows)
        unlogged = list(self._unlogged)
        self._connection.execute("SAVEPOINT branch")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK TO branch")
            self._connection.execute("RELEASE branch")
            self.calls, self._occurrences, self._changed.rows = calls, occurrences, changed
            self._unlogged = unlogged

    def difference(self) -> StateDifference:
        """Return what the calls so far have changed, in canonical form."""
        return self._changed.difference(self._compiled.domain.not_compared)

    def rows(self, query: str, values: dict[str, Any], *, ticks: int = CALL_TICKS) -> Iterator[dict[str, Any]]:
        """Yield the rows of a proven query on the present state, as dictionaries."""
        self._locked.meter.refill(ticks)
        cursor = self._connection.execute(query, values)
        names: list[str] | None = None
        for row in cursor:
            names = names or [column[0] for column in cursor.get_description()]
            yield dict(zip(names, row, strict=True))

    def end(self) -> None:
        """Undo everything and give the connection back; ending twice does nothing."""
        if self._give_back is None:
            return
        self._connection.preupdate_hook(None, id="episode")
        self._connection.execute("ROLLBACK TO episode; RELEASE episode")
        give_back, self._give_back = self._give_back, None
        give_back(self._locked)

    def __enter__(self) -> Episode:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _attempt(self, name: str, arguments: Any) -> CallRecord:
        tool = self._compiled.tools.get(name)
        if tool is None:
            return _failed(name, arguments, f"There is no tool '{name}'. {nearest(name, self._compiled.tools)}")
        try:
            return self._run(tool, arguments)
        except (CallRefused, ArgumentFault) as fault:
            return _failed(name, arguments, str(fault))
        except apsw.InterruptError:
            return _failed(name, arguments, "The call takes too long. Narrow it down.")
        except apsw.ConstraintError as fault:
            return _failed(name, arguments, f"The call would leave the records inconsistent: {fault}")
        except (apsw.Error, ForbiddenSqlError, ValueError, OverflowError) as fault:
            return _failed(name, arguments, f"The call can't be carried out: {fault}")

    def _run(self, tool: Tool, arguments: Any) -> CallRecord:
        self._locked.meter.refill(CALL_TICKS)
        completed = tool.parameters.complete(arguments)
        canonical = canonical_json(completed)
        values = bindings(completed)
        broken = self._compiled.policy.broken_by(tool.name, values, self._row)
        if tool.format.ids:
            identity = tool.identity(completed)
            occurrence = self._occurrences.get(identity, 0)
            for name, prefix in tool.format.ids.items():
                values[name] = f"{prefix}-{short_id(name, identity, occurrence)}"
        make = self._read if tool.effect is None else self._write
        result, value = make(tool, canonical, values)
        if tool.format.ids:
            self._occurrences[identity] = occurrence + 1
        if self._compiled.policy.reads_calls:
            self._log(tool, canonical, result)
        return CallRecord(tool.name, arguments, result, value, True, tool.effect is not None, broken)

    def _read(self, tool: Tool, arguments: str, values: dict[str, Any]) -> tuple[str, Any]:
        """Return what a reading call gives, as text and parsed; `arguments` is the canonical JSON of those in `values`."""
        result = tool.run(self._connection, values, self._row)
        return result, _parsed(result)

    def _write(self, tool: Tool, arguments: str, values: dict[str, Any]) -> tuple[str, Any]:
        """Carry out a writing call, wholly or not at all, and return what it gives."""
        self._connection.execute("SAVEPOINT call")
        changed = dict(self._changed.rows)
        try:
            result = tool.run(self._connection, values, self._row)
            return result, _parsed(result)
        except BaseException:
            self._connection.execute("ROLLBACK TO call")
            self._changed.rows = changed
            raise
        finally:
            self._connection.execute("RELEASE call")

    def _row(self, query: RowQuery, values: dict[str, Any]) -> Sequence[Any] | None:
        """Return the row of a tool's or a rule's query in the present state, None if there is none."""
        if self._unlogged and CALLS in query.reads:
            self._connection.executemany(_LOG, self._unlogged)
            self._unlogged = []
        return next(iter(self._connection.execute(query.sql, values)), None)

    def _log(self, tool: Tool, arguments: str, result: str) -> None:
        """Let the policy's predicates see the call from now on; it is written down when one of them looks."""
        self._unlogged.append((tool.name, arguments, result))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise CallRefused("The tool's result is not JSON.") from None


def _failed(name: str, arguments: Any, message: str) -> CallRecord:
    error = {"error": message}
    return CallRecord(name, arguments, json.dumps(error, ensure_ascii=False), error, False, False, ())
