"""The report of an evaluation, in Markdown and in HTML: the same tables, and plots beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from toolscale.orchestration.policies import PolicyFigures
from toolscale.trainer.charts import draw_bars, draw_success_against_cost, draw_training
from toolscale.trainer.metrics import read_metrics
from toolscale.trainer.outcomes import Outcome
from toolscale.trainer.selection import LEVELS
from toolscale.trainer.summary import Summary, summaries, summary
from toolscale.trainer.unseen import KINDS


@dataclass(frozen=True, slots=True)
class _Table:
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


_FIGURES = ("success (95 %)", "pass^k", "dollars", "dollars a solved task", "seconds", "preference", "calls", "turns")


def write_report(
    folder: Path,
    name: str,
    outcomes: Sequence[Outcome],
    others: Mapping[str, Sequence[Outcome]],
    baselines: Sequence[PolicyFigures],
    *,
    model: Path,
) -> Path:
    """Write report.md and report.html with their plots, and return the path of the latter.

    `others` are evaluations of other models, `baselines` what policies in closed form come to on these tasks; `model` is the
    model's folder: if it has metrics of a training, their curves are shown.
    """
    everyone = {name: outcomes, **others}
    totals = {who: summary(attempts) for who, attempts in everyone.items()}
    tables = [
        _table("Models", "model", totals),
        _expected(baselines),
        _table(f"{name} by split", "split", summaries(outcomes, lambda one: one.splits, KINDS)),
        _table(f"{name} by domain", "domain", summaries(outcomes, lambda one: (one.domain,))),
        _table(f"{name} by difficulty", "difficulty", summaries(outcomes, lambda one: (one.level,), LEVELS)),
        _table(f"{name} by intent", "intent", summaries(outcomes, lambda one: one.intents)),
        _shares("Share of the calls that asked an expert", "expert", {w: t.experts for w, t in totals.items()}),
        _counts("Why attempts failed", "failure", {w: t.failures for w, t in totals.items()}),
    ]
    plots = [
        draw_success_against_cost(
            {who: (one.dollars, one.success) for who, one in totals.items()},
            {one.policy: (one.dollars, one.success) for one in baselines},
            folder / "success-cost.svg",
        ),
        draw_bars("Share of the calls", {w: t.experts for w, t in totals.items()}, folder / "experts.svg"),
        draw_bars("Failed attempts", {w: t.failures for w, t in totals.items()}, folder / "failures.svg"),
        *draw_training(read_metrics(model / "metrics.jsonl"), folder / "curves", title=name),
    ]
    drawn = [path.relative_to(folder) for path in plots if path is not None]
    text = [f"# Evaluation of {name}", "", _read_as(outcomes), "", *_markdown(tables)]
    text += [f"![{path.stem}]({path.as_posix()})" for path in drawn]
    (folder / "report.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    page = folder / "report.html"
    page.write_text(_html(name, _read_as(outcomes), tables, folder, drawn), encoding="utf-8")
    return page


def _read_as(outcomes: Sequence[Outcome]) -> str:
    tasks = len({one.task_id for one in outcomes})
    return (
        f"{len(outcomes)} attempts at {tasks} tasks. Success has Wilson's 95 % interval; pass^k is the chance that k attempts "
        "at a task all solve it; dollars and seconds are means over attempts, and count what models are paid and take, never "
        "what this machine took; preference is relative to the reference (appendix L of arXiv 2511.21689)."
    )


def _table(title: str, what: str, parts: Mapping[str, Summary]) -> _Table:
    return _Table(title, (what, "attempts", *_FIGURES), [(part, *_figures(one)) for part, one in parts.items()])


def _expected(baselines: Sequence[PolicyFigures]) -> _Table:
    rows: list[tuple[str, ...]] = [
        (
            one.policy,
            f"{one.success:.1%}",
            f"{one.dollars:.5f}",
            f"{one.seconds:.1f}",
            f"{one.score:.3f}",
            f"{one.questions:.2f}",
        )
        for one in baselines
    ]
    head = ("policy", "success", "dollars", "seconds", "preference against never asking", "questions")
    return _Table("Closed-form baselines", head, rows)


def _figures(one: Summary) -> tuple[str, ...]:
    return (
        f"{one.success.trials:,}",
        str(one.success),
        " ".join(f"{value:.3f}" for value in one.passes),
        f"{one.dollars:.5f}",
        "none solved" if one.dollars_per_solved is None else f"{one.dollars_per_solved:.5f}",
        f"{one.seconds:.1f}",
        f"{one.preference:.3f}",
        f"{one.calls:.2f}",
        f"{one.turns:.2f}",
    )


def _shares(title: str, what: str, by_model: Mapping[str, Mapping[str, float]]) -> _Table:
    names = sorted({name for shares in by_model.values() for name in shares})
    rows = [(name, *(f"{shares.get(name, 0):.1%}" for shares in by_model.values())) for name in names]
    return _Table(title, (what, *by_model), rows)


def _counts(title: str, what: str, by_model: Mapping[str, Mapping[str, int]]) -> _Table:
    names = sorted({name for counts in by_model.values() for name in counts})
    rows = [(name, *(f"{counts.get(name, 0):,}" for counts in by_model.values())) for name in names]
    return _Table(title, (what, *by_model), rows)


def _markdown(tables: Sequence[_Table]) -> list[str]:
    lines = []
    for table in tables:
        if table.rows:
            lines += [f"## {table.title}", "", "| " + " | ".join(table.head) + " |", "|" + "---|" * len(table.head)]
            lines += ["| " + " | ".join(row) + " |" for row in table.rows]
            lines.append("")
    return lines


def _html(name: str, about: str, tables: Sequence[_Table], folder: Path, plots: Sequence[Path]) -> str:
    body = [f"<h1>Evaluation of {escape(name)}</h1>", f"<p>{escape(about)}</p>"]
    for table in tables:
        if table.rows:
            head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
            rows = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows]
            body.append(f"<h2>{escape(table.title)}</h2><table><tr>{head}</tr>{''.join(rows)}</table>")
    for path in plots:
        drawn = (folder / path).read_text(encoding="utf-8")
        body.append(drawn[drawn.index("<svg") :])  # inside the page, so that it is one file
    return f"<!doctype html><meta charset='utf-8'><title>{escape(name)}</title><style>{_STYLE}</style>{''.join(body)}\n"


_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;font-size:13px}td,th{border:1px solid #ccc;padding:.25rem .5rem;text-align:left}"
    "th{background:#f3f5f8}svg{max-width:48rem;height:auto;display:block;margin:1rem 0}"
)
