"""The choices that an agent has to make, and whether the words of the user and of the policy make them for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from toolscale.canonical import canonical_json
from toolscale.environment.builtin import ESCALATE
from toolscale.environment.environment import Environment
from toolscale.scoring.reading import calendar, numerals
from toolscale.scoring.said import Statement, is_said
from toolscale.synthesis.provenance import leaves, values_at
from toolscale.task import ReferenceCall, Task, Trajectory

_STEP = re.compile(r"result (\d+): ([^;]*\[\d+\][^;]*)$")
_SUPERLATIVE = re.compile(
    r"\b(?!(?:request|interest|guest|honest|suggest|protest|contest|invest|arrest|harvest|forest|modest|digest|manifest|almost|"
    r"utmost|foremost)s?\b)\w{3,}(?:est|most)\b|"
    r"(?<!\bat )\b(?:most|least)\b|\b(?:best|worst|first|last|next|second|third|early|late|soon|cheap|dear|top|"
    r"later|earlier|sooner|cheaper|dearer|longer|shorter|larger|smaller|bigger|higher|lower|newer|older|nearer|closer|faster)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:under|below|over|above|beyond|beneath|within|more|less|fewer|higher|lower|larger|smaller|later|earlier|older|newer|than|"
    r"least|most|up to|before|after|until|till|by|since|from|between|exceeds?|exceeding|enough|afford|covers?|minimum|maximum)\b",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
_TIME = re.compile(r"\d\d:\d\d")
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_OTHERS = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """Another value that an argument could have, and why nothing excludes it."""

    call: int
    parameter: str
    value: Any
    because: str


@dataclass(frozen=True, slots=True)
class Words:
    """What the user says in the whole conversation and would say if asked, as text and as values."""

    text: str
    numbers: frozenset[float]
    days: frozenset[str]
    limits: bool

    @classmethod
    def of(cls, task: Task, trajectory: Trajectory, environment: Environment) -> Words:
        """Return the words of a task's user."""
        facts = [*task.scenario.identity, *(fact for request in task.scenario.requests for fact in request.facts)]
        told = [f"{fact.about}: {fact.said}." for fact in facts]
        said = [str(message.get("content") or "") for message in trajectory.messages if message["role"] == "user"]
        text = "\n".join([*told, *said])
        year = environment.domain.about.clock[:4]
        days = {f"{day.year or year}-{day.month:02d}-{day.day:02d}" for day in calendar(text).days}
        return cls(
            text,
            frozenset(float(number.value) for number in numerals(text)),
            frozenset(days),
            bool(_LIMIT.search(text)),
        )

    def name(self, value: Any) -> bool:
        """Return whether the words name this value."""
        if isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return float(value) in self.numbers
        text = str(value)
        if _TIME.fullmatch(text):
            return is_said(Statement("time", text, "time"), self.text)
        if len(text) > 1 and is_said(Statement("text", text, "value"), self.text):
            return True
        return text[:10] in self.days

    def hint_at(self, one: Any, other: Any) -> bool:
        """Return whether a word of one text that the other lacks is used."""
        if not isinstance(one, str) or not isinstance(other, str):
            return False
        own = set(_LONG_WORD.findall(one.lower())) - set(_LONG_WORD.findall(other.lower()))
        return any(word in self.text.lower() for word in own)

    def separate(self, one: Any, other: Any) -> bool:
        """Return whether a limit that the words give, a number or a date, lies between two values."""
        if isinstance(one, bool) or isinstance(other, bool) or not self.limits:
            return False
        if isinstance(one, int | float) and isinstance(other, int | float):
            low, high = sorted((float(one), float(other)))
            return any(low <= number <= high for number in self.numbers)
        if isinstance(one, str) and isinstance(other, str):
            first, last = sorted((one[:10], other[:10]))
            return any(first <= day <= last for day in self.days)
        return False


def choices(task: Task, number: int, environment: Environment, words: Words) -> Iterator[Choice]:
    """Yield the other values that the arguments of a reference call could have had for all that the words say."""
    call = task.reference[number]
    tool = environment.compiled.tools[call.tool]
    for parameter, source in call.sources.items():
        value = call.arguments.get(parameter)
        if (
            isinstance(value, bool)
            or parameter in tool.parameters.free_text
            or source.startswith("user: ")
            or words.name(value)
        ):
            continue
        schema = tool.format.parameters[parameter]
        taken = {canonical_json(o.arguments.get(parameter)) for o in task.reference if o.tool == call.tool}
        if match := _STEP.match(source):
            rows = _rows(json.loads(task.reference[int(match[1])].result), match[2])
            settled = _settled(task, number, words, int(match[1]))
            ordered = _asks_for_the_first(task, call, environment)
            yield from _other_rows(number, parameter, value, rows, taken, words, settled, ordered)
        elif "enum" in schema and source == "policy" and call.writes and call.tool != ESCALATE:
            for other in schema["enum"]:
                if other != value and canonical_json(other) not in taken and words.name(other):
                    yield Choice(number, parameter, other, "the user's words name it, and not the other")


