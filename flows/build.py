"""The build flow: fans out units of work, then assembles their parts into a build.

No `from __future__ import annotations` here: Prefect reads the types of a served flow's parameters at run time.
"""

import dataclasses
import os
import shutil
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from toolscale.domain import load
from toolscale.errors import BuildError, ToolscaleError
from toolscale.flows.units import part_folder
from toolscale.flows.workers import Workers
from toolscale.shards.assembly import assemble
from toolscale.shards.duplicates import repeated_draws
from toolscale.shards.parts import remove_unfinished
from toolscale.synthesis.plan import BuildConfiguration, Unit, units

RARELY = 5  # a tool or rule that fewer tasks exercise is counted as rarely used
MOST_UNITS_AT_ONCE = 64  # threads that wait; the processes are as many as the run asks for


def _may_pass_next_time(_task: Any, _run: Any, state: Any) -> bool:
    """A fault of the input stays a fault; a lost worker or a full disk may not."""
    try:
        state.result()
    except ToolscaleError:
        return False
    except Exception:
        return True
    return False


@task(
    task_run_name="{unit.name}",
    retries=2,
    retry_delay_seconds=1,
    retry_condition_fn=_may_pass_next_time,
    cache_policy=NO_CACHE,
)
def make_part(unit: Unit, workers: Workers, parts: Path) -> bool:
    """Make the part of one unit."""
    return workers.run(unit, parts)


@task(task_run_name="assemble", cache_policy=NO_CACHE)
def make_build(configuration: BuildConfiguration, parts: list[Path], target: Path) -> dict[str, Any]:
    """Assemble the parts into a build folder."""
    return assemble(configuration, parts, target)


@flow(
    name="build",
    flow_run_name="build {configuration.tasks} tasks of {configuration.domains}",
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_UNITS_AT_ONCE),  # type: ignore[arg-type]
)
def build(
    configuration: BuildConfiguration,
    out: Path,
    workers: int = 1,
    replace: bool = False,
) -> dict[str, Any]:
    """Build a dataset into the folder `out` and return its manifest.

    Parts lie in `<out>.building` until the build is whole, so that a run that was killed goes on where it stood.
    """
    work = working_folder(out)
    parts = work / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    remove_unfinished(parts)
    pool = Workers(workers)
    try:
        folders = _parts(units(configuration), pool, parts)
    finally:
        pool.close()
    manifest = make_build(configuration, folders, work / "whole")
    _publish(work / "whole", out, replace=replace)
    shutil.rmtree(work, ignore_errors=True)
    create_markdown_artifact(summary(manifest), key="build-summary", description=f"Build {manifest['fingerprint']}")
    return manifest


def _parts(planned: list[Unit], pool: Workers, parts: Path) -> list[Path]:
    """Make the part of each unit; those with tasks that repeat another unit's are made again without these."""
    fingerprints = {unit.domain: load(unit.domain).fingerprint for unit in planned}
    while True:
        made: list[PrefectFuture[bool]] = [make_part.submit(unit, pool, parts) for unit in planned]
        for future in made:
            future.result()
        folders = [part_folder(unit, fingerprints[unit.domain], parts) for unit in planned]
        repeated = repeated_draws(folders)
        if not repeated:
            return folders
        planned = [
            dataclasses.replace(unit, repeated=(*unit.repeated, *repeated.get(folder, ())))
            for unit, folder in zip(planned, folders, strict=True)
        ]


def working_folder(out: Path) -> Path:
    """Return where a build into `out` keeps its parts until it is whole."""
    return out.with_name(f"{out.name}.building")


def summary(manifest: dict[str, Any]) -> str:
    """Return what came of a build as Markdown."""
    lines = [
        "| domain | drawn | accepted | yield | call sequences | commonest | similar texts | rarely used | rejected |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, domain in manifest["domains"].items():
        rejected = ", ".join(f"{rule} {count}" for rule, count in domain["rejected"].items()) or "none"
        share = domain["accepted"] / domain["drawn"]
        measured = domain["diversity"]
        rare = [item for kind in ("tools", "rules") for item, count in measured[kind].items() if count < RARELY]
        lines.append(
            f"| {name} | {domain['drawn']} | {domain['accepted']} | {share:.1%} | {measured['sequences']} | "
            f"{measured['top_sequence_share']:.1%} | {measured['similar_text_share']:.1%} | {len(rare)} | {rejected} |"
        )
    mutants, equivalents = manifest["mutants"], manifest["equivalents"]
    lines += [
        "",
        f"Of {mutants['tried']:,} wrong variants of the references {_share(mutants['killed'], mutants['tried'])} score 0, of "
        f"{equivalents['tried']:,} right ones {_share(equivalents['kept'], equivalents['tried'])} score 1.",
    ]
    return "\n".join(lines)


def _share(some: int, of: int) -> str:
    """Return a share that is 100 % only if it is all."""
    return "all" if some == of else f"{some / of:.2%} ({of - some:,} do not)"


def _publish(whole: Path, out: Path, *, replace: bool) -> None:
    if out.exists():
        if not replace:
            raise BuildError(f"{out} exists by now", remedy="Give --force to replace it.")
        old = out.with_name(f"{out.name}.{os.getpid()}.replaced")
        out.rename(old)
        whole.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    else:
        whole.rename(out)
