"""Solving a build: k fair attempts at each task, as many at once as the client's concurrency allows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from toolscale.environment.environment import Environment
from toolscale.live import MOST_TURNS, User
from toolscale.models.client import ModelClient
from toolscale.models.faults import ModelError, NotAccepted, OverBudget, TimedOut, Unreachable
from toolscale.models.ledger import CHARACTERS_PER_TOKEN, Estimate
from toolscale.models.prices import Price
from toolscale.models.user import LiveUser, ModelUser
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.shards.build import Build
from toolscale.synthesis.plan import SPLITS, Split
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import REFERENCE, Message, Task
from toolscale.teaching.attempts import Attempt, attempt

TRIES_FOR_A_FAIR_ONE = 3
"""Attempts that the user broke are made again, this often in all."""
UserKind = Literal["scripted", "model"]


class SolvingPlan(BaseModel):
    """All that decides what is attempted, beside the models."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    k: int = Field(default=8, ge=1, le=1000, description="Fair attempts at each task.")
    user: UserKind = Field(default="scripted", description="Who plays the caller.")
    splits: tuple[Split, ...] = Field(default=SPLITS, description="The splits whose tasks are attempted.")
    limit: int | None = Field(default=None, ge=1, description="Tasks of each domain in each split; None: all.")
    temperature: float | None = Field(default=None, ge=0, le=2, description="The agent's; None: the settings'.")
    most_turns: int = Field(default=MOST_TURNS, ge=1, description="Messages of the agent in one attempt.")


@dataclass(slots=True)
class TaskOutcome:
    """The attempts at one task."""

    task_id: str
    domain: str
    level: str
    attempts: int = 0
    """Fair ones: neither broken by the user nor void."""
    solved: int = 0
    broken_by_user: int = 0
    void: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    solutions: list[Attempt] = field(default_factory=list)


@dataclass(slots=True)
class Solved:
    """What came of solving a build; the tasks are in the order of their rows."""

    outcomes: dict[str, TaskOutcome] = field(default_factory=dict)
    void: list[ModelError] = field(default_factory=list)
    """Why attempts were void."""
    stopped: ModelError | None = None
    """What ended the whole run early: the budget is spent, or the endpoint is gone."""
    left: int = 0
    """Attempts that were not made."""


async def solve(
    build: Build,
    plan: SolvingPlan,
    agent: ModelClient,
    *,
    user: ModelClient | None = None,
    progress: Callable[[Attempt], None] | None = None,
) -> Solved:
    """Attempt the tasks. `user` plays the caller if the plan says model; without it the agent's client does.

    The result does not depend on which attempt ends first. A run that was killed is made again from the answer cache.
    """
    result = Solved()
    waiting = _attempts(build, plan, result)

    def caller(task: Task, number: int) -> User | LiveUser:
        if plan.user == "model":
            return ModelUser(user or agent, task.scenario, attempt=number)
        return ScriptedUser(task.scenario, key=f"{task.id} {number}")

    async def work() -> None:
        for task, environment, place in waiting:
            if result.stopped is not None:
                result.left += 1
                continue
            for number in range(place, place + plan.k * TRIES_FOR_A_FAIR_ONE, plan.k):
                done = await attempt(
                    task,
                    environment,
                    agent,
                    caller(task, number),
                    number=number,
                    experts=SimulatedExperts(key=f"solve {number}"),
                    temperature=plan.temperature,
                    most_turns=plan.most_turns,
                )
                _count(done, result)
                if done.outcome != "user":
                    break
            if progress is not None:
                progress(done)

    async with asyncio.TaskGroup() as group:
        for _ in range(agent.settings.concurrency_max):
            group.create_task(work())
    for outcome in result.outcomes.values():
        outcome.solutions.sort(key=lambda solution: solution.number)
    return result


def chosen(build: Build, plan: SolvingPlan) -> Iterator[Task]:
    """Yield the tasks that the plan attempts, in the order of their rows."""
    for split in SPLITS:
        if split not in plan.splits:
            continue
        taken: Counter[str] = Counter()
        for task in build.tasks(split):
            taken[task.domain] += 1
            if plan.limit is None or taken[task.domain] <= plan.limit:
                yield task


def estimate(build: Build, plan: SolvingPlan, price: Price | None) -> Estimate:
    """Return about what solving would cost, as if each attempt took the words and calls of the reference. Nothing is sent.

    What the answer cache holds already is not taken off.
    """
    ids = {task.id for task in chosen(build, plan)}
    tokens_in = tokens_out = answers = 0
    for split in plan.splits:
        for row in build.rows("trajectories", split, ["task_id", "source", "messages", "tools"]):
            if row["source"] != REFERENCE or row["task_id"] not in ids:
                continue
            heard = len(row["tools"])
            for message in row["messages"]:
                length = _length(message)
                if message["role"] == "assistant":
                    answers += plan.k
                    tokens_in += plan.k * (heard // CHARACTERS_PER_TOKEN)
                    tokens_out += plan.k * (length // CHARACTERS_PER_TOKEN + 1)
                heard += length
    dollars = price.dollars(tokens_in, tokens_out) if price is not None else None
    return Estimate(answers, 0, tokens_in, tokens_out, dollars)


def _length(message: Message) -> int:
    """Return the characters of a message: its text and its calls."""
    calls = message.get("tool_calls") or ()
    return len(message.get("content") or "") + sum(
        len(call["function"]["name"]) + len(call["function"]["arguments"]) for call in calls
    )


def _attempts(build: Build, plan: SolvingPlan, result: Solved) -> Iterator[tuple[Task, Environment, int]]:
    for task in chosen(build, plan):
        result.outcomes[task.id] = TaskOutcome(task.id, task.domain, task.difficulty.level)
        environment = build.environment_for(task)
        for place in range(plan.k):
            yield task, environment, place


def _count(done: Attempt, result: Solved) -> None:
    outcome = result.outcomes[done.task_id]
    if done.outcome == "user":
        outcome.broken_by_user += 1
        return
    if done.outcome == "void":
        outcome.void += 1
        assert done.error is not None
        result.void.append(done.error)
        if isinstance(done.error, OverBudget | Unreachable | TimedOut) or (
            isinstance(done.error, NotAccepted) and done.error.fatal
        ):
            result.stopped = done.error
        return
    outcome.attempts += 1
    if done.outcome == "solved":
        outcome.solved += 1
        outcome.solutions.append(done)
    else:
        outcome.reasons[done.reason] += 1
