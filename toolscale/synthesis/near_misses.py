"""Near misses of a reference: what is wrong by one thing, and plausible: another row, another value, another figure.

The rules of variants prove that each scores 0; an expert of the simulation that errs says one of them.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from toolscale.environment.environment import Environment
from toolscale.scoring.said import Statement
from toolscale.synthesis.provenance import values_at
from toolscale.synthesis.templates import clock_time
from toolscale.task import Task

_SIBLINGS = 2
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_STEP = re.compile(r"result (\d+): (.*)$")


def neighbours(task: Task, number: int) -> Iterator[tuple[str, Any]]:
    """Yield a parameter that came from a row of an earlier result, with the same field of other rows there."""
    call = task.reference[number]
    for parameter, sources in call.sources.items():
        match = _STEP.match(sources)
        if match is None or not isinstance(call.arguments.get(parameter), str):
            continue
        siblings = values_at(json.loads(task.reference[int(match[1])].result), match[2], any_row=True)
        others = [value for value in siblings if isinstance(value, str) and value != call.arguments[parameter]]
        for value in sorted(set(others))[:_SIBLINGS]:
            yield parameter, value


def other_values(task: Task, number: int, environment: Environment) -> Iterator[tuple[str, Any]]:
    """Yield a parameter of a reference call with other amounts, counts, dates, choices and yes-or-nos."""
    call = task.reference[number]
    tool = environment.compiled.tools[call.tool]
    for parameter, value in call.arguments.items():
        if parameter in tool.parameters.free_text:
            continue
        schema = tool.format.parameters[parameter]
        if isinstance(value, bool):
            yield parameter, not value
        elif "enum" in schema:
            yield from ((parameter, other) for other in schema["enum"] if other != value)
        elif isinstance(value, int | float):
            yield from ((parameter, other) for other in (value + 1, value * 2, value - 1) if other != value)
        elif isinstance(value, str) and _DATE.fullmatch(value[:10]):
            for days in (1, -1, 7):
                yield parameter, _moved(value, days)
        elif isinstance(value, list) and value:
            yield parameter, value[:-1]


def wrong_wordings(statement: Statement) -> Sequence[str]:
    """Return sentences that state another value, or none."""
    about, value = statement.about, statement.value
    if isinstance(value, int | float):
        unit = f" {statement.unit}" if statement.unit else ""
        sign = "$" if statement.kind == "money" else ""
        return [f"{about}: {sign}{other}{unit}." for other in (value + 1, value * 10 or 5, value * 2 + 3)]
    if statement.kind == "date":
        return [f"{about}: {_moved(str(value), days)}." for days in (1, -30, 365)]
    if statement.kind == "time":
        hours, minutes = clock_time(str(value)).split(":")
        return [f"{about}: {(int(hours) + later) % 24:02d}:{minutes}." for later in (1, 12)]
    return [f"{about}: unknown.", f"{about}: none of these."]


def _moved(text: str, days: int) -> str:
    try:
        return str(dt.date.fromisoformat(text[:10]) + dt.timedelta(days=days)) + text[10:]
    except (ValueError, OverflowError):
        return text + "?"
