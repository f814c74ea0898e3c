"""toolscale train: a small model from nothing, supervised training, reinforcement learning, evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
import yaml
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from toolscale.cli.app import app
from toolscale.cli.options import AsJson
from toolscale.errors import ToolscaleError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

train = typer.Typer(
    help="Train an orchestrator on a build: tiny, then sft, then rl, then evaluate.",
    no_args_is_help=True,
    epilog="Example: toolscale train sft --config trainer/recipes/small-sft.yaml --build data/builds/demo --out models/sft",
)
app.add_typer(train, name="train")

Model = TypeVar("Model", bound=BaseModel)
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", help="A YAML file with settings; options win over it.", exists=True, dir_okay=False),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any setting of the stage, the value in YAML; may be repeated."),
]
BuildOption = Annotated[str | None, typer.Option("--build", help="The build: a folder or org/name on the Hub.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="The model: a folder or a name on the Hub.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="The folder that results are written to.")]


@train.command("tiny", epilog="Example: toolscale train tiny --build data/builds/demo --out models/tiny")
def tiny(
    build: BuildOption = None,
    out: OutOption = None,
    config: ConfigFile = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Make a small model and its tokenizer from nothing, on a build's words."""
    _needs_torch()
    from toolscale.trainer.tiny import TinyConfiguration, run

    chosen = configured(TinyConfiguration, config, settings, build=build, out=out)
    with _bar("a model from nothing") as (bar, row):
        parameters = run(
            chosen,
            tell=lambda practice: bar.update(
                row, completed=practice.tokens, total=chosen.drills, note=f"{practice.copied:.0%} copied"
            ),
        )
    _print({"model": str(chosen.out), "parameters": parameters}, as_json, f"{parameters:,} parameters in {chosen.out}")


@train.command(
    "sft", epilog="Example: toolscale train sft --build data/builds/demo --model models/tiny --out models/sft"
)
def sft(
    build: BuildOption = None,
    model: ModelOption = None,
    out: OutOption = None,
    config: ConfigFile = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Train on the trajectories of a build; goes on from the last checkpoint of the same folder."""
    _needs_torch()
    from toolscale.trainer.sft import SftConfiguration, run

    chosen = configured(SftConfiguration, config, settings, build=build, model=model, out=out)
    with _steps("supervised training", "loss", "mean_token_accuracy") as tell:
        result = run(chosen, tell=tell)
    _print_stage(result, as_json)


@train.command("rl", epilog="Example: toolscale train rl --build data/builds/demo --model models/sft --out models/rl")
def rl(
    build: BuildOption = None,
    model: ModelOption = None,
    out: OutOption = None,
    config: ConfigFile = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Train in live episodes by reinforcement; goes on from the last checkpoint of the same folder."""
    _needs_torch()
    from toolscale.trainer.rl import RlConfiguration, run

    chosen = configured(RlConfiguration, config, settings, build=build, model=model, out=out)
    with _steps("reinforcement learning", "success", "R", "dollars") as tell:
        result = run(chosen, tell=tell)
    _print_stage(result, as_json)


@train.command(
    "evaluate",
    epilog="Example: toolscale train evaluate --build data/builds/demo --model openai:gpt-5-mini --out reports/gpt-5-mini",
)
def evaluate(
    build: BuildOption = None,
    model: ModelOption = None,
    out: OutOption = None,
    base_url: Annotated[str | None, typer.Option("--base-url", help="The address of an openai:NAME model.")] = None,
    beside: Annotated[
        list[Path] | None, typer.Option("--beside", help="The folder of an evaluation to show too; may be repeated.")
    ] = None,
    config: ConfigFile = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Let a model try the held-out tasks of a build, and write a report."""
    _needs_torch()
    from toolscale.trainer.evaluate import EvaluationConfiguration, run

    chosen = configured(
        EvaluationConfiguration, config, settings, build=build, model=model, out=out, base_url=base_url, beside=beside
    )
    with _bar("episodes") as (bar, row):
        result = run(chosen, tell=lambda over, of: bar.update(row, completed=over, total=of))
    words = f"{result.name}: success {result.total.success}, ${result.total.dollars:.5f} an attempt; {result.report}"
    _print({"name": result.name, "report": str(result.report), **result.total.as_row()}, as_json, words)


def configured(kind: type[Model], file: Path | None, settings: list[str] | None, **options: Any) -> Model:
    """Return a configuration from a YAML file, then --set, then options. Raises ToolscaleError for what is wrong in it."""
    values: dict[str, Any] = {}
    if file is not None:
        try:
            read = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ToolscaleError(f"{file} is no YAML: {str(error).splitlines()[0]}") from None
        if read is not None and not isinstance(read, dict):
            raise ToolscaleError(f"{file} holds no settings", remedy="Write a line `name: value` for each.")
        values |= read or {}
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        if not equals:
            raise ToolscaleError(f"--set {setting} has no value", remedy="Write --set name=value.")
        _place(values, name.strip().split("."), yaml.safe_load(text))
    values |= {name: value for name, value in options.items() if value is not None}
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        name = ".".join(str(part) for part in first["loc"])
        unknown = first["type"] == "extra_forbidden"
        remedy = nearest(name, kind.model_fields) if unknown else "Give it in --config, with --set or as an option."
        cause = "is no setting" if unknown else first["msg"]
        raise ToolscaleError(f"the setting {name}: {cause}", remedy=remedy) from None


def _place(values: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value


def _needs_torch() -> None:
    try:
        import torch  # noqa: F401
        import trl  # noqa: F401
    except ImportError:
        raise ToolscaleError(
            "training needs PyTorch and TRL, which are not installed", remedy="Run `pip install toolscale[train]`."
        ) from None


@contextmanager
def _bar(what: str) -> Iterator[tuple[Progress, Any]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    note = TextColumn("{task.fields[note]}")
    with Progress(*columns, note, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task(what, total=None, note="")


@contextmanager
def _steps(what: str, *names: str) -> Iterator[Callable[[int, int, dict[str, float]], None]]:
    with _bar(what) as (bar, row):

        def tell(step: int, steps: int, metrics: dict[str, float]) -> None:
            note = "  ".join(f"{name} {metrics[name]:.4g}" for name in names if name in metrics)
            bar.update(row, completed=step, total=steps, note=note)

        yield tell


def _print_stage(result: Any, as_json: bool) -> None:
    values = {"model": str(result.model), "steps": result.steps, "seconds": round(result.seconds, 1), **result.metrics}
    _print(values, as_json, f"{result.steps} steps in {result.seconds:.0f} s; the model is in {result.model}")


def _print(values: dict[str, Any], as_json: bool, words: str) -> None:
    if as_json:
        typer.echo(json.dumps(values))
    else:
        Console(soft_wrap=True).print(words, highlight=False)
