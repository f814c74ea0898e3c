"""Batched rollouts: many episodes at once, each with its own cache that is kept across turns, finished ones replaced.

The model decodes one token for every running conversation at a time. What a conversation is answered (tool results, the
user's words, an error for a call that can't be read) is read in one pass and masked out of the loss. Latency of tools and
experts is counted, never slept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from transformers import PreTrainedModel

from toolscale.trainer.playing import Attempt, Limits, Played, Playing
from toolscale.trainer.slots import Slots
from toolscale.trainer.tokens import ConversationTokenizer

_READ_FROM_SHARE = 8
Finished = Callable[[int, Played], None]
"""Told the number of an attempt and what it came to, in the order of finishing."""


class Roller(Protocol):
    """Plays attempts; the result has their order. The same seed gives the same episodes."""

    def play(
        self, attempts: Sequence[Attempt], *, temperature: float, seed: int, finished: Finished | None = None
    ) -> list[Played]:
        """Play each attempt to its end."""


@dataclass(slots=True)
class _Seat:
    """A slot that is taken: the attempt's number, the episode, the turn being written, and what the model is to read."""

    number: int
    playing: Playing
    unread: list[int]
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)


class SlotRoller:
    """Rollouts with a model of the transformers library, in this process."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: ConversationTokenizer, limits: Limits, *, at_once: int
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._limits = limits
        self._at_once = at_once

    def play(
        self, attempts: Sequence[Attempt], *, temperature: float, seed: int, finished: Finished | None = None
    ) -> list[Played]:
        """Play each attempt to its end; at most `at_once` run at a time. Temperature 0 takes the likeliest token."""
        results: dict[int, Played] = {}
        waiting = deque(range(len(attempts)))
        slots = Slots(self._model, min(self._at_once, len(attempts)))
        randomness = torch.Generator(device=self._model.device).manual_seed(seed % 2**63)
        seats: dict[int, _Seat] = {}
        while seats or waiting:
            for slot in range(slots.count):
                if slot not in seats and waiting:
                    number = waiting.popleft()
                    playing = Playing(attempts[number], self._tokenizer, self._limits)
                    seats[slot] = _Seat(number, playing, playing.unread)
                    slots.clear(slot)
            reading = _next_to_read(seats)
            logits = _read(slots, {slot: seats[slot].unread for slot in reading})
            for slot, (token, logprob) in zip(reading, _sampled(logits, temperature, randomness), strict=True):
                seat = seats[slot]
                seat.ids.append(token)
                seat.logprobs.append(logprob)
                seat.unread = [token]
                if token != self._tokenizer.turn_ends and len(seat.ids) < seat.playing.room:
                    continue
                seat.playing.take(seat.ids, seat.logprobs)
                seat.ids, seat.logprobs = [], []
                seat.unread += seat.playing.unread
                if seat.playing.over:
                    played = results[seat.number] = seat.playing.finish()
                    del seats[slot]
                    if finished is not None:
                        finished(seat.number, played)
        return [results[number] for number in range(len(attempts))]


def _next_to_read(seats: Mapping[int, _Seat]) -> list[int]:
    """Return the slots to compute next: those with much to read once there are enough of them, else those that write."""
    long = [slot for slot, seat in sorted(seats.items()) if len(seat.unread) > 1]
    short = [slot for slot, seat in sorted(seats.items()) if len(seat.unread) == 1]
    return long if not short or len(long) * _READ_FROM_SHARE >= len(seats) else short


def _read(slots: Slots, unread: Mapping[int, Sequence[int]]) -> torch.Tensor:
    """Let slots read; conversations that begin with the same words read them once."""
    leaders: dict[tuple[int, ...], int] = {}
    first = {}
    for slot, tokens in unread.items():
        first[slot] = leaders.setdefault(tuple(tokens), slot) if slots.lengths[slot] == 0 else slot
    alone = [slot for slot in unread if first[slot] == slot]
    logits = slots.feed({slot: unread[slot] for slot in alone})
    for slot in unread:
        if first[slot] != slot:
            slots.copy(first[slot], slot)
    return logits[[alone.index(first[slot]) for slot in unread]]


def _sampled(logits: torch.Tensor, temperature: float, randomness: torch.Generator) -> list[tuple[int, float]]:
    """Return for each row a token and its log-probability at the temperature."""
    scaled = torch.log_softmax(logits / (temperature or 1.0), dim=-1)
    likeliest = temperature == 0
    chosen = scaled.argmax(dim=-1) if likeliest else torch.multinomial(scaled.exp(), 1, generator=randomness)[:, 0]
    logprobs = scaled.gather(1, chosen[:, None])[:, 0]
    return list(zip(chosen.tolist(), logprobs.tolist(), strict=True))
