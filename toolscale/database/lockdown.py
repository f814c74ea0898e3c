"""The locked-down connection: what SQL from a plugin folder or a dataset row may do, and for how long.

Three independent locks. SQLite's authorizer refuses statements when they are prepared (no ATTACH, PRAGMA, DDL, unknown
function). A virtual file system without a clock refuses the wall clock when it is read, however it is spelt. A step
budget ends what runs too long. Statements are proven against their purpose on a connection of their own before they
ever run, so that a cached statement never crosses from one purpose to another.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import apsw
import apsw.ext

STEPS_PER_TICK = 10_000
CALL_TICKS = 500  # 5 million virtual-machine steps: about a tenth of a second
FILL_TICKS = 400_000
MAX_VALUE_BYTES = 4_000_000
MAX_RESULT_BYTES = 32_000

DRAW_FUNCTIONS = frozenset(
    ["faker", "pick", "weighted", "uniform", "gauss", "chance", "zipf", "day", "moment", "permuted", "luhn"]
)
_OWN_FUNCTIONS = frozenset(["now", "today", "cents", "dollars"])
_SQLITE_FUNCTIONS = frozenset([
    "->", "->>", "abs", "avg", "ceil", "ceiling", "char", "coalesce", "concat", "concat_ws", "count", "cume_dist",
    "date", "datetime", "dense_rank", "first_value", "floor", "format", "glob", "group_concat", "hex", "if",
    "ifnull", "iif", "instr", "json", "json_array", "json_array_insert", "json_array_length", "json_each",
    "json_error_position", "json_extract", "json_group_array", "json_group_object", "json_insert", "json_object",
    "json_patch", "json_pretty", "json_quote", "json_remove", "json_replace", "json_set", "json_tree", "json_type",
    "json_valid", "julianday", "lag", "last_value", "lead", "length", "like", "likelihood", "likely", "lower",
    "ltrim", "max", "median", "min", "mod", "nth_value", "ntile", "nullif", "octet_length", "percent_rank",
    "percentile", "percentile_cont", "percentile_disc", "power", "pow", "printf", "quote", "rank", "replace",
    "round", "row_number", "rtrim", "sign", "sqrt", "strftime", "string_agg", "substr", "substring", "subtype",
    "sum", "time", "timediff", "total", "trim", "trunc", "typeof", "unhex", "unicode", "unixepoch", "unlikely",
    "upper",
])  # fmt: skip
_DATE_FUNCTIONS = ("date(", "time(", "datetime(", "julianday(", "strftime(", "unixepoch(", "timediff(")
_OR_ROLLBACK = re.compile(r"\b(?:or|conflict)\s+rollback\b", re.IGNORECASE)
_CLOCK_REFUSED = "it reads the wall clock; use now() or today(), the environment's clock"


class Purpose(enum.Enum):
    """What a statement is for, which decides what it may do."""

    SCHEMA = "schema"
    RECORDS = "records"
    QUERY = "query"
    BIND = "bind"
    EFFECT = "effect"
    RUN = "run"


class ForbiddenSqlError(Exception):
    """A statement asked for what its purpose does not allow."""


_NO_CLOCK_NAME = "toolscale-no-clock"


class _NoClock(apsw.VFS):
    """Memory databases open through this file system, which has no wall clock to read."""

    def __init__(self) -> None:
        super().__init__(_NO_CLOCK_NAME, "")

    def xCurrentTime(self) -> float:  # noqa: N802
        raise ForbiddenSqlError(_CLOCK_REFUSED)

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        raise ForbiddenSqlError(_CLOCK_REFUSED)


_NO_CLOCK = _NoClock()

_READS = frozenset([apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE])
_WRITES = frozenset([apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE])
_DEFINES = frozenset([apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_INDEX, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_REINDEX])
_LIBRARY_TABLES = frozenset(["calls", "escalations"])


class Authorizer:
    """Decides action by action; remembers what it saw, and what it refused for the message."""

    def __init__(self, purpose: Purpose) -> None:
        self.refused: str | None = None
        self.asked = 0
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.become(purpose)

    def forget(self) -> None:
        """Forget what was seen, before the next statement."""
        self.refused = None
        self.asked = 0
        self.reads.clear()
        self.writes.clear()

    def become(self, purpose: Purpose) -> None:
        """Decide for another purpose from now on; only for a connection that has cached no statement yet."""
        self._granted: set[tuple[int, str | None, str | None]] = set()
        self._actions = set(_READS)
        self._functions = _SQLITE_FUNCTIONS | _OWN_FUNCTIONS
        if purpose in (Purpose.RECORDS, Purpose.BIND, Purpose.RUN):
            self._functions |= DRAW_FUNCTIONS
        if purpose in (Purpose.RECORDS, Purpose.EFFECT, Purpose.RUN):
            self._actions |= _WRITES
        if purpose is Purpose.SCHEMA:
            self._actions |= _DEFINES | _WRITES
        if purpose is Purpose.RUN:
            self._actions.add(apsw.SQLITE_SAVEPOINT)
        self._purpose = purpose

    def __call__(self, action: int, one: str | None, two: str | None, database: str | None, source: str | None) -> int:
        """Answer SQLite: SQLITE_OK or SQLITE_DENY."""
        if (action, one, two) in self._granted:
            return int(apsw.SQLITE_OK)
        self.asked += 1
        reason = self._reason_against(action, one, two, database)
        if one and action == apsw.SQLITE_READ:
            self.reads.add(one)
        elif one and action in _WRITES:
            self.writes.add(one)
        if reason is None:
            if self._purpose is Purpose.RUN:  # what was proven before is prepared again when a cache is full
                self._granted.add((action, one, two))
            return int(apsw.SQLITE_OK)
        self.refused = reason
        return int(apsw.SQLITE_DENY)

    def _reason_against(self, action: int, one: str | None, two: str | None, database: str | None) -> str | None:
        if action == apsw.SQLITE_FUNCTION:
            name = (two or "").lower()
            if name in self._functions:
                return None
            if name.startswith("current_"):
                return _CLOCK_REFUSED
            if name in DRAW_FUNCTIONS:
                return f"{name}() draws at random, which only records.sql and bind queries may do"
            return f"the function {name}() is not allowed"
        if action not in self._actions:
            name = str(apsw.mapping_authorizer_function[action]).removeprefix("SQLITE_").replace("_", " ")
            return f"{name} is not allowed here"
        schema_table = (one or "").startswith(("sqlite_", "pragma_"))
        if schema_table and self._purpose is not Purpose.SCHEMA:
            return f"{one} is not readable here"
        if action in _WRITES and self._purpose is Purpose.SCHEMA and not schema_table:
            return "schema.sql defines tables; rows belong in records.sql"
        if action in _WRITES and self._purpose is not Purpose.RUN and one in _LIBRARY_TABLES:
            return f"the table {one} belongs to the library"
        return None


class Meter:
    """The step budget of one connection: refill it before each piece of work."""

    __slots__ = ("ticks",)

    def __init__(self) -> None:
        self.ticks = 0

    def refill(self, ticks: int) -> None:
        """Allow `ticks` times STEPS_PER_TICK virtual-machine steps from now on."""
        self.ticks = ticks

    def __call__(self) -> bool:
        """Count one tick; True ends the statement."""
        self.ticks -= 1
        return self.ticks < 0


@dataclass(frozen=True, slots=True)
class Locked:
    """An in-memory connection with its locks."""

    connection: apsw.Connection
    meter: Meter
    authorizer: Authorizer


def connect(purpose: Purpose, *, clock: str, image: bytes | None = None) -> Locked:
    """Open a memory database, empty or restored from `image`, locked down for `purpose`.

    `clock` is the frozen moment, `YYYY-MM-DD HH:MM:SS`. Foreign keys are on.
    """
    connection = apsw.Connection(":memory:", vfs=_NO_CLOCK_NAME, statementcachesize=1024)
    if image is not None:
        connection.deserialize("main", image)
    connection.execute("PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY")
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    # a plan must not depend on the values bound: else each execution prepares (and is authorized) anew
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.limit(apsw.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    _register(connection, "now", lambda: clock, 0)
    _register(connection, "today", lambda: clock[:10], 0)
    _register(connection, "cents", cents, 1)
    _register(connection, "dollars", dollars, 1)
    meter = Meter()
    meter.refill(FILL_TICKS)
    connection.set_progress_handler(meter, STEPS_PER_TICK)
    return Locked(connection, meter, Authorizer(purpose))


def lock(locked: Locked) -> apsw.Connection:
    """Switch the authorizer on: from here on every statement is plugin SQL. Returns the connection."""
    locked.connection.authorizer = locked.authorizer
    return locked.connection


def _register(connection: apsw.Connection, name: str, function: Callable[..., object], arguments: int) -> None:
    connection.create_scalar_function(name, function, arguments, deterministic=True, flags=apsw.SQLITE_INNOCUOUS)


def cents(amount: float | int | str | None) -> int | None:
    """Return the exact number of cents; None stays None. Raises ValueError for a third decimal."""
    if amount is None:
        return None
    if isinstance(amount, int):
        return amount * 100
    try:
        exact = Decimal(repr(amount) if isinstance(amount, float) else amount) * 100
    except InvalidOperation:
        raise ValueError(f"{amount!r} is not an amount of money") from None
    if exact != int(exact):
        raise ValueError(f"{amount} has more than two decimals; amounts are exact to the cent")
    return int(exact)


def dollars(amount_cents: int | None) -> int | float | None:
    """Return integer cents as an amount with at most two decimals; None stays None."""
    if amount_cents is None:
        return None
    if not isinstance(amount_cents, int):
        raise ValueError(f"dollars() takes integer cents, not {amount_cents!r}")
    return amount_cents // 100 if amount_cents % 100 == 0 else amount_cents / 100


@dataclass(frozen=True, slots=True)
class Proof:
    """What SQLite says of one statement without running it."""

    sql: str
    columns: tuple[str, ...]
    parameters: frozenset[str]
    reads_only: bool
    reads: frozenset[str]
    writes: frozenset[str]


def prove(locked: Locked, sql: str, *, most: int | None = None) -> list[Proof]:
    """Prepare each statement of `sql` (or the first `most`), without running any, and say what each would do.

    Raises ForbiddenSqlError for what the connection's purpose does not allow, apsw.Error for what is not SQL.
    """
    proofs: list[Proof] = []
    remaining: str | None = sql
    while remaining is not None and remaining.strip() and len(proofs) != most:
        locked.authorizer.forget()
        try:
            info = apsw.ext.query_info(locked.connection, remaining)
        except apsw.Error:
            if locked.authorizer.refused:
                raise ForbiddenSqlError(locked.authorizer.refused) from None
            raise
        reads, writes = frozenset(locked.authorizer.reads), frozenset(locked.authorizer.writes)
        if info.is_explain or (info.has_vdbe and not locked.authorizer.asked):
            # VACUUM, REINDEX and EXPLAIN are prepared without asking the authorizer about what they do
            raise ForbiddenSqlError(f"{info.first_query.split()[0][:20]} is not allowed here")
        if _OR_ROLLBACK.search(info.first_query):
            raise ForbiddenSqlError("ROLLBACK as an answer to a conflict would end the whole episode")
        _refuse_static_clock(locked.connection, info.first_query)
        proofs.append(
            Proof(
                sql=info.first_query,
                columns=tuple(name for name, _ in info.description),
                parameters=frozenset(name for name in info.bindings_names if name),
                reads_only=info.is_readonly,
                reads=reads,
                writes=writes,
            )
        )
        remaining = info.query_remaining
    return proofs


def _refuse_static_clock(connection: apsw.Connection, sql: str) -> None:
    """Refuse a date function beside the constant 'now' (or without arguments) before it ever runs."""
    compact = "".join(sql.lower().split())
    if not any(name in compact for name in _DATE_FUNCTIONS):
        return
    if any(f"{name})" in compact for name in _DATE_FUNCTIONS):
        raise ForbiddenSqlError(_CLOCK_REFUSED)
    authorizer, connection.authorizer = connection.authorizer, None
    try:
        program = connection.execute(
            "EXPLAIN " + sql.strip().lstrip(";"), dict.fromkeys(_named(connection, sql))
        ).fetchall()
    finally:
        connection.authorizer = authorizer
    for _, opcode, *operands in program:
        constant = operands[3]
        if opcode == "String8" and str(constant).lower() in ("now", "subsec", "subsecond"):
            raise ForbiddenSqlError(_CLOCK_REFUSED)


def _named(connection: apsw.Connection, sql: str) -> list[str]:
    return [name for name in apsw.ext.query_info(connection, sql).bindings_names if name]
