"""A real vLLM with a tiny random model, in this process and behind `vllm serve`: `make test-vllm`.

Decoding by JSON Schema makes even that model's answers valid, so that the whole way is gone for real.
"""

from __future__ import annotations

from typing import Any

from toolscale.authoring.session import Session
from toolscale.models import ModelAnswer, ModelError, ModelRequest
from toolscale.models.faults import Truncated
from toolscale.models.structure import structure
from toolscale.shards.build import Build
from toolscale.teaching.solving import SolvingPlan, solve

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["loan", "fine"]},
        "amount": {"type": "integer", "minimum": 0, "maximum": 999},
        "sure": {"type": "boolean"},
    },
    "required": ["kind", "amount", "sure"],
    "additionalProperties": False,
}


def answers(session: Session, count: int = 8) -> list[ModelAnswer | ModelError]:
    message = {"role": "user", "content": "A row, please."}
    requests = [
        ModelRequest([message], "draft", schema=SCHEMA, seed=1, attempt=number, max_tokens=600)
        for number in range(count)
    ]
    return session.run(session.client.answers(requests))


def check(answers: list[ModelAnswer | ModelError]) -> None:
    """Whatever a random model writes is valid, or was cut off: it may fill the answer with white space."""
    valid = [answer for answer in answers if isinstance(answer, ModelAnswer)]
    assert all(isinstance(answer, Truncated) for answer in answers if isinstance(answer, ModelError)), answers
    assert len(valid) >= len(answers) // 2
    for answer in valid:
        assert structure(SCHEMA).value(answer.text) == answer.value
        assert answer.tokens_in > 0
        assert answer.tokens_out > 0
    assert len({answer.text for answer in valid}) > 1, "attempts differ"


def test_in_process_every_answer_satisfies_its_schema(in_process: Session) -> None:
    check(answers(in_process))


def test_in_process_attempts_at_a_task_are_played_to_their_end(in_process: Session, built: Build) -> None:
    plan = SolvingPlan(k=2, limit=1, splits=("train",), most_turns=3)
    solved = in_process.run(solve(built, plan, in_process.client))
    (outcome,) = solved.outcomes.values()
    assert (outcome.attempts, outcome.solved, outcome.void) == (2, 0, 0), solved.void


def test_behind_an_address_every_answer_satisfies_its_schema(served: Session) -> None:
    check(answers(served))
