"""The metrics of a run: a row of JSON a step in metrics.jsonl, which a resumed run goes on with, and a stop if it diverges."""

from __future__ import annotations

import json
import math
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from toolscale.trainer.tokens import TrainingError

Step = Callable[[int, int, dict[str, float]], None]
"""Told the step, the number of all steps and the metrics after each row."""


class MetricsFile(TrainerCallback):
    """Writes each logged row to metrics.jsonl. Rows after the checkpoint that a run goes on from are written again."""

    def __init__(self, path: Path, *, tell: Step | None = None) -> None:
        self._path = path
        self._tell = tell

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Forget the rows of steps that are going to be made again."""
        if not state.is_world_process_zero:
            return
        rows = [row for row in read_metrics(self._path) if row["step"] <= state.global_step]
        whole = self._path.with_suffix(".partial")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        os.replace(whole, self._path)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Add a row."""
        if not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        row = {"step": state.global_step, **{name: value for name, value in logs.items() if value is not None}}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        if self._tell is not None:
            self._tell(state.global_step, state.max_steps, row)


class Divergence(TrainerCallback):
    """Stops a run that has gone wrong, with the reason: a loss or gradient that is no number, a loss far above its start,
    or, in reinforcement learning, a success rate that has fallen far below its best."""

    def __init__(self, *, window: int = 20, loss_times: float = 3.0, most_fall: float = 0.5, watched: str = "") -> None:
        self._window = window
        self._loss_times = loss_times
        self._most_fall = most_fall
        self._watched = watched
        self._first_losses: list[float] = []
        self._losses: deque[float] = deque(maxlen=window)
        self._values: deque[float] = deque(maxlen=window)
        self._best = 0.0

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Judge a row. Raises TrainingError if the run has diverged."""
        for name in ("loss", "grad_norm"):
            value = (logs or {}).get(name)
            if value is not None and not math.isfinite(value):
                self._stop(state, f"{name} is {value}")
        if not logs or "loss" not in logs:
            return
        if self._watched:
            self._watch(state, logs)
        else:
            self._compare(state, logs["loss"])

    def _compare(self, state: TrainerState, loss: float) -> None:
        if len(self._first_losses) < self._window:
            self._first_losses.append(loss)
            return
        self._losses.append(loss)
        start = sum(self._first_losses) / self._window
        now = sum(self._losses) / len(self._losses)
        if len(self._losses) == self._window and now > self._loss_times * start:
            self._stop(state, f"the loss is {now:.3f} over {self._window} rows, it began at {start:.3f}")

    def _watch(self, state: TrainerState, logs: dict[str, float]) -> None:
        value = logs.get(self._watched)
        if value is None or not math.isfinite(value):
            return
        self._values.append(value)
        if len(self._values) < self._window:
            return
        mean = sum(self._values) / self._window
        self._best = max(self._best, mean)
        if mean < self._best * (1 - self._most_fall):
            self._stop(state, f"{self._watched} fell to {mean:.3f} over {self._window} rows, it was {self._best:.3f}")

    def _stop(self, state: TrainerState, reason: str) -> None:
        raise TrainingError(
            f"the run diverges at step {state.global_step}: {reason}",
            remedy="Lower learning_rate, or raise warmup, the batch or (in reinforcement learning) kl; then start anew "
            "with fresh: true, or from an earlier checkpoint.",
        )


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a metrics file; a last line that was cut short is left out."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows
