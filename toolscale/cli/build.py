"""`toolscale build`: runs the build flow in process and shows how it goes."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markdown import Markdown

from toolscale.cli.app import app
from toolscale.cli.build_progress import build_progress
from toolscale.cli.model_options import (
    AnswerCache,
    BaseUrl,
    Budget,
    EstimateOnly,
    ModelConfiguration,
    ModelIfAny,
    model_settings,
    named,
    show_estimate,
)
from toolscale.cli.options import AsJson
from toolscale.errors import BuildError, ToolscaleError, nearest

if TYPE_CHECKING:
    from toolscale.flows.running import Running
    from toolscale.synthesis.plan import BuildConfiguration

AUTHORS = ("procedural", "llm")


@app.command(epilog="Example: toolscale build --domains bank --tasks 1000 --seed 7 --workers 2 --out data/builds/demo")
def build(
    out: Annotated[Path, typer.Option(help="The folder to make.")],
    domains: Annotated[
        str, typer.Option(help="Names or paths of domains, or folders of them, by comma; or all.")
    ] = "all",
    tasks: Annotated[int, typer.Option(min=1, help="Accepted tasks a domain.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other databases and tasks.")] = 7,
    scale: Annotated[float, typer.Option(min=0.01, help="Size of the databases; 1 is as domain.yaml says.")] = 1,
    tasks_per_database: Annotated[
        int, typer.Option(min=1, help="Tasks that share one database: one unit of work.")
    ] = 250,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes; one a core by default.")] = None,
    runner: Annotated[str, typer.Option(help="Who does the units: processes, or a dask cluster.")] = "processes",
    address: Annotated[
        str | None,
        typer.Option(help="The Dask scheduler, such as tcp://10.0.0.5:8786; none: a cluster on this machine."),
    ] = None,
    parts: Annotated[
        Path | None,
        typer.Option(help="The part store, which builds share; none: in the cache folder.", file_okay=False),
    ] = None,
    limit: Annotated[
        str | None, typer.Option(help="A Prefect concurrency limit that every unit takes a slot of.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on; a build that is whole already is left as it is.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the folder if it exists.")] = False,
    author: Annotated[
        str, typer.Option(help="Who writes the tasks: procedural, or llm (a language model).")
    ] = "procedural",
    evolve: Annotated[bool, typer.Option("--evolve", help="Let the model make its tasks harder.")] = False,
    rewrite: Annotated[bool, typer.Option("--rewrite", help="Let a model put the callers' words otherwise.")] = False,
    model: ModelIfAny = None,
    base_url: BaseUrl = None,
    settings: ModelConfiguration = None,
    budget: Budget = None,
    cache: AnswerCache = None,
    estimate: EstimateOnly = False,
    as_json: AsJson = False,
) -> None:
    """Build a dataset. A build that was killed goes on where it stood when the same command is given again.

    Units that an earlier build has made alike are found in the part store and not made again.
    """
    from toolscale.domain import load
    from toolscale.environment.compiled import compiled
    from toolscale.flows.running import Running
    from toolscale.flows.units import is_built
    from toolscale.synthesis.intents import ready
    from toolscale.synthesis.plan import Authoring, BuildConfiguration

    names = _named(domains)
    folders = [load(name) for name in names]
    for folder in folders:
        compiled(folder.domain, folder.place)
        ready(folder)
    authoring: Authoring | None = None
    if author not in AUTHORS:
        raise ToolscaleError(f"there is no author '{author}'", remedy=nearest(author, AUTHORS))
    writes = author == "llm" or rewrite
    if (evolve or estimate or model) and not writes:
        raise ToolscaleError("no model has anything to write", remedy="Give --author llm, or --rewrite.")
    try:
        if writes:
            models = model_settings(named(model), base_url, given=settings, budget=budget, cache=cache)
            authoring = Authoring(models=models, drafts=author == "llm", evolve=evolve, rewrite=rewrite)
        configuration = BuildConfiguration(
            domains=names,
            tasks=tasks,
            seed=seed,
            scale=scale,
            tasks_per_database=tasks_per_database,
            authoring=authoring,
        )
        running = Running.model_validate(
            {
                "workers": workers,
                "runner": runner,
                "address": address,
                "parts": parts and parts.absolute(),
                "limit": limit,
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = f"{first['loc'][0]}: " if first["loc"] else ""
        raise ToolscaleError(f"{place}{first['msg']}") from None
    if estimate:
        _estimate(configuration, as_json)
        return
    out = Path(os.path.abspath(out))
    if out.exists() and not force:
        if resume and is_built(configuration, out):
            typer.echo(json.dumps(_manifest(out)) if as_json else f"{out} is whole: nothing to do.")
            return
        other = " and is another build" if resume else ""
        raise BuildError(f"{out} exists{other}", remedy="Give --force to replace it, or another --out.")
    if not out.parent.is_dir():
        out.parent.mkdir(parents=True)
    manifest = _run(configuration, out, running, force, as_json)
    if as_json:
        typer.echo(json.dumps(manifest))
    else:
        from toolscale.flows.build_artifacts import summary

        console = Console()
        console.print(Markdown(summary(manifest)))
        if authoring is not None:
            from toolscale.authoring.report import as_markdown

            console.print(Markdown(as_markdown(manifest["funnel"], authoring.models)))
        console.print(f"{manifest['tasks']} tasks in {out}", highlight=False, soft_wrap=True)


def _estimate(configuration: BuildConfiguration, as_json: bool) -> None:
    """Say what the first exchange for each task would cost about."""
    from dataclasses import asdict

    from toolscale.authoring.author import ModelAuthor
    from toolscale.domain import load
    from toolscale.flows.units import author_of
    from toolscale.models.ledger import Estimate
    from toolscale.synthesis.plan import units

    total = Estimate(0, 0, 0, 0, 0.0)
    for unit in units(configuration):
        author = author_of(unit, load(unit.domain))
        if isinstance(author, ModelAuthor):
            total += author.estimate(unit.tasks)
    typer.echo(json.dumps(asdict(total)) if as_json else show_estimate(total))


def _named(domains: str) -> tuple[str, ...]:
    from toolscale.domain import available, find

    if domains == "all":
        return tuple(available())
    names: list[str] = []
    for name in (part.strip() for part in domains.split(",")):
        if Path(name).is_dir() and os.sep in name and not (Path(name) / "domain.yaml").exists():
            inside = [str(path.parent.resolve()) for path in sorted(Path(name).glob("*/domain.yaml"))]
            if not inside:
                raise ToolscaleError(f"{name} holds no domain folders", remedy="A domain folder has a domain.yaml.")
            names += inside
        else:
            path = find(name)
            names.append(str(path.resolve()) if os.sep in name or name.startswith(".") else name)
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ToolscaleError(f"'{sorted(repeated)[0]}' is given twice", remedy="Name each domain once.")
    return tuple(names)


def _manifest(out: Path) -> dict[str, Any]:
    from toolscale.shards.build import Build

    return Build(out).manifest


def _run(configuration: BuildConfiguration, out: Path, running: Running, force: bool, as_json: bool) -> dict[str, Any]:
    from toolscale.flows.ephemeral_server import ephemeral_server

    console = Console(stderr=True)
    with ephemeral_server() as wait:
        with console.status("Starting Prefect") if not as_json and console.is_terminal else nullcontext():
            from toolscale.flows.build import build as build_flow
            from toolscale.flows.progress import listening

            wait()
        with build_progress(console, silent=as_json) as listener, listening(listener):
            return build_flow(configuration, out, running=running, replace=force)
