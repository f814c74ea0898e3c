"""TS112: what tools return is JSON through and through, and small."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from toolscale.database.lockdown import MAX_RESULT_BYTES
from toolscale.domain.folder import DomainFolder
from toolscale.environment.episode import CallRecord
from toolscale.errors import DomainError
from toolscale.validators.registry import Finding, domain_rule
from toolscale.validators.rehearsal import Rehearsal, rehearsed

_NO_RESULT = ("The result is too large", "The tool's result is not JSON")


@domain_rule("TS112", "results", rehearses=True)
def results(folder: DomainFolder) -> Iterator[Finding]:
    """Each result in the rehearsal is JSON of at most 32,000 bytes, and no text in it holds a JSON object or array.

    Why: an array that arrives as a string must be parsed twice. Agents stumble over that, and neither what must be said nor
    where an argument comes from can be read from it. What is too large never arrives.

    Fails: `json_object('lines', (SELECT json_group_array(...) ...))`, which SQLite hands on as text.
    Passes: `json_object('lines', json((SELECT json_group_array(...) ...)))`; lists of the newest twenty.
    """
    try:
        rehearsal = rehearsed(folder)
    except DomainError:
        return  # TS101 says it
    told: set[tuple[str, str]] = set()
    for tool, fault, remedy in itertools.chain(_without_result(rehearsal), *map(_faults, rehearsal.records)):
        if tool in folder.domain.tools and (tool, remedy) not in told:
            told.add((tool, remedy))
            yield Finding(f"{tool}: {fault}", remedy, folder.place("tools.yaml", tool, "result"))


def _without_result(rehearsal: Rehearsal) -> Iterator[tuple[str, str, str]]:
    """Yield the calls that failed because their result is too large or no JSON, those of rejected candidates too."""
    remedy = "Select one JSON value, of lists the newest or best twenty or so."
    failed = [(record.tool, record.result) for record in rehearsal.records if not record.ok]
    failed += [(rejection.evidence.partition("(")[0], rejection.evidence) for rejection in rehearsal.rejections]
    for tool, told in failed:
        for words in _NO_RESULT:
            if f'{{"error": "{words}' in told:
                yield tool, words, remedy


def _faults(record: CallRecord) -> Iterator[tuple[str, str, str]]:
    if not record.ok:
        return
    size = len(record.result.encode())
    if size > MAX_RESULT_BYTES:
        yield (
            record.tool,
            f"the result has {size} bytes, {MAX_RESULT_BYTES} are allowed",
            "Return fewer rows or fields.",
        )
    for path, text in texts_in(record.value):
        if text[:1] in ("{", "[") and _is_json(text):
            place = path or "the top"
            yield record.tool, f"the text at {place} is JSON itself: {text[:80]}", "Wrap the inner query in json(...)."


def texts_in(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text in a JSON value with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts_in(item, f"{path}[{index}]")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
