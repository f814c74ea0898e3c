"""One unit of work, as a worker process does it: draw candidates, judge them, write the part."""

import atexit
import functools
import sys
import threading
from pathlib import Path

from toolscale.authoring.author import ModelAuthor
from toolscale.authoring.session import Session
from toolscale.domain import DomainFolder, load
from toolscale.errors import BuildError
from toolscale.models.settings import ModelSettings
from toolscale.shards.build import Build
from toolscale.shards.parts import begun, read_summary, write_part
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
    with begun(part) as place:
        author = author_of(unit, folder)
        accepted, rejections = _drawn(unit, author)
        funnel = author.funnel if isinstance(author, ModelAuthor) else None
        write_part(place, unit, author.environment, folder.fingerprint, accepted, rejections, funnel)
    return True


def _drawn(unit: Unit, author: ProceduralAuthor | ModelAuthor) -> tuple[list[Accepted], list[Rejection]]:
    """Draw and judge candidates until there are as many tasks as the unit is to have."""
    drafted = unit.authoring is not None and unit.authoring.drafts
    most = MOST_DRAFTS_PER_TASK * unit.tasks + 20 if drafted else MOST_DRAWS_PER_TASK * unit.tasks + 100
    accepted: list[Accepted] = []
    rejections: list[Rejection] = []
    for candidate in author.candidates(judge_task, repeated=unit.repeated):
        if isinstance(candidate, Accepted):
            accepted.append(candidate)
        else:
            rejections.append(candidate)
        if len(accepted) == unit.tasks:
            break
        if len(accepted) + len(rejections) >= most:
            raise _too_few(unit, accepted, rejections)
    return accepted, rejections


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
        session=session_of(unit.authoring.models),
        explain=_explained,
    )


_sessions = threading.local()


def session_of(models: ModelSettings) -> Session:
    """Return this thread's session with a model: its units share connections, an engine in process, and one budget."""
    kept: dict[str, Session] = _sessions.__dict__.setdefault("kept", {})
    key = models.model_dump_json()
    if key not in kept:
        kept[key] = Session(models, tell=_tell)
        atexit.register(kept[key].close)
    return kept[key]


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
