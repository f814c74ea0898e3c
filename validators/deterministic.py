"""TS103: the same seed gives the same database and the same tasks."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.validators.registry import Finding, domain_rule

SEED = 1
DRAWS = 12


@domain_rule("TS103", "deterministic")
def deterministic(folder: DomainFolder) -> Iterator[Finding]:
    """Filling twice from one seed gives the same bytes, and drawing twice, in another order, the same candidates.

    Why: a dataset that cannot be rebuilt cannot be checked by anyone else.

    Fails: a draw whose key is not unique, so that rows depend on the order in which SQLite visits them.
    Passes: every draw is keyed, every list has an order.
    """
    try:
        first, second = (ProceduralAuthor(folder, seed=SEED, database_seed=SEED, unseen=False) for _ in range(2))
    except DomainError:
        return  # TS101 says it
    if first.environment.database.image != second.environment.database.image:
        yield Finding(
            "two fillings from one seed differ",
            "Key every draw by something that is unique in its row.",
            folder.place_in_sql("records.sql", 0),
        )
        return
    forward = [_told(first.candidate(number, lambda *_: ())) for number in range(DRAWS)]
    backward = [_told(second.candidate(number, lambda *_: ())) for number in reversed(range(DRAWS))]
    for number, (one, other) in enumerate(zip(forward, reversed(backward), strict=True)):
        if one != other:
            yield Finding(f"candidate {number} differs between two draws: {one} and {other}", "Does a bind lack a key?")
            return


def _told(candidate: Accepted | Rejection) -> str:
    if isinstance(candidate, Accepted):
        return candidate.task.id
    return "duplicate" if candidate.rule == "duplicate" else f"{candidate.rule}: {candidate.evidence}"
