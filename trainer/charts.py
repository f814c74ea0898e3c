"""Charts of a run, as SVG files that need no viewer but a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "toolscale"  # the same figures, the same bytes

from matplotlib import pyplot  # noqa: E402 (the backend must be chosen first)

_LEFT_OUT = {"step", "epoch"}


def draw_training(rows: Sequence[Mapping[str, Any]], folder: Path, *, title: str) -> list[Path]:
    """Draw each metric over the steps into one file of `folder`; return the files."""
    names = sorted({name for row in rows for name in row} - _LEFT_OUT)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        points = [(row["step"], row[name]) for row in rows if isinstance(row.get(name), int | float)]
        if len(points) < 2:
            continue
        figure, axes = pyplot.subplots(figsize=(7, 3.5))
        axes.plot([x for x, _ in points], [y for _, y in points], color="#a8c4e0", linewidth=1)
        axes.plot([x for x, _ in points], _smooth([y for _, y in points]), color="#1f4e79", linewidth=2)
        axes.set_title(f"{title}: {name}")
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        files.append(folder / f"{name.replace('/', '-')}.svg")
        _save(figure, files[-1])
    return files


def _smooth(values: Sequence[float], share: float = 0.1) -> list[float]:
    """Return the exponential mean: each value counts for `share`."""
    smoothed: list[float] = []
    for value in values:
        smoothed.append(value if not smoothed else smoothed[-1] + share * (value - smoothed[-1]))
    return smoothed


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
