"""Reports for tests: copies of a build whose rows were changed, and the data that is embedded in a page."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from toolscale.shards.build import Build
from toolscale.shards.columns import SCHEMAS

HOSTILE = '</script></td><img src="x" onerror="window.broken=1"><script>window.broken=2</script>&amp;<!-- {{ 7*7 }}'
_EMPTY = {"meta", "link", "input", "br", "img", "rect"}


def changed(build: Build, folder: Path, config: str, change: Callable[[list[dict[str, Any]]], list[Any]]) -> Build:
    """A copy of a build in which `change` was done to the rows of each of a configuration's files."""
    if folder != build.folder:
        shutil.copytree(build.folder, folder)
    for file in Build(folder).files(config):
        rows = change(pq.read_table(file).to_pylist())
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS[config]), file)
    return Build(folder)


def hostile(build: Build, folder: Path) -> Build:
    """A copy of a build whose people, agents, tools and rejections all speak markup."""

    def conversation(rows: list[dict[str, Any]]) -> list[Any]:
        for row in rows:
            for message in row["messages"]:
                message["content"] = f"{message['content'] or ''} {HOSTILE}"
                for call in message["tool_calls"] or ():
                    call["function"]["arguments"] = json.dumps({"note": HOSTILE})
        return rows

    def task(rows: list[dict[str, Any]]) -> list[Any]:
        for row in rows:
            scenario = json.loads(row["scenario"])
            scenario["requests"][0]["reason"] = HOSTILE
            row["scenario"] = json.dumps(scenario)
            row["user_scenario"] = dict.fromkeys(row["user_scenario"], HOSTILE)
            row["verdicts"][0]["evidence"] = HOSTILE
        return rows

    copy = changed(build, folder, "trajectories", conversation)
    changed(copy, folder, "tasks", task)
    _reject(folder, dict.fromkeys(("reason", "evidence"), HOSTILE))
    return Build(folder)


def _reject(folder: Path, words: dict[str, str]) -> None:
    """Make a candidate the only rejected one of a build of the library."""
    row = dict.fromkeys(SCHEMAS["rejections"].names) | {
        "domain": "library",
        "split": "train",
        "rule": "minimal",
        **words,
    }
    file = folder / "rejections/train-library-00000-of-00001.parquet"
    shutil.rmtree(file.parent, ignore_errors=True)
    file.parent.mkdir()
    pq.write_table(pa.Table.from_pylist([row], schema=SCHEMAS["rejections"]), file)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["domains"]["library"]["rejected"] = {"minimal": 1}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def many(build: Build, folder: Path, times: int) -> Build:
    """A copy of a build with each task many times, under other ids."""

    def again(rows: list[dict[str, Any]]) -> list[Any]:
        return [{**row, "task_id": f"{row['task_id']}-{number}"} for number in range(times) for row in rows]

    return changed(changed(build, folder, "tasks", again), folder, "trajectories", again)


class Page(HTMLParser):
    """A page as a parser reads it: tags with their attributes, the text of each, and the embedded data."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.seen: list[str] = []
        self.by_id: dict[str, str] = {}
        self.unclosed: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()
        self.unclosed = [name for name, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self._open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self._open:
            tag, attributes = self._open[-1]
            if tag not in ("script", "style"):
                self.seen.append(data)
            self.texts.setdefault(tag, []).append(data)
            name = attributes.get("id")
            if name:
                self.by_id[name] = self.by_id.get(name, "") + data

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen).split())

    def data(self, name: str) -> Any:
        return json.loads(gzip.decompress(base64.b64decode(self.by_id[name])))

    @property
    def details(self) -> list[Any]:
        names = [str(a["id"]) for tag, a in self.tags if tag == "script" and str(a.get("id", "")).startswith("chunk-")]
        return [detail for name in names for detail in self.data(name)]
