"""The manifest: what a build was made from, what came of it, and the hash of each file."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import apsw
import pandas as pd

from toolscale import __version__
from toolscale.authoring.funnel import Funnel
from toolscale.shards.diversity import diversity
from toolscale.shards.parts import PartSummary
from toolscale.shards.rows import ROW_FORMAT
from toolscale.synthesis.plan import SPLITS, BuildConfiguration, build_fingerprint, library_fingerprint
from toolscale.task import REFERENCE

_LIBRARIES = ("faker", "jinja2", "pyarrow", "apsw")


def manifest(
    configuration: BuildConfiguration, summaries: Sequence[PartSummary], target: Path, files: Mapping[str, str]
) -> dict[str, Any]:
    """Return the manifest of a build whose shards lie in `target`. It names no time, host, path or number of workers."""
    by_domain: dict[str, list[PartSummary]] = {}
    for summary in summaries:
        by_domain.setdefault(summary.domain, []).append(summary)
    tasks = _task_columns(target, files)
    offered = _offered(target, files)
    named = configuration.model_dump(mode="json") | {"domains": list(by_domain)}
    return {
        "toolscale": __version__,
        "row_format": ROW_FORMAT,
        "configuration": named,
        "fingerprint": build_fingerprint(configuration, [parts[0].domain_fingerprint for parts in by_domain.values()]),
        "library_fingerprint": library_fingerprint(),
        "libraries": {
            **{name: metadata.version(name) for name in _LIBRARIES},
            "sqlite": apsw.sqlite_lib_version(),
        },
        "tasks": sum(summary.accepted for summary in summaries),
        "splits": {split: sum(s.accepted for s in summaries if s.split == split) for split in SPLITS},
        "domains": {
            name: _domain(parts, tasks[tasks["domain"] == name], *offered[name])
            for name, parts in sorted(by_domain.items())
        },
        "mutants": _played(tasks, "mutants", "killed"),
        "equivalents": _played(tasks, "equivalents", "kept"),
        **_funnel(summaries),
        "files": dict(files),
    }


def _funnel(summaries: Sequence[PartSummary]) -> dict[str, Any]:
    """Return what a model's work came to, over all parts; nothing if there was none."""
    total = Funnel()
    for summary in summaries:
        if summary.funnel is not None:
            total.add(Funnel.from_json(summary.funnel))
    return {"funnel": total.as_json()} if any(summary.funnel is not None for summary in summaries) else {}


def _played(tasks: pd.DataFrame, rule: str, word: str) -> dict[str, int]:
    """Return how many variants were played, and how many went as they should: all of them where the rule passed."""
    counts = [(tried, tried * passed) for tried, passed in tasks[rule]]
    return {"tried": sum(tried for tried, _ in counts), word: sum(right for _, right in counts)}


def _tried(rule: str, verdicts: Iterable[dict[str, Any]]) -> tuple[int, bool]:
    """Return the number of variants of a rule's verdict, and whether it passed."""
    found = [(int(v["tried"]), bool(v["passed"])) for v in verdicts if v["rule"] == rule]
    return found[0] if found else (0, True)


def _domain(parts: Sequence[PartSummary], tasks: pd.DataFrame, tools: list[str], rules: list[str]) -> dict[str, Any]:
    rejected: Counter[str] = Counter()
    for part in parts:
        rejected.update(part.rejected)
    measured = asdict(diversity(tasks["sequence"], list(tasks["text"]), tasks["tools"], tasks["rules"]))
    measured["tools"] = dict.fromkeys(sorted(tools), 0) | measured["tools"]
    measured["rules"] = dict.fromkeys(sorted(rules), 0) | measured["rules"]
    return {
        "version": parts[0].version,
        "fingerprint": parts[0].domain_fingerprint,
        "drawn": sum(part.drawn for part in parts),
        "accepted": sum(part.accepted for part in parts),
        "rejected": dict(sorted(rejected.items())),
        "levels": _counts(tasks["level"]),
        "twists": _counts(tasks["twist"].dropna()),
        "refused": int(tasks["refused"].sum()),
        "conditional": int(tasks["conditional"].sum()),
        "joined_and_deep": int(tasks["deep"].sum()),
        "calls": {"mean": round(float(tasks["calls"].mean()), 3), "most": int(tasks["calls"].max())},
        "diversity": measured,
    }


def _counts(column: pd.Series[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in sorted(column.value_counts().items())}


def _task_columns(target: Path, files: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns that are counted, one row a task."""
    columns = [
        "task_id", "domain", "twist", "refused_rules", "rules", "conditional", "difficulty", "reference", "verdicts",
    ]  # fmt: skip
    names = sorted(name for name in files if name.startswith("tasks/"))
    tasks = pd.concat([_counted(pd.read_parquet(target / name, columns=columns)) for name in names])
    texts = [_texts(target / name) for name in sorted(files) if name.startswith("trajectories/")]
    return tasks.merge(pd.concat(texts), on="task_id")


def _offered(target: Path, files: Mapping[str, str]) -> dict[str, tuple[list[str], list[str]]]:
    """Return each domain's tools and rules with a predicate, which tasks may or may not exercise."""
    names = sorted(name for name in files if name.startswith("environments/"))
    columns = ["domain", "tool_order", "policy_json"]
    rows = pd.concat([pd.read_parquet(target / name, columns=columns) for name in names]).drop_duplicates("domain")
    return {
        str(row.domain): (
            json.loads(str(row.tool_order)),
            [rule["id"] for rule in json.loads(str(row.policy_json)) if rule["broken_if"]],
        )
        for row in rows.itertuples()
    }


def _texts(path: Path) -> pd.DataFrame:
    """Return what the user says in each task, as one text."""
    rows = pd.read_parquet(path, columns=["task_id", "source", "messages"])
    rows = rows[rows["source"] == REFERENCE]
    said = rows["messages"].map(lambda messages: " ".join(m["content"] for m in messages if m["role"] == "user"))
    return pd.DataFrame({"task_id": rows["task_id"], "text": said})


def _counted(tasks: pd.DataFrame) -> pd.DataFrame:
    difficulty = tasks["difficulty"]
    return pd.DataFrame(
        {
            "task_id": tasks["task_id"],
            "domain": tasks["domain"],
            "twist": tasks["twist"],
            "refused": tasks["refused_rules"].map(len) > 0,
            "conditional": tasks["conditional"],
            "level": difficulty.map(lambda d: d["level"]),
            "calls": difficulty.map(lambda d: d["calls"]),
            "deep": difficulty.map(lambda d: d["joins"] > 0 and d["writes"] > 1)
            | (tasks["conditional"] & difficulty.map(lambda d: d["joins"] > 0)),
            "sequence": tasks["reference"].map(lambda calls: " ".join(call["name"] for call in calls)),
            "tools": tasks["reference"].map(lambda calls: [call["name"] for call in calls]),
            "rules": tasks["rules"].map(list),
            **{name: tasks["verdicts"].map(functools.partial(_tried, name)) for name in ("mutants", "equivalents")},
        }
    )
