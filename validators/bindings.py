"""TS102: every intent finds callers on each of five database seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolscale.database.lockdown import FILL_TICKS
from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.synthesis.intents import Intents, ready
from toolscale.validators.fillings import SEEDS, environment_of
from toolscale.validators.registry import Finding, domain_rule

FEWEST_CALLERS = 5


@domain_rule("TS102", "bindings")
def bindings(folder: DomainFolder) -> Iterator[Finding]:
    """Every intent's binding query finds at least five callers on each of five database seeds.

    Why: an intent that binds on one lucky seed yields no tasks on the next, and few callers mean near-duplicates.

    Fails: `WHERE client_id = 'CL-00001'`, or a condition that one row in a thousand meets.
    Passes: a situation that many callers are in.
    """
    try:
        intents = ready(folder)
        found = {seed: _callers(folder, intents, seed) for seed in SEEDS}
    except DomainError:
        return  # TS101 or TS104 says it
    for index, name in enumerate(intents.by_id):
        seed = min(SEEDS, key=lambda seed: found[seed][name])
        if found[seed][name] < FEWEST_CALLERS:
            yield Finding(
                f"intent '{name}' finds {found[seed][name]} callers on seed {seed}",
                f"Loosen its bind, or make such rows in records.sql: {FEWEST_CALLERS} are the least, on every seed.",
                folder.place("intents.yaml", "intents", index, "bind"),
            )


def _callers(folder: DomainFolder, intents: Intents, seed: int) -> dict[str, int]:
    """Return how many callers each intent finds on a database; nobody counts beyond the fewest that will do."""
    found: dict[str, set[Any]] = {name: set() for name in intents.by_id}
    with environment_of(folder, seed).episode() as episode:
        for name, intent in intents.by_id.items():
            for row in episode.rows(intent.bind, {}, ticks=FILL_TICKS):
                found[name].add(row[intents.key])
                if len(found[name]) == FEWEST_CALLERS:
                    break
    return {name: len(callers) for name, callers in found.items()}
