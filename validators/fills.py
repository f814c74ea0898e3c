"""TS104: the database fills from any seed, and grows with the scale."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.database.filling import fill
from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.validators.fillings import SEEDS, environment_of
from toolscale.validators.registry import Finding, domain_rule

SCALE = 3


@domain_rule("TS104", "fills")
def fills(folder: DomainFolder) -> Iterator[Finding]:
    """The database fills from five seeds, and at three times its size; then callers and rows are more, in no table fewer.

    Each filling proves types, CHECKs, unique and foreign keys.

    Why: a build draws a new database every few hundred tasks, and a large one asks for large databases. A collision of two
    ids that no small database shows stops it half way.

    Fails: `printf('%03d', uniform(0, 999, n))` as a key; `permuted(n, 300, ...)` where a table grows beyond 300 rows.
    Passes: keys made of `n`, or by `permuted(n - 1, :clients, ...)`, whose size grows along.
    """
    for seed in SEEDS:
        try:
            environment_of(folder, seed)
        except DomainError as error:
            yield _failed(error, f"seed {seed}")
            return
    try:
        large = fill(folder, seed=SEEDS[0], scale=SCALE).rows
    except DomainError as error:
        yield _failed(error, f"seed {SEEDS[0]} at scale {SCALE}")
        return
    usual = environment_of(folder, SEEDS[0]).database.rows
    callers = folder.domain.about.caller.table
    for table, count in usual.items():
        if large[table] < count or (table == callers and large[table] == count):
            yield Finding(
                f"'{table}' has {count} rows at scale 1 and {large[table]} at scale {SCALE}",
                "Let its number of rows follow a count of domain.yaml that grows.",
                folder.place("domain.yaml", "rows"),
            )


def _failed(error: DomainError, filling: str) -> Finding:
    return Finding(f"filling from {filling} fails: {error.cause}", error.remedy, error.place)
