"""Which tasks of a build a stage of training or evaluation takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from toolscale.errors import nearest
from toolscale.shards.build import Build
from toolscale.shards.rows import Row
from toolscale.trainer.tokens import TrainingError

Level = Literal["easy", "medium", "hard"]
LEVELS: tuple[Level, ...] = ("easy", "medium", "hard")


class Selection(BaseModel):
    """A filter on tasks; the default takes all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domains: tuple[str, ...] = Field(default=(), description="Names of domains; none: all of the build.")
    levels: tuple[Level, ...] = Field(default=LEVELS, min_length=1)
    most_requests: int | None = Field(default=None, ge=1, description="Requests that a caller may have at most.")
    twists: bool = Field(default=True, description="Whether callers may change their mind, be wrong or digress.")
    most: int | None = Field(default=None, ge=1, description="The number of tasks at most, the first in the build.")

    def takes(self, row: Row) -> bool:
        """Return whether the filter takes a row of the configuration `tasks`."""
        return (
            (not self.domains or row["domain"] in self.domains)
            and row["difficulty"]["level"] in self.levels
            and (self.most_requests is None or row["difficulty"]["requests"] <= self.most_requests)
            and (self.twists or not row["twist"])
        )

    def rows(self, build: Build, split: str) -> Iterator[Row]:
        """Yield what it takes of a split: `task_id`, `domain`, `twist`, `difficulty`, in the build's order."""
        left = self.most
        for row in build.rows("tasks", split, columns=["task_id", "domain", "twist", "difficulty"]):
            if left != 0 and self.takes(row):
                left = None if left is None else left - 1
                yield row

    def some_of(self, build: Build, splits: Sequence[str]) -> list[tuple[str, Row]]:
        """Return what it takes of the splits, each row with its split.

        Raises TrainingError for a domain that the build does not have, and if nothing is left.
        """
        chosen = [(split, row) for split in splits for row in self.rows(build, split)]
        known = {row["domain"] for split in splits for row in build.rows("tasks", split, columns=["domain"])}
        for domain in self.domains:
            if domain not in known:
                raise TrainingError(
                    f"{build.folder} has no domain '{domain}' in {', '.join(splits)}", remedy=nearest(domain, known)
                )
        if not chosen:
            raise TrainingError(
                f"no task of {build.folder} ({', '.join(splits)}) passes the selection {self.model_dump(mode='json')}",
                remedy="Allow more levels, requests or twists, or build more tasks.",
            )
        return chosen
