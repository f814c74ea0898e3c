"""The plot of policies: dollars a task against the share of tasks solved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toolscale.errors import ToolscaleError, nearest
from toolscale.orchestration.policies import PolicyFigures

_FORMATS = (".svg", ".png", ".pdf")


def draw(found: Sequence[PolicyFigures], path: Path, *, title: str) -> None:
    """Write the plot to a file whose name ends with .svg, .png or .pdf. Raises ToolscaleError for another one."""
    if path.suffix not in _FORMATS:
        raise ToolscaleError(f"a plot can't be written as '{path.suffix}'", remedy=nearest(path.suffix, _FORMATS))
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for one in found:
        axes.scatter(one.dollars, one.success, s=60)
        axes.annotate(one.policy, (one.dollars, one.success), xytext=(8, -4), textcoords="offset points")
    axes.set_xscale("log")
    axes.margins(x=0.4)
    axes.set(xlabel="dollars a task", ylabel="tasks solved", ylim=(0, 1.05), title=title)
    axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
