"""TS101: the domain loads, compiles and fills."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.synthesis.intents import ready
from toolscale.validators.fillings import SEEDS, environment_of
from toolscale.validators.registry import Finding, domain_rule


@domain_rule("TS101", "loads")
def loads(folder: DomainFolder) -> Iterator[Finding]:
    """The domain's SQL compiles under the lock-down, its database fills, every name that it mentions exists.

    Why: a tool that fails for reasons of its own teaches an agent nothing, and a policy that names a tool which does not
    exist cannot be kept.

    Fails: `effect: DELETE FROM acounts ...` (no such table); `applies_to: [transfer_fund]`; `SELECT random()`.
    Passes: every statement prepares for its purpose, and records.sql fills a database that keeps its constraints.
    """
    try:
        environment_of(folder, SEEDS[0])
        ready(folder)
    except DomainError as error:
        yield Finding(error.cause, error.remedy, error.place)
