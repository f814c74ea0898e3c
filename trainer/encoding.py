"""Supervised examples as token ids, made on as many processes as there are cores and work for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

from toolscale.processes import in_order
from toolscale.registry import load
from toolscale.trainer.prompts import Rendering, tools_of
from toolscale.trainer.selection import Selection
from toolscale.trainer.sft_rows import sft_rows
from toolscale.trainer.stage import processes
from toolscale.trainer.tokens import ConversationTokenizer, EncodedConversation

_ROWS_A_PROCESS = 500
"""Fewer are encoded before a process has started."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Which conversations of a build's training split are encoded, and how."""

    build: str
    revision: str | None
    model: str
    rendering: Rendering
    tasks: Selection
    asking: float

    def encoded(self, *, workers: int | None = None) -> list[tuple[str, EncodedConversation]]:
        """Return the level of each trajectory and its token ids, in the build's order, however many processes make them.

        Without `workers` there are as many as there are cores for this process, and work. Raises BuildError for a build, and
        TrainingError if the selection takes no task or the model has no tokenizer.
        """
        names = [row["task_id"] for _, row in self.tasks.some_of(load(self.build, revision=self.revision), ["train"])]
        if workers is None:
            workers = max(1, min(len(names) // _ROWS_A_PROCESS, (os.cpu_count() or 1) // processes()))
        size = -(-len(names) // workers)
        parts = [names[first : first + size] for first in range(0, len(names), size)]
        return list(chain.from_iterable(in_order(partial(_encoded, self), parts, workers)))


def _encoded(examples: Examples, names: Sequence[str]) -> list[tuple[str, EncodedConversation]]:
    tokenizer = ConversationTokenizer.load(examples.model, examples.rendering)
    build = load(examples.build, revision=examples.revision)
    rows = sft_rows(build, "train", examples.tasks, asking=examples.asking, among=set(names))
    return [(row["level"], tokenizer.conversation(row["messages"], tools_of(row["tools"]))) for row in rows]
