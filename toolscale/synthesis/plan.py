"""The plan of a build: its configuration, and the units of work that it fans out into."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_serializer, model_validator

from toolscale import __version__
from toolscale.canonical import fingerprint
from toolscale.models.settings import ModelSettings

Split = Literal["train", "validation", "test", "test_unseen"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test", "test_unseen")
SPLIT_SHARES: dict[Split, float] = {"validation": 0.05, "test": 0.1, "test_unseen": 0.1}
SEEDS_PER_SPLIT = 100_000
_DECIDING = (
    "",
    "domain",
    "database",
    "environment",
    "scoring",
    "chat",
    "orchestration",
    "synthesis",
    "models",
    "models/prompts",
    "authoring",
    "authoring/prompts",
    "shards",
    "validators",
)
SETTINGS_THAT_DECIDE = ("model", "backend", "structured", "temperature", "max_tokens", "repairs")
"""The settings of a model that decide what it answers."""


class Writing(BaseModel):
    """What a language model does in a build."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    drafts: bool = Field(default=True, description="The model writes the tasks, not the procedural author.")
    evolve: bool = Field(default=False, description="It then makes each of its tasks harder, where that stays sound.")
    rewrite: bool = Field(default=False, description="It says what callers say in other words, with all values kept.")

    @model_validator(mode="after")
    def _has_something_to_do(self) -> Self:
        if self.evolve and not self.drafts:
            raise ValueError("evolve works on the model's own drafts: it needs drafts")
        if not (self.drafts or self.rewrite):
            raise ValueError("the model has nothing to do: neither drafts nor rewrite is set")
        return self


class Authoring(Writing):
    """What a language model does in a build, and which model that is."""

    models: ModelSettings

    @property
    def in_one_process(self) -> bool:
        """Whether one worker process has to do it all: a budget needs one account, an engine in process the whole device."""
        return self.models.budget_usd is not None or self.models.backend == "vllm"

    @field_serializer("models")
    def _what_decides_bytes(self, models: ModelSettings) -> dict[str, Any]:
        """Addresses, budgets, files and paces are a run's own: they are no part of a manifest or a fingerprint."""
        return models.model_dump(mode="json", include=set(SETTINGS_THAT_DECIDE))


class BuildConfiguration(BaseModel):
    """All that decides the bytes of a build, beside the library and the domain folders."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domains: tuple[str, ...] = Field(min_length=1, description="Domains by name or path.")
    tasks: int = Field(default=1000, ge=1, le=10_000_000, description="Accepted tasks a domain.")
    seed: int = Field(default=7, ge=0, lt=1_000_000, description="Another seed draws other databases and tasks.")
    scale: float = Field(default=1, gt=0, le=1000, description="The size of the databases; 1 is as domain.yaml says.")
    tasks_per_database: int = Field(default=250, ge=1, description="Tasks that share one database: one unit of work.")
    authoring: Authoring | None = Field(default=None, description="What a model writes; None: nothing.")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of work: the tasks of one domain on one database. `domain` is a name or a path."""

    domain: str
    split: Split
    database_seed: int
    tasks: int
    seed: int
    scale: float
    repeated: tuple[int, ...] = ()
    """Draws that repeat a task of another database: they are rejected."""
    authoring: Authoring | None = None

    @property
    def name(self) -> str:
        """What people call it in logs and task names."""
        domain = self.domain.rstrip("/").rsplit("/", 1)[-1]
        return f"{domain}-{self.split}-{self.database_seed}"

    def fingerprint(self, domain_fingerprint: str) -> str:
        """Return the digest of all that the unit's result depends on."""
        what = {name: value for name, value in asdict(self).items() if name != "domain"}
        if self.authoring is not None:
            what["authoring"] = self.authoring.model_dump(mode="json")
        return fingerprint(library_fingerprint(), domain_fingerprint, what)


def build_fingerprint(configuration: BuildConfiguration, domain_fingerprints: Sequence[str]) -> str:
    """Return the digest of all that a build depends on: the same fingerprint, the same bytes."""
    settings = configuration.model_dump(mode="json", exclude={"domains"})
    return fingerprint(library_fingerprint(), settings, list(domain_fingerprints))


def split_sizes(tasks: int) -> dict[Split, int]:
    """Return the number of tasks of each split; they add up to `tasks`, and train has the most."""
    sizes: dict[Split, int] = {split: round(tasks * share) for split, share in SPLIT_SHARES.items()}
    return {"train": tasks - sum(sizes.values()), **sizes}


def units(configuration: BuildConfiguration) -> list[Unit]:
    """Return the units of a build in the order in which their rows stand in the shards."""
    return [
        Unit(
            domain=domain,
            split=split,
            database_seed=(configuration.seed * len(SPLITS) + place) * SEEDS_PER_SPLIT + database,
            tasks=count,
            seed=configuration.seed,
            scale=configuration.scale,
            authoring=configuration.authoring,
        )
        for split, place in zip(SPLITS, range(len(SPLITS)), strict=True)
        for domain in configuration.domains
        for database, count in enumerate(
            _portions(split_sizes(configuration.tasks)[split], configuration.tasks_per_database)
        )
    ]


def _portions(total: int, most: int) -> list[int]:
    """Split a total into the fewest nearly equal portions of at most `most`."""
    count = -(-total // most)
    return [total // count + (place < total % count) for place in range(count)] if count else []


@functools.cache
def library_fingerprint() -> str:
    """Return a digest of the library's own code and phrases, so that parts made by other code are not reused."""
    digest = hashlib.sha256(__version__.encode())
    root = resources.files("toolscale")
    for folder in _DECIDING:
        _digest_folder(root.joinpath(*folder.split("/")) if folder else root, digest)
    for file in ("personas", "experts", "prices", "preferences"):
        digest.update((root / "data" / f"{file}.yaml").read_bytes())
    digest.update((root / "flows" / "units.py").read_bytes())  # who the author is, and when enough is drawn
    return digest.hexdigest()[:16]


def _digest_folder(folder: Traversable, digest: hashlib._Hash) -> None:
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith((".py", ".yaml", ".jinja")):
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
