"""Intents made ready: binding queries proven, names checked, and candidate situations drawn from a database."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from toolscale.canonical import canonical_json
from toolscale.database.drawing import Drawing
from toolscale.database.filling import LIBRARY_SCHEMA
from toolscale.database.lockdown import FILL_TICKS, ForbiddenSqlError, Locked, Proof, Purpose, connect, lock, prove
from toolscale.domain.folder import DomainFolder
from toolscale.domain.format import CallerFormat, IntentFormat, StepFormat
from toolscale.environment.compiled import CompiledDomain, compiled
from toolscale.environment.episode import Episode
from toolscale.errors import DomainError, Place, nearest
from toolscale.synthesis.templates import TemplateFault, Templates

Binding = dict[str, Any]
_MOST_CANDIDATES = 20_000


@dataclass(frozen=True)
class Intents:
    """The intents of a domain, proven, with the templates that render them."""

    folder: DomainFolder
    templates: Templates
    by_id: dict[str, IntentFormat]
    caller: CallerFormat
    conditional: frozenset[str]

    @property
    def key(self) -> str:
        """The column that holds the caller's key in every binding."""
        return self.folder.domain.about.caller.key

    def callers(self, episode: Episode) -> dict[Any, Binding]:
        """Return each caller's own columns by key, as the database is now."""
        rows = episode.rows(self.caller.bind, {}, ticks=FILL_TICKS)
        return {row[self.key]: row for row in sorted(rows, key=canonical_json)}

    def caller_now(self, caller: Any, episode: Episode) -> Binding | None:
        """Return one caller's own columns in the episode's present state, None if they are no caller any more."""
        return next(iter(self._bound(self._of_caller(self.caller.bind), {"caller_key": caller}, episode)), None)

    def candidates(self, intent: str, episode: Episode) -> list[Binding]:
        """Return the situations in which a caller may have this intent now, in an order that no row order changes."""
        return self._bound(self.by_id[intent].bind, {}, episode)

    def candidates_of(self, intent: str, caller: Any, episode: Episode) -> list[Binding]:
        """Return one caller's situations for this intent in the episode's present state."""
        return self._bound(self._of_caller(self.by_id[intent].bind), {"caller_key": caller}, episode)

    def is_escalated(self, intent: IntentFormat) -> bool:
        """Return whether the intent ends with a human taking over, after which nothing can follow."""
        return any(step.tool == "escalate_to_human" for step in intent.reference)

    def _of_caller(self, bind: str) -> str:
        return f'SELECT * FROM (\n{bind.rstrip().rstrip(";")}\n) WHERE "{self.key}" = :caller_key'  # noqa: S608

    def _bound(self, query: str, values: dict[str, Any], episode: Episode) -> list[Binding]:
        rows = []
        for row in episode.rows(query, values, ticks=FILL_TICKS):
            rows.append(row)
            if len(rows) >= _MOST_CANDIDATES:
                break
        return sorted(rows, key=canonical_json)


@functools.lru_cache(maxsize=16)
def _ready(fingerprint: str, path: str) -> dict[str, Intents]:
    return {}


def ready(folder: DomainFolder) -> Intents:
    """Return the folder's intents, proven once a process. Raises DomainError at the line that is at fault."""
    kept = _ready(folder.fingerprint, str(folder.path))
    if "intents" not in kept:
        kept["intents"] = _prove(folder)
    return kept["intents"]


def _prove(folder: DomainFolder) -> Intents:
    about = folder.domain.about
    domain = compiled(folder.domain, folder.place)
    templates = Templates(symbol=about.currency.symbol, clock=about.clock)
    locked = _binding_connection(folder)
    caller = _proven(locked, folder.caller.bind, folder.place("intents.yaml", "caller", "bind"))
    _has_key(caller, about.caller.key, folder.place("intents.yaml", "caller", "bind"))
    caller_columns = set(caller.columns)
    identified: set[str] = set()
    for way_index, way in enumerate(folder.caller.ways):
        path: tuple[str | int, ...] = ("caller", "ways", way_index)
        known = caller_columns | {"result"}
        _check_steps(folder, domain, templates, way.reference, known, (*path, "reference"))
        _check_names(folder, templates, way.known_info, caller_columns, (*path, "known_info"))
        identified = known if not identified else identified & known
    for index, intent in enumerate(folder.intents.values()):
        path = ("intents", index)
        bind = _proven(locked, intent.bind, folder.place("intents.yaml", *path, "bind"))
        _has_key(bind, about.caller.key, folder.place("intents.yaml", *path, "bind"))
        bound = caller_columns | set(bind.columns)
        for place, text in enumerate(intent.user.reason_for_call):
            _check_names(folder, templates, text, bound, (*path, "user", "reason_for_call", place))
        _check_names(folder, templates, intent.user.known_info, bound, (*path, "user", "known_info"))
        known = bound | {"result"} | (identified if intent.identify else set())
        _check_steps(folder, domain, templates, intent.reference, known, (*path, "reference"))
        for place, say in enumerate(intent.say):
            _check_names(folder, templates, [say.about, say.value, say.when], known, (*path, "say", place))
        _check_refusal(folder, domain, templates, intent, known, path)
    conditional = frozenset(
        intent.id for intent in folder.intents.values() if any(step.when is not None for step in intent.reference)
    )
    return Intents(folder, templates, folder.intents, folder.caller, conditional)


