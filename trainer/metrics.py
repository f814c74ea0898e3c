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

from toolscale.errors import TrainingError

_STILL_ROWS = 5
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
    """Stops a run that has gone wrong, with the reason.

    A loss or gradient that is no number; in supervised training gradients of zero, or a loss at twice its best and more; in
    reinforcement learning (`watched`) a success rate that has fallen by `most_fall` of its best. Losses and rates are means
    over `window` rows.
    """

    def __init__(self, *, window: int = 20, loss_times: float = 2.0, most_fall: float = 0.5, watched: str = "") -> None:
        self._loss_times = loss_times
        self._most_fall = most_fall
        self._watched = watched
        self._values: deque[float] = deque(maxlen=window)
        self._best: float | None = None
        self._still = 0

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Judge a row. Raises TrainingError if the run has diverged."""
        if not logs or "loss" not in logs:
            return
        for name in ("loss", "grad_norm"):
            if not math.isfinite(logs.get(name, 0.0)):
                self._stop(state, f"{name} is {logs[name]}")
        value = logs.get(self._watched or "loss")
        if value is None or not math.isfinite(value):
            return
        self._values.append(value)
        if not self._watched:
            self._still = self._still + 1 if logs.get("grad_norm") == 0 else 0
            if self._still == _STILL_ROWS:
                self._stop(state, f"the gradient has been 0 for {_STILL_ROWS} rows, at a loss of {value:.3f}")
        if len(self._values) == self._values.maxlen:
            self._judge(state, sum(self._values) / len(self._values))

    def _judge(self, state: TrainerState, mean: float) -> None:
        rows = len(self._values)
        if self._watched:
            best = max(mean, self._best or 0.0)
            if mean < best * (1 - self._most_fall):
                self._stop(state, f"{self._watched} fell to {mean:.3f} over {rows} rows, it was {best:.3f}")
        else:
            best = min(mean, self._best if self._best is not None else mean)
            if mean > best * self._loss_times:
                self._stop(state, f"the loss rose to {mean:.3f} over {rows} rows, it was {best:.3f}")
        self._best = best

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
