"""`toolscale solve`: a model tries a build's tasks; its passes and solutions make a new build."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from toolscale.cli.app import app
from toolscale.cli.model_options import (
    AnswerCache,
    BaseUrl,
    Budget,
    EstimateOnly,
    ModelConfiguration,
    ModelName,
    model_settings,
    show_estimate,
    show_ledger,
    tell,
)
from toolscale.cli.options import AsJson
from toolscale.errors import BuildError, ToolscaleError, nearest

if TYPE_CHECKING:
    from toolscale.models import Ledger, ModelSettings
    from toolscale.shards.build import Build
    from toolscale.teaching.attempts import Attempt
    from toolscale.teaching.solving import Solved, SolvingPlan, TaskOutcome


@app.command(
    epilog="Example: toolscale solve data/builds/demo --model qwen3-8b --base-url http://localhost:8000/v1 --k 8 --out solved"
)
def solve(
    build: Annotated[Path, typer.Argument(help="The folder of a build.")],
    model: ModelName,
    base_url: BaseUrl = None,
    out: Annotated[Path | None, typer.Option(help="The folder of the solved build; without it only figures.")] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Attempts at each task.")] = 8,
    user: Annotated[str, typer.Option(help="Who plays the caller: scripted or model.")] = "scripted",
    user_model: Annotated[
        str | None, typer.Option(help="The model that plays the caller, at the same address.", show_default="--model")
    ] = None,
    split: Annotated[list[str] | None, typer.Option(help="Only this split; may be repeated.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Tasks of each domain in each split, at most.")] = None,
    drop_unsolved: Annotated[
        bool, typer.Option("--drop-unsolved", help="Drop tasks that no attempt solves (pass@k = 0).")
    ] = False,
    drop_above: Annotated[
        float | None, typer.Option(min=0, max=1, help="Drop tasks that more than this share of the attempts solve.")
    ] = None,
    settings: ModelConfiguration = None,
    budget: Budget = None,
    estimate: EstimateOnly = False,
    cache: AnswerCache = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the folder --out if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let a model solve tasks live: pass@k for each, and its solutions as trajectories beside the references.

    Run again after an interruption, it pays only for what is missing. Exit code 1 if attempts are missing: the budget was spent,
    or the endpoint failed.
    """
    from toolscale.models import Ledger
    from toolscale.registry import load

    opened = load(build)
    plan = _plan(k, user, split, limit)
    teacher = model_settings(model, base_url, given=settings, budget=budget, cache=cache)
    if estimate:
        _estimate(opened, plan, teacher, as_json)
        return
    if out is not None:
        out = Path(os.path.abspath(out))
        if out.exists() and not force:
            raise BuildError(f"{out} exists", remedy="Give --force to replace it, or another --out.")
    elif drop_unsolved or drop_above is not None:
        raise ToolscaleError("tasks can only be dropped from a new build", remedy="Name its folder: --out DIR.")
    ledger = Ledger(budget)
    played = user if user == "scripted" else user_model or model
    solved = asyncio.run(_solved(opened, plan, teacher, user_model, ledger, quiet=as_json))
    if out is not None and any(outcome.attempts for outcome in solved.outcomes.values()):
        _write(opened, out, solved, plan, model, played, drop_unsolved, drop_above)
    _report(opened, solved, plan, teacher, ledger, as_json)
    if solved.void or solved.left:
        raise typer.Exit(1)


def _plan(k: int, user: str, split: Sequence[str] | None, limit: int | None) -> SolvingPlan:
    from toolscale.synthesis.plan import SPLITS
    from toolscale.teaching.solving import SolvingPlan

    for name in split or ():
        if name not in SPLITS:
            raise ToolscaleError(f"there is no split '{name}'", remedy=nearest(name, SPLITS))
    if user not in ("scripted", "model"):
        raise ToolscaleError(f"--user {user} is not known", remedy=nearest(user, ("scripted", "model")))
    values = {"k": k, "user": user, "splits": tuple(split or SPLITS), "limit": limit}
    return SolvingPlan.model_validate(values)


def _estimate(build: Build, plan: SolvingPlan, teacher: ModelSettings, as_json: bool) -> None:
    from toolscale.models.prices import price_of
    from toolscale.teaching.solving import estimate

    found = estimate(build, plan, price_of(teacher))
    typer.echo(json.dumps(asdict(found)) if as_json else show_estimate(found))
    if not as_json and plan.user == "model":
        typer.echo("The model that plays the user comes on top.")


