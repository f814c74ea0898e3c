"""The validate flow: proves a build again from its rows alone, and shows rule by rule what was found."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from toolscale.flows.progress import Bar
from toolscale.flows.running import processes
from toolscale.registry import load
from toolscale.release.proof import Proof
from toolscale.validators.build_validation import Validation, proof_of, report, validate_build

MOST_FAULTS = 200  # rows of the table of faults


@task(task_run_name="execute the tasks of {folder} again", cache_policy=NO_CACHE)
def execute_again(folder: Path, workers: int) -> Validation:
    """Check the files and execute every task again."""
    build = load(folder)
    with Bar("validate-progress", "tasks", int(build.manifest["tasks"])) as bar:
        return validate_build(build, workers, bar.at)


@flow(name="validate", flow_run_name="validate {folder}")
def validate(folder: Path, workers: int | None = None) -> Proof:
    """Check every file's hash and execute every task of the build in `folder` again; return the proof that publishing asks for.

    Fails with UnprovenBuildError if there is any fault. No domain folder is looked at.
    """
    found = execute_again(folder, processes(workers))
    show_validation(found)
    get_run_logger().info("%d tasks executed again, %d faults", found.tasks, len(found.faults))
    return proof_of(folder, found)


def show_validation(found: Validation) -> None:
    """Leave artifacts: what each rule judged, and the faults."""
    content = report(found.tasks, found.faults, found.counts)
    create_table_artifact(content["rules"], key="validate-rules", description=f"{found.tasks} tasks executed again")
    faults: list[dict[str, Any]] = content["faults"][:MOST_FAULTS]
    if faults:
        create_table_artifact(faults, key="validate-faults", description=f"{len(found.faults)} faults")
