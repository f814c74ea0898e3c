"""What a build leaves to look at: in Prefect's UI its yield, rejections and report, and after a failure what is missing."""

from pathlib import Path
from typing import Any

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate

from toolscale.authoring.report import as_markdown
from toolscale.domain import load
from toolscale.errors import ToolscaleError
from toolscale.flows.model_endpoint import with_model
from toolscale.flows.running import Running
from toolscale.flows.units import part_folder
from toolscale.report.figures import RARELY
from toolscale.report.reasons import commonest_reasons
from toolscale.shards.build import Build
from toolscale.shards.parts import read_summary
from toolscale.shards.store import PartStore
from toolscale.synthesis.plan import BuildConfiguration, Writing, units

UNITS_SHOWN = 20


def show_build(configuration: BuildConfiguration, manifest: dict[str, Any], out: Path) -> None:
    """Leave artifacts of a whole build: summary, yield by domain and rule, rejected reasons, cost of a model's work, links."""
    create_markdown_artifact(summary(manifest), key="build-summary", description=f"Build {manifest['fingerprint']}")
    create_table_artifact(
        yields(manifest), key="build-yield", description="Candidates by domain and by the rule they failed"
    )
    create_table_artifact(reasons(out), key="build-rejections", description="Why candidates were rejected")
    if configuration.authoring is not None:
        cost = as_markdown(manifest["funnel"], configuration.authoring.models)
        create_markdown_artifact(cost, key="build-cost", description="What the model did, and what its tokens cost")
    for name in ("report.html", "README.md"):
        if (out / name).is_file():
            key = f"build-{name.partition('.')[0].lower()}"
            create_link_artifact(
                (out / name).as_uri(), link_text=str(out / name), key=key, description="On the worker's machine"
            )


def yields(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row a domain: drawn, accepted, yield in percent, and the candidates that each rule rejected."""
    rules = sorted({rule for domain in manifest["domains"].values() for rule in domain["rejected"]})
    return [
        {
            "domain": name,
            "drawn": domain["drawn"],
            "accepted": domain["accepted"],
            "yield %": round(100 * domain["accepted"] / domain["drawn"], 1),
            **{rule: domain["rejected"].get(rule, 0) for rule in rules},
        }
        for name, domain in manifest["domains"].items()
    ]


def reasons(out: Path) -> list[dict[str, Any]]:
    """Return the commonest reasons of rejections, a row each: domain, rule, reason, how many, and one as evidence."""
    return [
        {
            "domain": one.domain,
            "rule": one.rule,
            "reason": one.reason,
            "candidates": one.candidates,
            "one": one.evidence,
        }
        for one in commonest_reasons(Build(out))
    ]


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


def leave_failure(flow: Any, flow_run: Any, state: Any) -> None:
    """Leave an artifact of a build that failed, crashed or was cancelled: why, what is missing, how it goes on."""
    given = flow_run.parameters
    configuration = BuildConfiguration.model_validate(given["configuration"])
    writing = Writing.model_validate(given["writing"]) if given.get("writing") is not None else None
    running = Running.model_validate(given.get("running") or {})
    why = f"{state.name}: {state.message or 'no message'}"
    try:
        text = standing(with_model(configuration, writing), running, why)
    except ToolscaleError as error:
        text = f"**{why}**\n\nWhich units are done can't be said: {error}"
    with get_client(
        sync_client=True
    ) as client:  # a worker calls this outside of the run, so that the run must be named
        client.create_artifact(
            ArtifactCreate(
                key=f"{flow.name}-failure",
                type="markdown",
                description=f"{flow_run.name}: {state.name}",
                data=text,
                flow_run_id=flow_run.id,
            )
        )


def standing(configuration: BuildConfiguration, running: Running, why: str) -> str:
    """Return as Markdown why a build is not whole, which of its units are in the part store, and which are not."""
    store = PartStore(running.parts)
    fingerprints = {name: load(name).fingerprint for name in configuration.domains}
    planned = units(configuration)
    missing = [
        unit.name
        for unit in planned
        if read_summary(part_folder(unit, fingerprints[unit.domain], store.folder)) is None
    ]
    lines = [
        f"**{why}**",
        "",
        f"{len(planned) - len(missing)} of {len(planned)} units are in {store.folder} and kept.",
        f"The same run again makes the other {len(missing)}:",
        "",
        *(f"- {name}" for name in missing[:UNITS_SHOWN]),
    ]
    if len(missing) > UNITS_SHOWN:
        lines.append(f"- and {len(missing) - UNITS_SHOWN} more")
    return "\n".join(lines)
