"""One unit of work, as a worker process does it: draw candidates, judge them, write the part."""

import functools
import sys
from pathlib import Path

from toolscale.authoring.author import ModelAuthor
from toolscale.domain import DomainFolder, load
from toolscale.errors import BuildError
from toolscale.models.ledger import Ledger
from toolscale.shards.build import Build
from toolscale.shards.parts import read_summary, write_part
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.synthesis.plan import BuildConfiguration, Unit, build_fingerprint
from toolscale.validators import judge_task, rules

MOST_DRAWS_PER_TASK = 12
MOST_DRAFTS_PER_TASK = 3  # drafts cost money: a model that fails two of three is no author


def part_folder(unit: Unit, domain_fingerprint: str, parts: Path) -> Path:
    """Return where the part of a unit lies, named by all that it depends on."""
    return parts / f"{unit.name}-{unit.fingerprint(domain_fingerprint)}"


def is_built(configuration: BuildConfiguration, out: Path) -> bool:
    """Return whether `out` holds the build of this configuration, with the domains and the library as they are."""
    return out.exists() and Build(out).manifest["fingerprint"] == build_fingerprint(
        configuration, [load(name).fingerprint for name in configuration.domains]
    )


def build_unit(unit: Unit, parts: Path) -> bool:
    """Make the unit's part unless it is there already; return whether there was work to do.

    Raises BuildError with the commonest reasons if too few candidates are accepted.
    """
    folder = load(unit.domain)
    part = part_folder(unit, folder.fingerprint, parts)
    if read_summary(part) is not None:
        return False
    author = author_of(unit, folder)
    most = MOST_DRAWS_PER_TASK if unit.authoring is None or not unit.authoring.drafts else MOST_DRAFTS_PER_TASK
    accepted: list[Accepted] = []
    rejections: list[Rejection] = []
    for candidate in author.candidates(judge_task, repeated=unit.repeated):
        if isinstance(candidate, Accepted):
            accepted.append(candidate)
        else:
            rejections.append(candidate)
        if len(accepted) == unit.tasks:
            break
        if len(accepted) + len(rejections) >= most * unit.tasks + 100:
            raise _too_few(unit, accepted, rejections)
    funnel = author.funnel if isinstance(author, ModelAuthor) else None
    write_part(part, unit, author.environment, folder.fingerprint, accepted, rejections, funnel)
    return True


def author_of(unit: Unit, folder: DomainFolder) -> ProceduralAuthor | ModelAuthor:
    """Return the author of a unit's candidates."""
    unseen, tested = unit.split == "test_unseen", unit.split.startswith("test")
    if unit.authoring is None:
        return ProceduralAuthor(
            folder,
            seed=unit.seed,
            database_seed=unit.database_seed,
            unseen=unseen,
            scale=unit.scale,
            tested=tested,
        )
    return ModelAuthor(
        folder,
        unit.authoring,
        seed=unit.seed,
        database_seed=unit.database_seed,
        unseen=unseen,
        scale=unit.scale,
        tested=tested,
        wanted=unit.tasks,
        explain=_explained,
        ledger=_ledger(unit.authoring.models.budget_usd),
        tell=_tell,
    )


@functools.cache
def _ledger(budget_usd: float | None) -> Ledger:
    """Return the accounts of this process: its units share one budget."""
    return Ledger(budget_usd)


@functools.cache
def _explanations() -> dict[str, str]:
    return {rule.name: rule.explanation for rule in rules()}


def _explained(rule: str) -> str:
    return _explanations().get(rule, "")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _too_few(unit: Unit, accepted: list[Accepted], rejections: list[Rejection]) -> BuildError:
    reasons = {f"{item.rule}: {item.reason}": item for item in rejections}
    shown = "\n".join(f"    {reason} ({item.evidence[:200]})" for reason, item in list(reasons.items())[:5])
    return BuildError(
        f"{unit.name}: {len(accepted)} of {len(accepted) + len(rejections)} candidates were accepted, {unit.tasks} are wanted",
        remedy=f"A larger --scale or fewer tasks a database helps where they are duplicates. Reasons:\n{shown}",
    )
