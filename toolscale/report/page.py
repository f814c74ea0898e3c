"""The page: figures rendered by templates, tasks embedded as compressed JSON, styles and scripts inlined.

The page asks for nothing over a network, and its content security policy lets nothing but its own style and script act, which it
names by their hashes. What comes from data is escaped by Jinja (autoescape) or put into the page by the script as text. The same
build gives the same bytes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
from jinja2 import Environment, FunctionLoader, StrictUndefined

from toolscale.report.browsing import detail_of, entry_of
from toolscale.report.figures import figures
from toolscale.report.selection import chosen, shares, sizes
from toolscale.shards.build import Build
from toolscale.shards.rows import Row

MOST_TASKS = 5000
"""Tasks that a report shows, unless it is told otherwise."""
_TASKS_A_CHUNK = 40
_SCRIPTS = ("dom", "data", "filtering", "task_list", "task_page", "start")
_TEMPLATES = resources.files("toolscale.report").joinpath("templates")


@dataclass(frozen=True, slots=True)
class Report:
    """A report as text, how many tasks it shows, and how many of the build it leaves out of its browser."""

    html: str
    shown: int
    left_out: int


def write_report(
    build: Build, file: Path, most_tasks: int = MOST_TASKS, *, seen: Callable[[int], None] = lambda _: None
) -> Report:
    """Write the report of a build to a file, whole or not at all, and return it; `seen` is told how many tasks are in so far."""
    report = report_of(build, most_tasks, seen=seen)
    partial = file.with_name(f"{file.name}.partial")
    partial.write_text(report.html, encoding="utf-8", newline="\n")
    partial.replace(file)
    return report


def report_of(build: Build, most_tasks: int = MOST_TASKS, *, seen: Callable[[int], None] = lambda _: None) -> Report:
    """Return the report of a build; of one with more than `most_tasks` tasks the browser shows the first of each group.

    The figures are of all tasks. Raises BuildError if a row does not read.
    """
    of_groups = sizes(build)
    wanted = shares(of_groups, most_tasks)
    shown, total = sum(wanted.values()), sum(of_groups.values())
    entries: list[dict[str, Any]] = []
    chunks = list(_chunks(_noted(chosen(build, wanted), entries, seen)))
    style, script = _text("report.css"), _script()
    html = (
        _jinja()
        .get_template("page.html.jinja")
        .render(
            figures=figures(build),
            shown=shown,
            total=total,
            style=style,
            script=script,
            style_hash=_source_hash(style),
            script_hash=_source_hash(script),
            entries=_packed(entries),
            chunks=chunks,
            tasks_a_chunk=_TASKS_A_CHUNK,
        )
    )
    return Report(html, shown, total - shown)


def _noted(
    rows: Iterable[tuple[Row, list[Row]]], entries: list[dict[str, Any]], seen: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    """Yield the details of tasks, and note an entry for each."""
    for row, trajectories in rows:
        entries.append(entry_of(row))
        seen(len(entries))
        yield detail_of(row, trajectories)


def _chunks(details: Iterator[Any]) -> Iterator[str]:
    while chunk := list(itertools.islice(details, _TASKS_A_CHUNK)):
        yield _packed(chunk)


def _packed(value: Any) -> str:
    """Return a JSON value compressed and in Base64, which is safe in HTML as it is.

    The compressor is pyarrow's own, as for the shards: Python's depends on the machine.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    compressed: bytes = pa.Codec("gzip", compression_level=9).compress(text, asbytes=True)
    return base64.b64encode(compressed).decode("ascii")


def _script() -> str:
    """Return the scripts as one, in a scope of their own."""
    return "(() => {\n'use strict';\n" + "\n".join(_text(f"{name}.js") for name in _SCRIPTS) + "})();\n"


def _source_hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


def _text(name: str) -> str:
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


@functools.cache
def _jinja() -> Environment:
    return Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