async def _solved(
    build: Build, plan: SolvingPlan, teacher: ModelSettings, user_model: str | None, ledger: Ledger, *, quiet: bool
) -> Solved:
    from toolscale.models import ModelClient
    from toolscale.teaching.solving import chosen, solve

    caller = teacher.model_copy(update={"model": user_model or teacher.model})
    columns = (TextColumn("attempts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    total = plan.k * sum(1 for _ in chosen(build, plan))
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as progress:
        bar = progress.add_task("attempts", total=total)

        def advance(_: Attempt) -> None:
            progress.advance(bar)

        async with ModelClient(teacher, ledger=ledger, tell=tell) as agent:
            if caller.model == teacher.model:
                return await solve(build, plan, agent, progress=advance)
            async with ModelClient(caller, ledger=ledger, tell=tell) as user:
                return await solve(build, plan, agent, user=user, progress=advance)


def _write(
    build: Build,
    out: Path,
    solved: Solved,
    plan: SolvingPlan,
    model: str,
    user: str,
    drop_unsolved: bool,
    drop_above: float | None,
) -> None:
    from toolscale.teaching.solved_build import Selection, write_solved

    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(f"{out.name}.{os.getpid()}.new")
    selection = Selection(drop_unsolved=drop_unsolved, drop_above=drop_above)
    write_solved(build, new, solved, plan, model=model, user=user, selection=selection)
    shutil.rmtree(out, ignore_errors=True)
    new.rename(out)


def _report(
    build: Build, solved: Solved, plan: SolvingPlan, teacher: ModelSettings, ledger: Ledger, as_json: bool
) -> None:
    outcomes = list(solved.outcomes.values())
    if as_json:
        typer.echo(json.dumps(_as_json(solved, plan, ledger), indent=2))
    else:
        columns = (
            "domain",
            "level",
            "tasks",
            "attempts",
            "pass@1",
            f"pass@{plan.k}",
            "never",
            "always",
            "broken by user",
        )
        table = Table(*columns, box=SIMPLE, pad_edge=False, padding=(0, 1))
        groups: dict[tuple[str, str], list[TaskOutcome]] = {}
        for outcome in outcomes:
            groups.setdefault((outcome.domain, outcome.level), []).append(outcome)
        for (domain, level), group in sorted(groups.items()):
            table.add_row(domain, level, *_figures(group, plan.k))
        table.add_row("all", "", *_figures(outcomes, plan.k))
        Console().print(table)
        show_ledger(ledger)
    if solved.stopped is not None or solved.void:
        error = solved.stopped or solved.void[0]
        missing = solved.left + len(solved.void)
        Console(stderr=True, soft_wrap=True, highlight=False).print(
            f"{missing} attempts are missing. {error}\n{_to_go_on(build, solved, plan, teacher, ledger, missing)}",
            markup=False,
        )


def _to_go_on(
    build: Build, solved: Solved, plan: SolvingPlan, teacher: ModelSettings, ledger: Ledger, missing: int
) -> str:
    """Say what it takes: by what the attempts have cost so far, or by the references if there are none."""
    from toolscale.models.faults import OverBudget
    from toolscale.models.prices import price_of
    from toolscale.teaching.solving import estimate

    if not isinstance(solved.stopped, OverBudget):
        return "The same command goes on where this one stopped: what is paid for is in the cache."
    made = sum(outcome.attempts + outcome.broken_by_user for outcome in solved.outcomes.values())
    if made and ledger.dollars:
        each = ledger.dollars / made
    else:
        whole = estimate(build, plan, price_of(teacher))
        each = (whole.dollars or 0.0) / (plan.k * len(solved.outcomes))
    return ledger.to_go_on(missing, "attempts", each)


def _figures(outcomes: Sequence[TaskOutcome], k: int) -> list[str]:
    from toolscale.teaching.pass_at_k import pass_at

    whole = [outcome for outcome in outcomes if outcome.attempts >= k]

    def mean(at: int) -> str:
        if not whole:
            return "-"
        return f"{sum(pass_at(at, outcome.attempts, outcome.solved) for outcome in whole) / len(whole):.1%}"

    counts = (
        len(outcomes),
        sum(outcome.attempts for outcome in outcomes),
        sum(outcome.solved == 0 for outcome in whole),
        sum(outcome.solved == outcome.attempts for outcome in whole),
        sum(outcome.broken_by_user for outcome in outcomes),
    )
    tasks, attempts, nobody, always, broken = (f"{count:,}" for count in counts)
    return [tasks, attempts, mean(1), mean(k), nobody, always, broken]


def _as_json(solved: Solved, plan: SolvingPlan, ledger: Ledger) -> dict[str, Any]:
    return {
        "plan": plan.model_dump(mode="json"),
        "tasks": [
            {
                "task_id": outcome.task_id,
                "domain": outcome.domain,
                "level": outcome.level,
                "attempts": outcome.attempts,
                "solved": outcome.solved,
                "broken_by_user": outcome.broken_by_user,
                "void": outcome.void,
                "reasons": dict(sorted(outcome.reasons.items())),
            }
            for outcome in solved.outcomes.values()
        ],
        "missing": solved.left + len(solved.void),
        "accounts": ledger.as_json(),
    }
