"""The release flow: build, validate, publish, train and evaluate, each a flow of its own that may run alone."""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger

from toolscale.flows.build import build
from toolscale.flows.build_artifacts import leave_failure
from toolscale.flows.model_endpoint import with_model
from toolscale.flows.names import build_name
from toolscale.flows.publish import publish_proven
from toolscale.flows.running import Running, processes
from toolscale.flows.targets import release_target
from toolscale.flows.train import Training, train
from toolscale.flows.units import is_built
from toolscale.flows.validate import validate
from toolscale.synthesis.plan import BuildConfiguration, Writing


@flow(
    name="release",
    flow_run_name=build_name,
    on_failure=[leave_failure],
    on_crashed=[leave_failure],
    on_cancellation=[leave_failure],
)
def release(
    configuration: BuildConfiguration,
    out: Path,
    to: str | None = None,
    version: str | None = None,
    public: bool = False,
    running: Running = Running(),  # noqa: B008  frozen
    replace: bool = False,
    training: Training | None = None,
    writing: Writing | None = None,
) -> dict[str, Any]:
    """Build into `out`, validate, publish as `version` of the release `to`; then train on that and evaluate, if told how.

    A build of the same configuration that is in `out` already is not made again: a run that failed later goes on behind it.
    Without `to` the server's variable toolscale_release_to says where; without `version` it is the one after the newest.
    `writing` is what the model of the server's variable toolscale_model_endpoint does.
    """
    configuration = with_model(configuration, writing)
    target = release_target(to)
    if is_built(configuration, out):
        get_run_logger().info("%s is whole", out)
    else:
        build(configuration, out, running=running, replace=replace)
    proof = validate(out, processes(running.workers))
    published = publish_proven(out, target, version, proof, public=public)
    figures: dict[str, Any] = {}
    if training is not None:
        trained = out.with_name(f"{out.name}-{published.version}-trained")
        figures = train(published.where, trained, revision=published.version, training=training)
    return {"where": published.where, "version": published.version, "commit": published.commit, **figures}
