"""TS113: every precondition both holds and fails."""

from __future__ import annotations

from collections.abc import Iterator

from toolscale.domain.folder import DomainFolder
from toolscale.errors import DomainError
from toolscale.validators.fillings import SEEDS, environment_of
from toolscale.validators.registry import Finding, domain_rule
from toolscale.validators.rehearsal import SEED, rehearsed
from toolscale.validators.trials import Trials


@domain_rule("TS113", "preconditions", rehearses=True)
def preconditions(folder: DomainFolder) -> Iterator[Finding]:
    """Each requirement of each tool holds for some call and is the first that fails for another.

    The calls are those of the rehearsal's references and wishes, made again and again, and their perturbations: other callers'
    ids, ids of rows beside theirs, unknown ids, values of the same parameter in other tasks or after another tool's write, values
    that stand together in the database, zero, huge and boundary amounts, past and far dates, other choices. What has not failed
    yet is tried on four more databases.

    Why: a requirement that never fails may be wrong in any way, or can't be told from the one before it; its message is never
    read. One that never holds makes the tool useless.

    Fails: `:loan_renewals < 99` where a CHECK allows five; a second requirement for what the first has told already.
    Passes: `:account_status = 'active'`, where some accounts are closed.
    """
    try:
        rehearsal = rehearsed(folder)
        trials = Trials(rehearsal)
        trials.make_calls()
        trials.search()
        for seed in SEEDS:
            if seed != SEED and trials.left():
                trials.search_elsewhere(environment_of(folder, seed))
    except DomainError:
        return  # TS101 or TS104 says it
    for name, tool in folder.domain.tools.items():
        for index, requirement in enumerate(tool.require):
            place = folder.place("tools.yaml", name, "require", index)
            tried = trials.tried[name]
            if not tried:
                yield Finding(f"{name} is never called in the rehearsal", "Does an intent need it?", place)
                break
            if (name, index) not in trials.failed:
                yield Finding(
                    f"no call of {name} failed for want of '{requirement.that}' ({tried} tried)",
                    "Remove it if schema, CHECKs or the requirements before it cover it; else see that such rows exist.",
                    place,
                )
            if (name, index) not in trials.held:
                yield Finding(
                    f"'{requirement.that}' held for no call of {name} ({tried} tried)",
                    "Is the condition the wrong way round?",
                    place,
                )
