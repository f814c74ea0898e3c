"""The rehearsal: a few tasks of every intent, drawn and judged once, for all the rules that ask what really happens."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from toolscale.domain.folder import DomainFolder
from toolscale.environment.environment import Environment
from toolscale.environment.episode import CallRecord, Episode
from toolscale.environment.recall import RecallingEpisode
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.synthesis.held_out import held_out
from toolscale.task import Task, Trajectory, Verdict
from toolscale.validators.fillings import environment_apart, environment_of
from toolscale.validators.registry import judge_task

SEED = 1
ROUNDS = 2
MORE_ROUNDS = 2
_FOLDERS_KEPT = 2
AnyEpisode = TypeVar("AnyEpisode", bound=Episode)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What became of each candidate, and one record of each different outcome of a call.

    `seen` are the candidates of the intents that train sees, in the order of their numbers, `unseen` the others; the first
    rounds are complete. The calls are those of references, mutants and equivalents alike.
    """

    environment: Environment
    seen: tuple[Accepted | Rejection, ...]
    unseen: tuple[Accepted | Rejection, ...]
    records: tuple[CallRecord, ...]

    @property
    def accepted(self) -> list[Accepted]:
        """The candidates that became tasks."""
        return [candidate for candidate in (*self.seen, *self.unseen) if isinstance(candidate, Accepted)]

    @property
    def rejections(self) -> list[Rejection]:
        """The candidates that did not."""
        return [candidate for candidate in (*self.seen, *self.unseen) if isinstance(candidate, Rejection)]


@functools.lru_cache(maxsize=_FOLDERS_KEPT)
def _rehearsed(fingerprint: str, path: str) -> dict[str, Rehearsal]:
    return {}


def rehearsed(folder: DomainFolder) -> Rehearsal:
    """Return the folder's rehearsal, from this process's memory if it was held before. Raises DomainError."""
    kept = _rehearsed(folder.fingerprint, str(folder.path))
    if "rehearsal" not in kept:
        kept["rehearsal"] = _hold(folder)
    return kept["rehearsal"]


def _hold(folder: DomainFolder) -> Rehearsal:
    overheard = environment_apart(_Overheard, folder, SEED)
    away = held_out(folder)
    seen = _drawn(folder, overheard, folder.intents.keys() - away, unseen=False)
    unseen = _drawn(folder, overheard, away, unseen=True)
    return Rehearsal(environment_of(folder, SEED), seen, unseen, tuple(overheard.records.values()))


def _drawn(
    folder: DomainFolder, overheard: _Overheard, intents: Collection[str], *, unseen: bool
) -> tuple[Accepted | Rejection, ...]:
    """Draw the candidates of so many intents: in each round every one of them leads once.

    While an intent is in no task, or none of its tasks makes a call that its reference has under a condition, there are more
    rounds, in which only candidates with such an intent are judged and kept.
    """
    missing = {(name, step.tool) for name in intents for step in folder.intents[name].reference}
    missing |= {(name, "") for name in intents}  # a refusal may have no call of its own

    def lacking() -> set[str]:
        return {name for name, _ in missing}

    def judge(task: Task, trajectory: Trajectory, _: Environment) -> Sequence[Verdict]:
        return judge_task(task, trajectory, overheard) if not more or lacking() & set(task.intents) else ()

    drawn: list[Accepted | Rejection] = []
    more = False
    if intents:
        author = ProceduralAuthor(
            folder, seed=SEED, database_seed=SEED, unseen=unseen, environment=environment_of(folder, SEED)
        )
        for number in range((ROUNDS + MORE_ROUNDS) * len(intents)):
            more = number >= ROUNDS * len(intents)
            if more and not missing:
                break
            candidate = author.candidate(number, judge)
            names = set(candidate.task.intents if isinstance(candidate, Accepted) else candidate.intents)
            if not more or lacking() & names:
                drawn.append(candidate)
            if isinstance(candidate, Accepted):
                missing -= {(name, "") for name in names}
                missing -= {(candidate.task.intents[call.request], call.tool) for call in candidate.task.reference}
    return tuple(drawn)


class _Overheard(Environment):
    """An environment that notes each different outcome of a call, whoever makes it."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.records: dict[tuple[str, str, tuple[str, ...]], CallRecord] = {}

    def episode(self) -> Episode:
        """Start an episode whose calls are noted."""
        return self._noted(super().episode())

    def recalling_episode(self) -> RecallingEpisode:
        """Start a recalling episode whose calls are noted."""
        return self._noted(super().recalling_episode())

    def _noted(self, episode: AnyEpisode) -> AnyEpisode:
        made = episode.call

        def call(name: str, arguments: Any) -> CallRecord:
            record = made(name, arguments)
            self.records.setdefault((record.tool, record.result, record.broken_rules), record)
            return record

        episode.call = call  # type: ignore[method-assign]
        return episode
