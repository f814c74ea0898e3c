"""A task: who calls and why, the reference that solves it, and what makes a trajectory count as a solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from toolscale.environment.difference import StateDifference
from toolscale.orchestration.offer import ASK_EXPERT, Orchestration
from toolscale.scoring.said import Statement

TwistKind = Literal["change of mind", "wrong detail", "distraction", "impossible wish"]
Message = dict[str, Any]
REFERENCE = "reference"
"""The source of the trajectories that a build is made with; others name the model that solved the task."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that the user knows, by what one would ask for."""

    about: str
    value: Any

    @property
    def said(self) -> str:
        """The value as the user says it."""
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if isinstance(self.value, float):
            return f"{self.value:.2f}".removesuffix(".00")
        if isinstance(self.value, list):
            return ", ".join(Fact(self.about, item).said for item in self.value)
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Request:
    """What the user wants of one intent: the words, what they know and do not know, what they want to be told."""

    intent: str
    reason: str
    facts: tuple[Fact, ...]
    unknown: tuple[str, ...]
    asks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Twist:
    """A turn in one request: `fact` holds the value that the user says first, before the right one."""

    kind: TwistKind
    request: int
    fact: Fact | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class UserScenario:
    """All that the user is and knows; a scripted user or a language model can play it.

    `identity` is what the agent needs to know who calls, first in the request number `identified_in`.
    """

    name: str
    persona: str
    register: str
    identity: tuple[Fact, ...]
    identified_in: int
    unknown: tuple[str, ...]
    requests: tuple[Request, ...]
    twist: Twist | None


@dataclass(frozen=True, slots=True)
class ReferenceCall:
    """One call of the reference trajectory; `sources` says where each argument comes from.

    A call decides if its result may settle whether or how often a later one is made, whether something must be said, or
    whether a wish is refused.
    """

    tool: str
    arguments: dict[str, Any]
    result: str
    writes: bool
    optional: bool
    decides: bool
    request: int
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """A call that the user wants and the agent must not make: the tool would accept it, and it breaks exactly `rule`.

    `after` is the number of reference calls that come before the refusal.
    """

    rule: str
    after: int
    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a trajectory must do: the rows to change, and how; the statements to make to the user."""

    difference: StateDifference
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What it takes to solve the task, counted on the reference."""

    level: Literal["easy", "medium", "hard"]
    calls: int
    writes: int
    joins: int
    rules: int
    statements: int
    requests: int
    turns: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a task comes from: enough to draw it again."""

    author: str
    version: str
    seed: int
    database_seed: int
    draw: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of a task; `evidence` is for people, in one line.

    `tried` counts the variants that a rule of variants has played; they all went as they should if it passed.
    """

    rule: str
    passed: bool
    evidence: str = ""
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A verifiable task on one environment.

    `tools` are the names that it offers. Tasks of row format 1 have no orchestration: no experts, no preference.
    """

    id: str
    domain: str
    environment_id: str
    intents: tuple[str, ...]
    wishes: tuple[Wish, ...]
    conditional: bool
    scenario: UserScenario
    reference: tuple[ReferenceCall, ...]
    criteria: Criteria
    tools: tuple[str, ...]
    difficulty: Difficulty
    origin: Origin
    orchestration: Orchestration | None = None

    @property
    def weighed(self) -> tuple[str, ...]:
        """What a preference weighs beside accuracy, cost and latency: the offered tools, then the experts."""
        experts = self.orchestration.experts if self.orchestration else ()
        return (*(name for name in self.tools if name != ASK_EXPERT), *(expert.name for expert in experts))

    @property
    def refused(self) -> tuple[str, ...]:
        """The rules for which the agent refuses something."""
        return tuple(wish.rule for wish in self.wishes)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A conversation in OpenAI's message format, with tool calls and results."""

    task_id: str
    source: str
    messages: tuple[Message, ...]
