"""What training has never shown of a task: its intents, some of its tools, its experts or their prices."""

from __future__ import annotations

from dataclasses import dataclass

from toolscale.shards.build import Build
from toolscale.task import Task

TEST, INTENTS, TOOLS, EXPERTS = "test", "unseen intents", "unseen tools", "unseen experts and prices"
KINDS = (TEST, INTENTS, TOOLS, EXPERTS)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the training split of a build shows: intents and tools by domain, experts with the provider who is paid."""

    intents: frozenset[tuple[str, str]]
    tools: frozenset[tuple[str, str]]
    experts: frozenset[tuple[str, str]]

    @classmethod
    def in_training(cls, build: Build) -> Seen:
        """Return what a build's training split shows."""
        tasks = list(build.tasks("train"))
        return cls(
            frozenset((task.domain, name) for task in tasks for name in task.intents),
            frozenset((task.domain, name) for task in tasks for name in task.tools),
            frozenset(offer for task in tasks for offer in _offers(task)),
        )

    def splits(self, task: Task, split: str) -> tuple[str, ...]:
        """Return what a task of a split counts for: the plain test, or each thing about it that is new."""
        new = []
        if any((task.domain, name) not in self.intents for name in task.intents):
            new.append(INTENTS)
        if any((task.domain, name) not in self.tools for name in task.tools):
            new.append(TOOLS)
        if _offers(task) - self.experts:
            new.append(EXPERTS)
        return tuple(new) or (TEST if split == "test" else split,)


def _offers(task: Task) -> set[tuple[str, str]]:
    if task.orchestration is None:
        return set()
    return {(expert.name, expert.provider) for expert in task.orchestration.experts}
