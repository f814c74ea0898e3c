"""Simulated experts: deterministic, without a model or a key.

An expert is right about the next step with the probability that its skill and the step give (`catalog.Skill.at`); then it says
what the reference does next, else something plausible and wrong: one of the reference's near misses. What it says depends on the
key, the task, the expert and the point of the episode, and on nothing else. This is a simulation: docs/orchestration.md says how
it was calibrated, and what it leaves out.
"""

from __future__ import annotations

import math

from toolscale.orchestration.account import Usage, characters, estimated_tokens
from toolscale.orchestration.advice import advice
from toolscale.orchestration.catalog import Catalog, CatalogExpert, catalog
from toolscale.orchestration.experts import Consultation, ExpertAnswer
from toolscale.orchestration.presentation import tool_characters, tool_schemas
from toolscale.randomness import KeyedRandom, draw

SPREAD = 0.5
"""An answer has between half and one and a half times the expert's mean number of tokens."""


class SimulatedExperts:
    """The experts of any task. Another key draws other mistakes; `listed` is another catalog, with another calibration."""

    def __init__(self, *, key: str, listed: Catalog | None = None) -> None:
        self._key = key
        self._catalog = listed or catalog()

    def answer(self, consultation: Consultation) -> ExpertAnswer:
        """Return the answer to one question; the question itself is not read: it is taken to ask for the next step."""
        expert = self._catalog.expert(consultation.expert.name)
        due = advice(consultation)
        drawn = (self._key, consultation.task.id, expert.name, due.right)
        probability = math.prod(expert.skill.at(kind, burdens) for kind, burdens in due.takes)
        is_right = KeyedRandom.of("is right", *drawn).random() < probability
        text = due.right if is_right else draw(due.wrong, "wrong", *drawn)
        length = KeyedRandom.of("tokens", *drawn, consultation.number).random()
        return ExpertAnswer(text, usage_of(consultation, expert, length))


def usage_of(consultation: Consultation, expert: CatalogExpert, point: float) -> Usage:
    """Return the tokens of one answer: sent are conversation, tools and question; `point` of [0, 1) sets the length."""
    schemas = tool_schemas(consultation.task, consultation.environment)
    shown = characters(consultation.messages) + tool_characters(schemas, consultation.environment)
    written = round(expert.tokens * (1 - SPREAD + 2 * SPREAD * point))
    return Usage(estimated_tokens(shown + len(consultation.question)), written)
