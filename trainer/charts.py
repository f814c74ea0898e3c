"""Charts of a run, as SVG files that need no viewer but a browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "toolscale"  # the same figures, the same bytes

from matplotlib import pyplot  # noqa: E402 (the backend must be chosen first)

from toolscale.trainer.intervals import Share  # noqa: E402

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


def draw_success_against_cost(
    points: Mapping[str, tuple[float, Share]], expected: Mapping[str, tuple[float, float]], path: Path
) -> Path:
    """Draw each model's success, with its interval, over the mean dollars of an attempt, and what baselines would reach."""
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for name, (dollars, success) in points.items():
        low, high = success.interval
        spread = [[max(0.0, success.value - low)], [max(0.0, high - success.value)]]
        axes.errorbar([dollars], [success.value], yerr=spread, fmt="o", capsize=3, label=name)
    for name, (dollars, value) in expected.items():
        axes.plot([dollars], [value], "x", color="grey")
        axes.annotate(name, (dollars, value), fontsize=7, color="grey", xytext=(4, 4), textcoords="offset points")
    axes.set_xlabel("dollars an attempt")
    axes.set_ylabel("success (95 % interval)")
    axes.set_ylim(-0.02, 1.02)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    axes.set_title("Success against cost")
    _save(figure, path)
    return path


def draw_bars(title: str, groups: Mapping[str, Mapping[str, float]], path: Path) -> Path | None:
    """Draw the values of each group side by side; None, and no file, if there are none."""
    names = sorted({name for values in groups.values() for name in values})
    if not names:
        return None
    figure, axes = pyplot.subplots(figsize=(8, 0.6 + 0.35 * len(names) * max(len(groups), 1)))
    height = 0.8 / len(groups)
    for place, (group, values) in enumerate(groups.items()):
        positions = [number + place * height for number in range(len(names))]
        axes.barh(positions, [values.get(name, 0) for name in names], height=height, label=group)
    axes.set_yticks([number + 0.4 - height / 2 for number in range(len(names))], names, fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title)
    axes.legend(fontsize=8)
    _save(figure, path)
    return path
