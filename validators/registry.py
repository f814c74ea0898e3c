"""The registry: finds the rule modules of this folder and runs them.

A rule module holds one function with the decorator `task_rule` or `domain_rule`. Codes are stable: TS1xx judge a domain,
TS2xx a task. The function's docstring is what people read: what is checked, why, an example that fails and one that passes.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from toolscale import validators
from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment
from toolscale.errors import Place
from toolscale.task import Task, Trajectory, Verdict

DomainCheck = Callable[[DomainFolder], Iterator["Finding"]]
TaskCheck = Callable[[Task, Trajectory, Environment], Iterator["str | Tally"]]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many variants a task rule has played."""

    tried: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault that a domain rule found."""

    cause: str
    remedy: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its code, its name, what it judges, and its explanation."""

    code: str
    name: str
    scope: Literal["domain", "task"]
    explanation: str

    @property
    def title(self) -> str:
        """The first line of the explanation."""
        return self.explanation.split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class DomainRule(Rule):
    """A rule that judges a domain folder; `rehearses` tells that it asks the rehearsal, held once for all that do."""

    check: DomainCheck
    rehearses: bool


@dataclass(frozen=True, slots=True)
class TaskRule(Rule):
    """A rule that judges a task."""

    check: TaskCheck


_RULES: dict[str, Rule] = {}


def domain_rule(code: str, name: str, *, rehearses: bool = False) -> Callable[[DomainCheck], DomainCheck]:
    """Register a function that yields a Finding for each fault of a domain folder."""

    def register(check: DomainCheck) -> DomainCheck:
        _add(DomainRule(code, name, "domain", inspect.getdoc(check) or "", check, rehearses))
        return check

    return register


def task_rule(code: str, name: str) -> Callable[[TaskCheck], TaskCheck]:
    """Register a function that yields a line of evidence for each way in which a task fails the rule.

    A rule that plays variants yields a Tally last.
    """

    def register(check: TaskCheck) -> TaskCheck:
        _add(TaskRule(code, name, "task", inspect.getdoc(check) or "", check))
        return check

    return register


def _add(rule: Rule) -> None:
    if rule.code in _RULES or any(other.name == rule.name for other in _RULES.values()):
        raise ValueError(f"two rules are called {rule.code} or {rule.name}")
    _RULES[rule.code] = rule


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return every rule in the order of the codes."""
    for module in pkgutil.iter_modules(validators.__path__):
        importlib.import_module(f"{validators.__name__}.{module.name}")
    return tuple(_RULES[code] for code in sorted(_RULES))


def domain_rules() -> tuple[DomainRule, ...]:
    """Return the rules that judge a domain folder."""
    return tuple(rule for rule in rules() if isinstance(rule, DomainRule))


def task_rules() -> tuple[TaskRule, ...]:
    """Return the rules that judge a task."""
    return tuple(rule for rule in rules() if isinstance(rule, TaskRule))


def judge_domain(folder: DomainFolder, ignored: Collection[str] = ()) -> Iterator[tuple[Rule, Finding]]:
    """Yield each fault of a domain folder with the rule that found it; rules whose codes are ignored do not judge."""
    for rule in domain_rules():
        if rule.code in ignored:
            continue
        for finding in rule.check(folder):
            yield rule, finding


def judge_task(task: Task, trajectory: Trajectory, environment: Environment) -> Sequence[Verdict]:
    """Return the verdict of each task rule, stopping at the first that fails."""
    verdicts = []
    for rule in task_rules():
        told = next(iter(rule.check(task, trajectory, environment)), Tally(0))
        if not isinstance(told, Tally):
            verdicts.append(Verdict(rule.name, False, str(told)))
            break
        verdicts.append(Verdict(rule.name, True, tried=told.tried))
    return verdicts
