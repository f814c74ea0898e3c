"""TS102: every intent finds callers on more than one database seed."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment
from toolscale.errors import DomainError
from toolscale.synthesis.intents import ready
from toolscale.validators.registry import Finding, domain_rule

SEEDS = (1, 2)
FEWEST_CALLERS = 5


@domain_rule("TS102", "bindings")
def bindings(folder: DomainFolder) -> Iterator[Finding]:
    """Every intent's binding query finds at least five callers on each of two database seeds.

    Why: an intent that binds on one lucky seed yields no tasks on the next, and few callers mean near-duplicates.

    Fails: `WHERE client_id = 'CL-00001'`, or a condition that one row in a thousand meets.
    Passes: a situation that many callers are in.
    """
    try:
        intents = ready(folder)
        for seed in SEEDS:
            environment = Environment.of(folder, seed=seed)
            with environment.episode() as episode:
                for index, name in enumerate(intents.by_id):
                    callers = {binding[intents.key] for binding in intents.candidates(name, episode)}
                    if len(callers) < FEWEST_CALLERS:
                        yield Finding(
                            f"intent '{name}' finds {len(callers)} callers on seed {seed}",
                            f"Loosen its bind, or make such rows in records.sql: {FEWEST_CALLERS} are the least.",
                            folder.place("intents.yaml", "intents", index, "bind"),
                        )
    except DomainError:
        return  # TS101 says it
