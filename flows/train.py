"""The train flow: a model learns from a pinned build and is evaluated: tiny (if there is no model), sft, rl, evaluate."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from toolscale.errors import ToolscaleError
from toolscale.flows.progress import Bar

if TYPE_CHECKING:
    from toolscale.trainer.evaluate import EvaluationConfiguration
    from toolscale.trainer.rl import RlConfiguration
    from toolscale.trainer.sft import SftConfiguration
    from toolscale.trainer.tiny import TinyConfiguration

Model = TypeVar("Model", bound=BaseModel)
Settings = dict[str, JsonValue]


class Training(BaseModel):
    """What to train. The settings of a stage are those of `toolscale train STAGE --set`; all are checked before one begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        default=None, description="A model's folder or name on the Hub; none: a small one from nothing."
    )
    tiny: Settings = Field(default={}, description="Settings of the small model, if there is no other.")
    sft: Settings | None = Field(default={}, description="Settings of supervised training; null leaves it out.")
    rl: Settings | None = Field(default=None, description="Settings of reinforcement learning; null leaves it out.")
    evaluate: Settings = Field(default={}, description="Settings of the evaluation.")


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of a training, each with its whole configuration; None where there is none."""

    tiny: "TinyConfiguration | None"
    sft: "SftConfiguration | None"
    rl: "RlConfiguration | None"
    evaluate: "EvaluationConfiguration"


def stages(build: str, revision: str | None, out: Path, training: Training) -> Stages:
    """Return the configurations of the stages, each starting from the model that the one before leaves in `out`.

    Raises ToolscaleError if PyTorch is not installed, or for a setting that a stage does not have.
    """
    try:
        import torch  # noqa: F401
        import trl  # noqa: F401
    except ImportError:
        raise ToolscaleError(
            "training needs PyTorch and TRL, which are not installed", remedy="Run `pip install 'toolscale[train]'`."
        ) from None
    from toolscale.trainer.evaluate import EvaluationConfiguration
    from toolscale.trainer.rl import RlConfiguration
    from toolscale.trainer.sft import SftConfiguration
    from toolscale.trainer.tiny import TinyConfiguration

    pinned = {"build": build, "revision": revision}
    model = training.model or str(out / "tiny")
    tiny = sft = rl = None
    if training.model is None:
        tiny = _configured(TinyConfiguration, training.tiny, pinned, out / "tiny")
    if training.sft is not None:
        sft = _configured(SftConfiguration, training.sft, {**pinned, "model": model}, out / "sft")
        model = str(sft.out)
    if training.rl is not None:
        rl = _configured(RlConfiguration, training.rl, {**pinned, "model": model}, out / "rl")
        model = str(rl.out)
    return Stages(
        tiny,
        sft,
        rl,
        _configured(EvaluationConfiguration, training.evaluate, {**pinned, "model": model}, out / "evaluation"),
    )


def _configured(kind: type[Model], settings: Settings, fixed: dict[str, Any], out: Path) -> Model:
    try:
        return kind.model_validate({**settings, **fixed, "out": out})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolscaleError(f"{kind.__name__}: {place}: {first['msg']}") from None


@task(task_run_name="small model from nothing", cache_policy=NO_CACHE)
def make_tiny(configuration: "TinyConfiguration") -> int:
    """Make the model and its tokenizer; return the number of parameters."""
    from toolscale.trainer.tiny import run

    return run(configuration)


@task(task_run_name="supervised training", cache_policy=NO_CACHE)
def train_sft(configuration: "SftConfiguration") -> dict[str, float]:
    """Train on trajectories, from the last checkpoint if there is one; return the last metrics."""
    from toolscale.trainer.sft import run

    with Bar("train-sft-progress", "steps", 1) as bar:
        result = run(configuration, tell=lambda step, of, _: bar.at(step, total=of))
    return result.metrics


@task(task_run_name="reinforcement learning", cache_policy=NO_CACHE)
def train_rl(configuration: "RlConfiguration") -> dict[str, float]:
    """Train in live episodes, from the last checkpoint if there is one; return the last metrics."""
    from toolscale.trainer.rl import run

    with Bar("train-rl-progress", "steps", configuration.steps) as bar:
        result = run(configuration, tell=lambda step, of, _: bar.at(step, total=of))
    return result.metrics


@task(task_run_name="evaluate", cache_policy=NO_CACHE)
def evaluate(configuration: "EvaluationConfiguration") -> dict[str, Any]:
    """Let the model try the held-out tasks; return the figures."""
    from toolscale.trainer.evaluate import run

    with Bar("evaluate-progress", "attempts", 1) as bar:
        result = run(configuration, tell=lambda over, of: bar.at(over, total=of))
    figures = {"model": result.name, **result.total.as_row()}
    create_table_artifact([figures], key="evaluation", description=f"{result.name}: success {result.total.success}")
    create_link_artifact(
        result.report.absolute().as_uri(),
        link_text=str(result.report),
        key="evaluation-report",
        description="The report",
    )
    return figures


@flow(name="train", flow_run_name="train on {build}")
def train(build: str, out: Path, revision: str | None = None, training: Training = Training()) -> dict[str, Any]:  # noqa: B008
    """Train on the build `build` (a folder, or org/name at `revision`) into the folder `out`, evaluate, return the figures.

    A run that was killed goes on from the last checkpoint of its stage when it is run again.
    """
    planned = stages(build, revision, out, training)
    metrics: list[dict[str, Any]] = []
    if planned.tiny is not None:
        get_run_logger().info("a model of %d parameters", make_tiny(planned.tiny))
    if planned.sft is not None:
        metrics.append({"stage": "sft", **train_sft(planned.sft)})
    if planned.rl is not None:
        metrics.append({"stage": "rl", **train_rl(planned.rl)})
    if metrics:
        create_table_artifact(metrics, key="training", description="The last metrics of each stage")
    return evaluate(planned.evaluate)
