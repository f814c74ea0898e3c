"""How a flow runs: workers, cluster, part store, limits. Nothing here changes a byte of what is made.

No `from __future__ import annotations` in the flows: Prefect reads the types of a flow's parameters at run time, for its form.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Running(BaseModel):
    """How the units of a flow are done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workers: int | None = Field(
        default=None, ge=1, description="Worker processes on this machine; one a core by default."
    )
    runner: Literal["processes", "dask"] = Field(
        default="processes", description="Own worker processes, or a Dask cluster (the extra `dask`)."
    )
    address: str | None = Field(
        default=None,
        pattern=r"^(tcp|tls|ws|wss|ucx)://\S+$",
        description="The scheduler of a Dask cluster, such as tcp://10.0.0.5:8786; none: a cluster on this machine.",
    )
    parts: Path | None = Field(
        default=None, description="The part store, a folder that every worker sees; none: `parts` in the cache folder."
    )
    keep_gb: float = Field(
        default=20, ge=0, description="Gigabytes of parts that the store keeps for later builds when this one is whole."
    )
    unit_minutes: float = Field(default=60, gt=0, description="A unit that takes longer is given up.")
    limit: str | None = Field(
        default=None,
        min_length=1,
        description="A Prefect concurrency limit that each unit takes a slot of, shared by all runs: the model endpoint's.",
    )

    @model_validator(mode="after")
    def _address_is_dasks(self) -> "Running":
        if self.address is not None and self.runner != "dask":
            raise ValueError("an address is of a Dask cluster: runner must be dask")
        return self


def processes(workers: int | None) -> int:
    """Return how many worker processes a run gets on this machine: as many as it asks for, or one a core."""
    return workers or os.cpu_count() or 1
