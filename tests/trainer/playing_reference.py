"""Turns of a model that knows the reference, as tokens: what rollouts are tested with."""

from __future__ import annotations

from toolscale.shards.build import Build
from toolscale.task import Task
from toolscale.trainer.playing import Attempt, Limits, Played, Playing
from toolscale.trainer.tokens import ConversationTokenizer

ROOMY = Limits(turn_tokens=512, tokens=8192, turns=40)


def attempt_at(built: Build, task: Task, key: str = "test") -> Attempt:
    return Attempt(task, built.environment_for(task), key, key)


def turns_of_reference(built: Build, task: Task, tokenizer: ConversationTokenizer) -> list[list[int]]:
    """Return the ids of each message of the assistant in the reference."""
    turns = []
    for message in built.trajectory(task.id).messages:
        if message["role"] == "assistant":
            encoded = tokenizer.conversation([{"role": "system", "content": ""}, message], [])
            turns.append([token for token, learn in zip(encoded.ids, encoded.learned, strict=True) if learn])
    return turns


def spoken(tokenizer: ConversationTokenizer, text: str) -> list[int]:
    return [*tokenizer.tokenizer.encode(text, add_special_tokens=False), tokenizer.turn_ends]


def played(
    built: Build, task: Task, tokenizer: ConversationTokenizer, turns: list[list[int]], limits: Limits = ROOMY
) -> Played:
    """Play an episode with the given turns, in order, as far as it goes."""
    playing = Playing(attempt_at(built, task), tokenizer, limits)
    for ids in turns:
        if not playing.over:
            playing.take(ids, [-1.0] * len(ids))
    return playing.finish()
