"""TS103: the same seed gives the same database, the same tasks and the same results, wherever and however they are made."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.canonical import canonical_json
from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment
from toolscale.errors import DomainError, Place
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.synthesis.held_out import held_out
from toolscale.synthesis.intents import ready
from toolscale.validators import elsewhere
from toolscale.validators.fillings import environment_apart, environment_of
from toolscale.validators.registry import Finding, domain_rule
from toolscale.validators.rehearsal import SEED, Rehearsal, rehearsed

_SHOWN = 300
_REMEDY = (
    "End the ORDER BY of each list, LIMIT and row_number() in a key, and that of each INSERT ... SELECT where a rowid is used "
    "later; leave localtime and utc out of dates."
)


@domain_rule("TS103", "deterministic", rehearses=True)
def deterministic(folder: DomainFolder) -> Iterator[Finding]:
    """Another process makes the same database and tasks from a seed, and every call gives the same result.

    The other process has another time zone, locale and hash seed. Its connections visit rows the other way round wherever a
    query names no order, and it draws the candidates from the last to the first.

    Why: a dataset that cannot be rebuilt cannot be checked by anyone else. Without ORDER BY the order of rows is SQLite's
    choice, and the next version may choose otherwise.

    Fails: `json_group_array(title)`; `... LIMIT 1` among several rows; `m.rowid % 7` where rows were inserted in any order;
    `strftime('%H', due_at, 'localtime')`.
    Passes: every draw is keyed, every list has an order that leaves nothing open.
    """
    try:
        environment_of(folder, SEED)  # before a process is started for a folder that does not fill
        with elsewhere.drawing_elsewhere(folder, len(folder.intents) - len(held_out(folder))) as drawn_there:
            rehearsal = rehearsed(folder)
            here = elsewhere.digests(rehearsal.environment)
            there = drawn_there()
        with elsewhere.reversed_rows():
            reversed_environment = environment_apart(Environment, folder, SEED)
            yield from _results(folder, rehearsal, reversed_environment)
            yield from _bindings(folder, rehearsal.environment, reversed_environment)
    except DomainError:
        return  # TS101 says it
    except elsewhere.ProcessFailed as error:
        yield Finding(f"in other surroundings it fails: {error}", _REMEDY)
        return
    differing = [table for table in here if here[table] != there.tables[table]]
    if differing:
        yield Finding(
            f"in another process, with rows in another order, the same seed fills {', '.join(differing)} differently",
            _REMEDY,
            folder.place_in_sql("records.sql", max(0, folder.records_sql.find(f"INTO {differing[0]}"))),
        )
        return
    for number, (candidate, told) in enumerate(zip(rehearsal.seen, there.candidates, strict=False)):
        if elsewhere.told_of(candidate) != told:
            yield Finding(
                f"candidate {number} differs: {_how(folder, number, candidate)}", _REMEDY, _place(folder, candidate)
            )
            return


def _how(folder: DomainFolder, number: int, candidate: Accepted | Rejection) -> str:
    """Draw a candidate once more, here, with rows in the other order, and tell what is different about it."""
    with elsewhere.reversed_rows():
        author = ProceduralAuthor(folder, seed=SEED, database_seed=SEED, unseen=False)
        other = author.candidate(number, lambda *_: ())
    if elsewhere.told_of(candidate) == elsewhere.told_of(other):
        return "the time zone, the locale, the hash seed or the order of drawing decides"
    if candidate.task is None or other.task is None:
        return f"with rows in another order it is {elsewhere.told_of(other)}, else {elsewhere.told_of(candidate)}"
    for one, two in zip(candidate.task.reference, other.task.reference, strict=False):
        if (one.tool, one.arguments, one.result) != (two.tool, two.arguments, two.result):
            calls = (
                f"{call.tool}({canonical_json(call.arguments)}) gives {call.result[:_SHOWN]}" for call in (two, one)
            )
            return "with rows in another order {}, else {}".format(*calls)
    return "with rows in another order the words are others"


def _place(folder: DomainFolder, candidate: Accepted | Rejection) -> Place:
    names = candidate.intents if isinstance(candidate, Rejection) else candidate.task.intents
    return folder.place("intents.yaml", "intents", list(folder.intents).index(names[0]), "bind")


def _results(folder: DomainFolder, rehearsal: Rehearsal, other: Environment) -> Iterator[Finding]:
    """Make each reference call again where rows come in another order."""
    told: set[str] = set()
    for accepted in rehearsal.accepted:
        with other.episode() as episode:
            for call in accepted.task.reference:
                result = episode.call(call.tool, call.arguments).result
                if result != call.result and call.tool not in told:
                    told.add(call.tool)
                    yield Finding(
                        f"with rows in another order {call.tool} gives {result[:_SHOWN]}, else {call.result[:_SHOWN]}",
                        _REMEDY,
                        folder.place("tools.yaml", call.tool, "result"),
                    )


def _bindings(folder: DomainFolder, environment: Environment, other: Environment) -> Iterator[Finding]:
    """Bind the intents that are held out, of which the other process draws none."""
    intents = ready(folder)
    away = held_out(folder)
    with environment.episode() as episode, other.episode() as reversed_episode:
        for index, name in enumerate(intents.by_id):
            if name in away and intents.candidates(name, episode) != intents.candidates(name, reversed_episode):
                yield Finding(
                    f"with rows in another order the bind of '{name}' finds others",
                    _REMEDY,
                    folder.place("intents.yaml", "intents", index, "bind"),
                )