def _asks_for_the_first(task: Task, call: ReferenceCall, environment: Environment) -> bool:
    """Return whether the request, or what the agent is told of the tool, asks for the first or last in some order."""
    compiled = environment.compiled
    request = task.scenario.requests[call.request]
    asked = [request.reason, *(f"{fact.about} {fact.said}" for fact in request.facts)]
    told = [rule.text for rule in compiled.policy.rules if call.tool in rule.applies_to]
    told.append(compiled.tools[call.tool].format.description)
    told += [str(schema.get("description", "")) for schema in compiled.tools[call.tool].format.parameters.values()]
    return any(_SUPERLATIVE.search(text) for text in (*asked, *told))


def _rows(value: Any, path: str) -> list[tuple[dict[str, Any], Any]]:
    """Return each row of the innermost list of `path` with its value at the rest of the path."""
    head, _, tail = path.rpartition("]")
    table, _, _ = head.rpartition("[")
    found = []
    for row in values_at(value, table)[0] if table else value:
        inner = values_at(row, tail.lstrip(".")) if tail else [row]
        if inner:
            found.append((row if isinstance(row, dict) else {"": row}, inner[0]))
    return found


def _settled(task: Task, number: int, words: Words, chosen_from: int) -> set[tuple[str, str]]:
    """Return the fields and values that earlier calls were made with, and those of the rows that they singled out.

    Singled out is a row that comes alone, or those of which the words name something, as far as they agree. The result that the
    choice is made from settles nothing.
    """
    found: set[tuple[str, str]] = set()
    for place, call in enumerate(task.reference[:number]):
        found |= {(name, canonical_json(value)) for name, value in call.arguments.items()}
        if place == chosen_from:
            continue
        value = json.loads(call.result)
        if isinstance(value, list) and len(value) > 1:
            value = _agreed([row for row in value if isinstance(row, dict) and _named(row, words)])
        elif isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            found |= {
                (path.rpartition(".")[2], canonical_json(leaf)) for path, leaf in leaves(value) if "[" not in path
            }
    return found


def _named(row: dict[str, Any], words: Words) -> bool:
    return any(isinstance(value, str) and words.name(value) for value in row.values())


def _agreed(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields in which all rows have the same value."""
    if not rows:
        return {}
    return {field: value for field, value in rows[0].items() if all(row.get(field) == value for row in rows)}


def _other_rows(
    number: int,
    parameter: str,
    value: Any,
    rows: Sequence[tuple[dict[str, Any], Any]],
    taken: set[str],
    words: Words,
    settled: set[tuple[str, str]],
    ordered: bool,
) -> Iterator[Choice]:
    own = next((row for row, found in rows if found == value), None)
    if own is None:
        return
    others = [(row, found) for row, found in rows if canonical_json(found) not in taken]
    left = [(row, found) for row, found in others if not _told_apart(own, row, words, settled)]
    if not left or (ordered and _stands_out(own, [row for row, _ in left])):
        return
    for row, found in left[:_OTHERS]:
        yield Choice(
            number, parameter, found, f"nothing tells {canonical_json(own)[:200]} from {canonical_json(row)[:200]}"
        )


def _told_apart(own: dict[str, Any], other: dict[str, Any], words: Words, settled: set[tuple[str, str]]) -> bool:
    """Return whether a field has a value that the words or an earlier step name in one row only, or that they separate."""
    for field, value in own.items():
        another = other.get(field)
        if value == another or isinstance(value, dict | list) or isinstance(another, dict | list):
            continue
        if any(words.name(mine) or words.hint_at(mine, its) for mine, its in _parts(value, another) if mine != its):
            return True
        if words.separate(value, another) or (
            (field, canonical_json(value)) in settled and not isinstance(value, bool)
        ):
            return True
    return False


def _parts(one: Any, other: Any) -> list[tuple[Any, Any]]:
    """Return two moments as their dates and their times, and other values as they are."""
    if isinstance(one, str) and isinstance(other, str) and _MOMENT.match(one) and _MOMENT.match(other):
        return [(one[:10], other[:10]), (one[11:16], other[11:16])]
    return [(one, other)]


def _stands_out(own: dict[str, Any], others: Sequence[dict[str, Any]]) -> bool:
    """Return whether the row is the first or the last in one field, or among those that tie there in another, and so on."""
    left = list(others)
    while left:
        beaten = next((worse for field in own for worse in _beaten(own, left, field) if worse), None)
        if beaten is None:
            return False
        left = [other for other in left if not any(other is row for row in beaten)]
    return True


def _beaten(own: dict[str, Any], others: Sequence[dict[str, Any]], field: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows behind, where no row is before this one in the field: in ascending, then in descending order."""
    value = own[field]
    alike = str if isinstance(value, str) else (int, float)
    if isinstance(value, bool) or not all(isinstance(other.get(field), alike) for other in others):
        return
    if all(value <= other[field] for other in others):
        yield [other for other in others if value < other[field]]
    if all(value >= other[field] for other in others):
        yield [other for other in others if value > other[field]]
