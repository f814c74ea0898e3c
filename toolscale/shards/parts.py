"""Parts: the result of one unit of work on disk, whole or not there at all.

A part is a folder named by the fingerprint of all that its rows depend on. It is written under another name and renamed
when complete, so that a build killed at any moment finds only whole parts when it goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from toolscale.authoring.funnel import Funnel
from toolscale.environment.environment import Environment
from toolscale.shards.columns import CONFIGS, SCHEMAS
from toolscale.shards.rows import (
    Row,
    environment_row,
    rejection_row,
    task_row,
    trajectory_row,
)
from toolscale.synthesis.author import Accepted, Rejection
from toolscale.synthesis.plan import Unit

SUMMARY = "part.json"
UNFINISHED = ".unfinished"


@dataclass(frozen=True, slots=True)
class PartSummary:
    """What a part holds, in numbers."""

    domain: str
    version: str
    domain_fingerprint: str
    split: str
    drawn: int
    accepted: int
    rejected: dict[str, int]
    rows: dict[str, int]
    funnel: dict[str, dict[str, int]] | None = None
    """What a model's work came to, None if there was none."""


@contextmanager
def begun(part: Path) -> Iterator[Path]:
    """Yield a folder to write a part to: it becomes `part` at the end, and goes if an error is raised.

    Its name says who is at it, so that what a killed process left can be told from work in progress. If another run has made the
    same part meanwhile, that one stays: the bytes are the same.
    """
    unfinished = part.with_name(f"{part.name}@{socket.gethostname()}.{os.getpid()}{UNFINISHED}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        try:
            unfinished.rename(part)
        except OSError:
            if not (part / SUMMARY).exists():
                raise
            shutil.rmtree(unfinished, ignore_errors=True)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def write_part(
    folder: Path,
    unit: Unit,
    environment: Environment,
    domain_fingerprint: str,
    accepted: Sequence[Accepted],
    rejections: Sequence[Rejection],
    funnel: Funnel | None = None,
) -> PartSummary:
    """Write one unit's rows to `folder`, which `begun` gives. Returns the summary."""
    about = environment.domain.about
    rows: dict[str, list[Row]] = {
        "tasks": [task_row(item, environment, unit.split) for item in accepted],
        "trajectories": [trajectory_row(item, environment, unit.split) for item in accepted],
        "environments": [
            environment_row(environment, split=unit.split, database_seed=unit.database_seed, scale=unit.scale)
        ],
        "rejections": [rejection_row(item, unit.split) for item in rejections],
    }
    summary = PartSummary(
        domain=about.name,
        version=about.version,
        domain_fingerprint=domain_fingerprint,
        split=unit.split,
        drawn=len({item.task.origin.draw for item in accepted} | {item.draw for item in rejections}),
        accepted=len(accepted),
        rejected=dict(sorted(Counter(item.rule for item in rejections).items())),
        rows={config: len(rows[config]) for config in CONFIGS},
        funnel=funnel.as_json() if funnel is not None else None,
    )
    for config in CONFIGS:
        table = pa.Table.from_pylist(rows[config], schema=SCHEMAS[config])
        pq.write_table(table, folder / f"{config}.parquet", compression="zstd", compression_level=1)
    (folder / SUMMARY).write_text(json.dumps(asdict(summary)), encoding="utf-8")
    return summary


def read_summary(folder: Path) -> PartSummary | None:
    """Return the summary of a part, None if there is no such part."""
    try:
        content: dict[str, Any] = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return PartSummary(**content)


def read_part(folder: Path, config: str) -> pa.Table:
    """Return the rows of one configuration of a part."""
    return pq.read_table(folder / f"{config}.parquet", schema=SCHEMAS[config])
