"""Assembly: parts become the shards, the card and the manifest of a build, in an order that no worker decides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features

from toolscale.canonical import canonical_json
from toolscale.shards.card import card
from toolscale.shards.columns import CONFIGS, SCHEMAS
from toolscale.shards.digest import sha256
from toolscale.shards.manifest import manifest
from toolscale.shards.parts import PartSummary, read_part, read_summary
from toolscale.synthesis.plan import SPLITS, BuildConfiguration

ROWS_PER_FILE = {"tasks": 20_000, "trajectories": 10_000, "environments": 400, "rejections": 50_000}
ROWS_PER_GROUP = {
    "tasks": 1_000,
    "trajectories": 500,
    "environments": 1,
    "rejections": 1_000,
}  # one by one, so that one is read alone
COMPRESSION_LEVEL = 9


def assemble(
    configuration: BuildConfiguration, parts: Sequence[Path], target: Path, *, also: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Write the build folder `target` from the parts, in their order; returns the manifest.

    `also` is put into the manifest, in place of what it would say there. Memory holds one row group at a time.
    `target` is a work folder: the caller renames it when this has returned.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    summaries = [_summary(part) for part in parts]
    files: dict[str, str] = {}
    for config in CONFIGS:
        for split in SPLITS:
            for domain in sorted({summary.domain for summary in summaries}):
                chosen = [
                    (part, s.rows[config])
                    for part, s in zip(parts, summaries, strict=True)
                    if (s.split, s.domain) == (split, domain) and s.rows[config]
                ]
                for name in _write_files(target, config, f"{split}-{domain}", chosen):
                    files[name] = sha256(target / name)
    content = {**manifest(configuration, summaries, target, files), **(also or {})}
    (target / "README.md").write_text(card(content, target), encoding="utf-8")
    content["files"] = {**files, "README.md": sha256(target / "README.md")}
    (target / "manifest.json").write_text(canonical_json(content) + "\n", encoding="utf-8")
    return content


def _summary(part: Path) -> PartSummary:
    summary = read_summary(part)
    assert summary is not None, f"the part {part} was there when the flow ended"
    return summary


def _write_files(target: Path, config: str, rows: str, parts: Sequence[tuple[Path, int]]) -> Iterator[str]:
    """Write the rows of one split and domain. No file has rows of two domains, so that one can be had without the others."""
    files = _files(parts, ROWS_PER_FILE[config])
    schema = Features.from_arrow_schema(SCHEMAS[config]).arrow_schema  # carries the features that `datasets` reads
    for number, members in enumerate(files):
        name = f"{config}/{rows}-{number:05d}-of-{len(files):05d}.parquet"
        (target / config).mkdir(exist_ok=True)
        with pq.ParquetWriter(
            target / name, schema, compression="zstd", compression_level=COMPRESSION_LEVEL, write_page_checksum=True
        ) as writer:
            for group in _groups(config, members):
                writer.write_table(group.cast(schema), row_group_size=ROWS_PER_GROUP[config])
        yield name


def _files(parts: Sequence[tuple[Path, int]], most: int) -> list[list[Path]]:
    """Fill files with whole parts. A split without rows has no file: `datasets` cannot read an empty one."""
    files: list[list[Path]] = []
    room = 0
    for part, rows in parts:
        if rows > room:
            files.append([])
            room = most
        files[-1].append(part)
        room -= rows
    return files


def _groups(config: str, parts: Sequence[Path]) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for part in parts:
        waiting.append(read_part(part, config))
        if sum(table.num_rows for table in waiting) >= ROWS_PER_GROUP[config]:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()
