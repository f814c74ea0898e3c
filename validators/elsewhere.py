"""The same database and the same first tasks, made by another process in other surroundings.

The surroundings: another time zone, locale and hash seed, rows visited the other way round wherever no ORDER BY says how, and
the candidates drawn from the last to the first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import apsw

from toolscale.canonical import fingerprint
from toolscale.database import content
from toolscale.database.lockdown import Purpose, connect
from toolscale.domain.folder import DomainFolder, load
from toolscale.environment.environment import Environment
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.validators.rehearsal import SEED

SURROUNDINGS = {
    "TZ": "<+1345>-13:45",
    "LANG": "tr_TR.ISO-8859-9",
    "LC_ALL": "tr_TR.ISO-8859-9",
    "PYTHONHASHSEED": "4711",
}


class ProcessFailed(Exception):
    """The other process ended with an error; the message is its last words."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a process made of a folder: a digest of each table's rows, and what became of each candidate."""

    tables: dict[str, str]
    candidates: tuple[str, ...]


def drawn(folder: DomainFolder, candidates: int) -> Drawn:
    """Fill the database and draw the first candidates here and now, from the last to the first. Raises DomainError."""
    author = ProceduralAuthor(folder, seed=SEED, database_seed=SEED, unseen=False)
    told = [told_of(author.candidate(number, lambda *_: ())) for number in reversed(range(candidates))]
    return Drawn(digests(author.environment), tuple(reversed(told)))


def digests(environment: Environment) -> dict[str, str]:
    """Return a digest of each table's rows, in the order of its key."""
    about, image = environment.domain.about, environment.database.image
    connection = connect(Purpose.QUERY, clock=about.clock, image=image).connection
    tables = content.tables(connection)
    return {name: fingerprint(list(content.rows(connection, table))) for name, table in tables.items()}


def told_of(candidate: Accepted | Rejection) -> str:
    """Return the id of a candidate's task, which is derived from its calls, their results and the conversation."""
    if candidate.task is not None:
        return candidate.task.id
    return f"{candidate.rule}: {candidate.evidence}"


@contextmanager
def reversed_rows() -> Iterator[None]:
    """Let every connection that is opened inside the block visit rows in the other order where a query asks for none."""
    apsw.connection_hooks.append(_reverse)
    try:
        yield
    finally:
        apsw.connection_hooks.remove(_reverse)


def _reverse(connection: apsw.Connection) -> None:
    connection.execute("PRAGMA reverse_unordered_selects = ON")


@contextmanager
def drawing_elsewhere(folder: DomainFolder, candidates: int) -> Iterator[Callable[[], Drawn]]:
    """Let another process draw the first candidates, in other surroundings, while the block does something else.

    What is given waits for the process and returns what it has drawn; it raises ProcessFailed.
    """
    surroundings = {**os.environ, **SURROUNDINGS, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(  # noqa: S603 (this very module)
        [sys.executable, "-m", __name__, str(folder.path.absolute()), str(candidates)],
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:

        def drawn_there() -> Drawn:
            output, errors = process.communicate()
            if process.returncode:
                raise ProcessFailed(errors.strip().rsplit("\n", 1)[-1])
            told = json.loads(output)
            return Drawn(told["tables"], tuple(told["candidates"]))

        try:
            yield drawn_there
        finally:
            process.kill()  # where nobody has waited for it


if __name__ == "__main__":
    with reversed_rows():
        print(json.dumps(asdict(drawn(load(sys.argv[1]), int(sys.argv[2])))))