def _binding_connection(folder: DomainFolder) -> Locked:
    about = folder.domain.about
    locked = connect(Purpose.BIND, clock=about.clock)
    locked.connection.execute(LIBRARY_SCHEMA + folder.domain.schema_sql)
    Drawing(seed=0, clock=about.clock, locale=about.locale).register(locked.connection)
    lock(locked)
    return locked


def _proven(locked: Locked, sql: str, place: Place) -> Proof:
    try:
        proofs = prove(locked, sql)
    except (ForbiddenSqlError, apsw.Error) as error:
        raise DomainError(f"SQL error: {error}", remedy="A bind is one SELECT.", place=place) from None
    if len(proofs) != 1 or not proofs[0].columns:
        raise DomainError("a bind is exactly one query", remedy="One SELECT, without more after it.", place=place)
    for name in sorted(proofs[0].parameters):
        raise DomainError(f"unknown value :{name}", remedy="A bind has no parameters.", place=place)
    return proofs[0]


def _has_key(proof: Proof, key: str, place: Place) -> None:
    if key not in proof.columns:
        raise DomainError(f"the bind has no column '{key}', the caller's key", remedy=f"Select {key} too.", place=place)
    if len(set(proof.columns)) != len(proof.columns):
        raise DomainError("two columns of the bind have one name", remedy="Rename one with AS.", place=place)


def _check_names(
    folder: DomainFolder, templates: Templates, template: Any, known: set[str], path: tuple[str | int, ...]
) -> None:
    place = folder.place("intents.yaml", *path)
    try:
        names = templates.names(template) - {"now", "today", "range", "dict"}
    except TemplateFault as fault:
        raise DomainError(
            f"the template does not parse: {fault}", remedy="See docs/domain-format.md.", place=place
        ) from None
    for name in sorted(names - known):
        raise DomainError(f"the template reads '{name}', which nothing binds", remedy=nearest(name, known), place=place)


def _check_steps(
    folder: DomainFolder,
    domain: CompiledDomain,
    templates: Templates,
    steps: Sequence[StepFormat],
    known: set[str],
    path: tuple[str | int, ...],
) -> None:
    for index, step in enumerate(steps):
        here = (*path, index)
        _check_call(
            folder, domain, templates, step.tool, step.arguments, known | ({"item"} if step.for_each else set()), here
        )
        _check_names(folder, templates, [step.when, step.for_each], known, here)
        if step.as_:
            known.add(step.as_)


def _check_call(
    folder: DomainFolder,
    domain: CompiledDomain,
    templates: Templates,
    tool: str,
    arguments: dict[str, Any],
    known: set[str],
    path: tuple[str | int, ...],
) -> None:
    if tool not in domain.tools:
        place = folder.place("intents.yaml", *path, tool)
        raise DomainError(f"there is no tool '{tool}'", remedy=nearest(tool, domain.tools), place=place)
    names = domain.tools[tool].parameters.names
    for name in arguments:
        if name not in names:
            place = folder.place("intents.yaml", *path, tool, name)
            raise DomainError(f"{tool} has no parameter '{name}'", remedy=nearest(name, names), place=place)
    _check_names(folder, templates, arguments, known, (*path, tool))


def _check_refusal(
    folder: DomainFolder,
    domain: CompiledDomain,
    templates: Templates,
    intent: IntentFormat,
    known: set[str],
    path: tuple[str | int, ...],
) -> None:
    if intent.refused is None or intent.wish is None:
        return
    rules = [rule.id for rule in folder.domain.policy]
    if intent.refused not in rules:
        place = folder.place("intents.yaml", *path, "refused")
        raise DomainError(f"there is no rule '{intent.refused}'", remedy=nearest(intent.refused, rules), place=place)
    if intent.twin not in folder.intents or folder.intents[str(intent.twin)].refused:
        place = folder.place("intents.yaml", *path, "twin")
        allowed = [other.id for other in folder.intents.values() if not other.refused]
        raise DomainError(
            f"'{intent.twin}' is no allowed intent", remedy=nearest(str(intent.twin), allowed), place=place
        )
    for tool, arguments in intent.wish.items():
        _check_call(folder, domain, templates, tool, arguments, known, (*path, "wish"))
