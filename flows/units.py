"""One unit of work, as a worker process does it: draw candidates, judge them, write the part."""

from pathlib import Path

from toolscale.domain import load
from toolscale.errors import BuildError
from toolscale.shards.build import Build
from toolscale.shards.parts import begun, read_summary, write_part
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.synthesis.plan import BuildConfiguration, Unit, build_fingerprint
from toolscale.validators import judge_task

MOST_DRAWS_PER_TASK = 12


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
    with begun(part) as place:
        author = ProceduralAuthor(
            folder,
            seed=unit.seed,
            database_seed=unit.database_seed,
            unseen=unit.split == "test_unseen",
            scale=unit.scale,
            tested=unit.split.startswith("test"),
        )
        accepted, rejections = _drawn(unit, author)
        write_part(place, unit, author.environment, folder.fingerprint, accepted, rejections)
    return True


def _drawn(unit: Unit, author: ProceduralAuthor) -> tuple[list[Accepted], list[Rejection]]:
    """Draw and judge candidates until there are as many tasks as the unit is to have."""
    accepted: list[Accepted] = []
    rejections: list[Rejection] = []
    for candidate in author.candidates(judge_task, repeated=unit.repeated):
        if isinstance(candidate, Accepted):
            accepted.append(candidate)
        else:
            rejections.append(candidate)
        if len(accepted) == unit.tasks:
            break
        if len(accepted) + len(rejections) >= MOST_DRAWS_PER_TASK * unit.tasks + 100:
            raise _too_few(unit, accepted, rejections)
    return accepted, rejections


def _too_few(unit: Unit, accepted: list[Accepted], rejections: list[Rejection]) -> BuildError:
    reasons = {f"{item.rule}: {item.reason}": item for item in rejections}
    shown = "\n".join(f"    {reason} ({item.evidence[:200]})" for reason, item in list(reasons.items())[:5])
    return BuildError(
        f"{unit.name}: {len(accepted)} of {len(accepted) + len(rejections)} candidates were accepted, {unit.tasks} are wanted",
        remedy=f"A larger --scale or fewer tasks a database helps where they are duplicates. Reasons:\n{shown}",
    )
