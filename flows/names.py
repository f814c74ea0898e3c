"""What runs are called in Prefect's UI: what they make, of what, how much."""

from prefect.runtime import flow_run

from toolscale.synthesis.plan import BuildConfiguration

_DOMAINS_NAMED = 3


def build_name() -> str:
    """Return the name of the current run of a flow that has a configuration."""
    configuration = BuildConfiguration.model_validate(flow_run.parameters["configuration"])
    names = [domain.rstrip("/").rsplit("/", 1)[-1] for domain in configuration.domains]
    shown = ", ".join(names) if len(names) <= _DOMAINS_NAMED else f"{len(names)} domains"
    return f"{flow_run.flow_name} {shown}: {configuration.tasks:,} tasks, seed {configuration.seed}"
