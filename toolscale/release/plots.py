"""The pictures of the card: difficulty, calls a task, and what became of the draws, as SVG files.

The same build gives the same bytes with the same matplotlib: ids come from a fixed salt, and no date is written.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from toolscale.shards.build import Build

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = ("easy", "medium", "hard")
_COLOURS = ("#9ecae1", "#4292c6", "#084594", "#bdbdbd", "#969696", "#737373", "#525252", "#252525", "#d9d9d9")
_WIDTH, _ROW = 7.0, 0.32  # inches


def plots(build: Build) -> dict[str, tuple[bytes, str]]:
    """Return the pictures by file name, each with what it shows."""
    domains: dict[str, Any] = build.manifest["domains"]
    levels = {level: [domain["levels"].get(level, 0) for domain in domains.values()] for level in LEVELS}
    rules = sorted({rule for domain in domains.values() for rule in domain["rejected"]})
    draws = {
        "accepted": [domain["accepted"] for domain in domains.values()],
        **{rule: [domain["rejected"].get(rule, 0) for domain in domains.values()] for rule in rules},
    }
    calls = Counter(int(row["difficulty"]["calls"]) for row in build.rows("tasks", columns=["difficulty"]))
    return {
        "plots/difficulty.svg": (_bars(list(domains), levels, "tasks"), "Difficulty of the tasks, by domain"),
        "plots/calls.svg": (_histogram(calls, "calls of the reference", "tasks"), "Calls a task"),
        "plots/yield.svg": (_bars(list(domains), draws, "candidates"), "What became of the candidates, by domain"),
    }


def _bars(names: Sequence[str], parts: Mapping[str, Sequence[int]], unit: str) -> bytes:
    def draw(axes: Axes) -> None:
        left = [0] * len(names)
        for number, (label, values) in enumerate(parts.items()):
            axes.barh(names, values, left=left, label=label, color=_COLOURS[number % len(_COLOURS)])
            left = [start + value for start, value in zip(left, values, strict=True)]
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        axes.legend(fontsize="small", frameon=False, loc="upper left", bbox_to_anchor=(1, 1))

    return _svg(draw, height=1.0 + _ROW * max(len(names), len(parts) * 0.8))


def _histogram(counts: Mapping[int, int], label: str, unit: str) -> bytes:
    def draw(axes: Axes) -> None:
        axes.bar(list(counts), list(counts.values()), color=_COLOURS[1])
        axes.set_xlabel(label)
        axes.set_ylabel(unit)

    return _svg(draw, height=2.6)


def _svg(draw: Any, *, height: float) -> bytes:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context(
        dict(matplotlib.rcParamsDefault) | {"svg.hashsalt": "toolscale", "svg.fonttype": "none"}
    ):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
        return drawn.getvalue()
