"""Trials of preconditions: which requirements of which tools have held and failed, and the search for calls that fail them."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apsw

from toolscale.environment.arguments import ArgumentFault
from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode
from toolscale.environment.tools import Tool
from toolscale.validators.perturbations import Arguments, Pool, neighbouring, one_changed, related, two_changed
from toolscale.validators.rehearsal import Rehearsal

Act = Callable[[Episode, str, Arguments], None]
AGAIN = 7
CALLS_OF_A_TOOL = 8
CALLS_ELSEWHERE = 4


@dataclass(frozen=True, slots=True)
class Search:
    """How calls are perturbed, with how many values, and the most SQL statements that are spent on one tool."""

    change: Callable[[Pool, Tool, Arguments, int], Iterator[Arguments]]
    values: int
    statements: int


EVERY = 100_000
SEARCHES = (
    Search(one_changed, 40, 12_000),
    Search(neighbouring, 64, 12_000),
    Search(two_changed, 24, 18_000),
    Search(related, EVERY, 24_000),
    Search(one_changed, EVERY, 24_000),
)
SEARCHES_ELSEWHERE = (Search(related, EVERY, 12_000), Search(one_changed, EVERY, 12_000))


class Trials:
    """Which requirements have held and failed, by tool and number. A guard is asked without making its call."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.held: set[tuple[str, int]] = set()
        self.failed: set[tuple[str, int]] = set()
        self.tried: Counter[str] = Counter()
        self._rehearsal = rehearsal
        self._tools = rehearsal.environment.compiled.tools
        self._calls: dict[str, list[Arguments]] = {}
        for candidate in rehearsal.accepted:
            for call in candidate.task.reference:
                self._calls.setdefault(call.tool, []).append(call.arguments)

    def left(self) -> list[str]:
        """Return the tools with a requirement that no call has failed yet."""
        return [name for name, tool in self._tools.items() if self.tried[name] and self._is_left(tool)]

    def make_calls(self) -> None:
        """Ask for each call of the rehearsal before and after it is made, then again and again, then with another's values."""
        for act in (self._ask, self._again, self._crossed):
            self._visit(act)

    def search(self) -> None:
        """Perturb the calls on the rehearsal's states."""
        pool = Pool(self._rehearsal.environment, self._calls)
        for search in SEARCHES:
            self._visit(functools.partial(self._perturb, search, pool, Counter()))

    def search_elsewhere(self, environment: Environment) -> None:
        """Perturb the calls on another database, as it was filled."""
        pool = Pool(environment, self._calls)
        for search in SEARCHES_ELSEWHERE:
            spent: Counter[str] = Counter()
            with environment.episode() as episode:
                for name in self.left():
                    for arguments in self._calls.get(name, [])[:CALLS_ELSEWHERE]:
                        self._perturb(search, pool, spent, episode, name, arguments)

    def _visit(self, act: Act) -> None:
        """Act at the states before and after each call of each reference, on this very call, and on each wish at its place."""
        for candidate in self._rehearsal.accepted:
            with self._rehearsal.environment.episode() as episode:
                for number, call in enumerate([*candidate.task.reference, None]):
                    for wish in candidate.task.wishes:
                        if wish.after == number:
                            act(episode, wish.tool, wish.arguments)
                    if call is not None:
                        act(episode, call.tool, call.arguments)
                        episode.call(call.tool, call.arguments)
                        act(episode, call.tool, call.arguments)

    def _ask(self, episode: Episode, name: str, arguments: Arguments) -> None:
        """Ask the guard of a call in the episode's present state, and note what it says."""
        tool = self._tools[name]
        if tool.guard is None:
            return
        try:
            failed = episode.first_failure(name, arguments)
        except (ArgumentFault, apsw.Error, ValueError, OverflowError):
            return  # no such call comes as far as the requirements
        self.tried[name] += 1
        self.held |= {(name, index) for index in range(len(tool.errors) if failed is None else failed)}
        if failed is not None:
            self.failed.add((name, failed))

    def _again(self, episode: Episode, name: str, arguments: Arguments) -> None:
        """Make a call again and again, as long as it succeeds."""
        if self._is_left(self._tools[name]) and self._tools[name].effect is not None:
            with episode.branch():
                for _ in range(AGAIN):
                    self._ask(episode, name, arguments)
                    if not episode.call(name, dict(arguments)).ok:
                        return

    def _crossed(self, episode: Episode, name: str, arguments: Arguments) -> None:
        """Ask for calls of other tools about what a write may just have changed."""
        if self._tools[name].effect is None:
            return
        for other in self.left():
            for call in self._calls.get(other, [])[:CALLS_OF_A_TOOL] if other != name else ():
                shared = {key: value for key, value in arguments.items() if key in call and value != call[key]}
                if shared:
                    self._ask(episode, other, {**call, **shared})

    def _perturb(
        self, search: Search, pool: Pool, spent: Counter[str], episode: Episode, name: str, arguments: Arguments
    ) -> None:
        """Ask for perturbations of a call until all requirements of its tool have failed, or enough is spent."""
        tool = self._tools[name]
        cost = 1 + len(tool.lets)
        if self._is_left(tool) and spent[name] < search.statements:
            values = min(search.values, search.statements // cost // (1 + len(tool.parameters.names)))
            for other in search.change(pool, tool, arguments, max(1, values)):
                spent[name] += cost
                self._ask(episode, name, other)
                if spent[name] >= search.statements or not self._is_left(tool):
                    return

    def _is_left(self, tool: Tool) -> bool:
        return any((tool.name, index) not in self.failed for index in range(len(tool.errors)))
