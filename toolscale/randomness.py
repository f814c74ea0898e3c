"""Keyed randomness: a value depends on what it is asked for, never on the order of asking."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Any, TypeVar

from toolscale.canonical import canonical_json

T = TypeVar("T")
_MASK = (1 << 64) - 1


def key_of(*parts: Any) -> int:
    """Return the 64-bit key of the parts: BLAKE2b of their canonical JSON.

    Each cell of a database has its key, so scalars go the short way.
    """
    told = [
        encode_basestring(part) if type(part) is str else repr(part) if type(part) is int else _canonical(part)
        for part in parts
    ]
    return int.from_bytes(blake2b(f"[{','.join(told)}]".encode(), digest_size=8).digest(), "big")


def _canonical(part: Any) -> str:
    return _number(part) if type(part) is float else canonical_json(part)


@functools.lru_cache(maxsize=1024)
def _number(part: float) -> str:
    return canonical_json(part)


class KeyedRandom(random.Random):
    """A SplitMix64 stream that starts in constant time.

    Python's Mersenne Twister takes microseconds to seed, which dominates when each cell of a table has its own key
    (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
    """

    def __init__(self, key: int) -> None:
        self._state = key & _MASK
        super().__init__(0)
        self._state = key & _MASK

    @classmethod
    def of(cls, *parts: Any) -> KeyedRandom:
        """Return the stream of a key made from the parts."""
        return cls(key_of(*parts))

    def rekey(self, key: int) -> None:
        """Start again at `key`."""
        self._state = key & _MASK

    def seed(self, *_: Any, **__: Any) -> None:
        """Do nothing: the key is the seed."""

    def random(self) -> float:
        """Return a real in [0, 1) with 53 random bits."""
        return (self._next() >> 11) * 2.0**-53

    def getrandbits(self, k: int) -> int:
        """Return `k` random bits."""
        if k <= 64:
            return self._next() >> (64 - k)
        bits = 0
        for _ in range((k + 63) // 64):
            bits = (bits << 64) | self._next()
        return bits >> (-k % 64)

    def getstate(self) -> Any:
        """Return the stream's position."""
        return self._state

    def setstate(self, state: Any) -> None:
        """Go back to a position that `getstate` returned."""
        self._state = int(state)

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)


def draw(items: Sequence[T], *key: Any) -> T:
    """Return one element, all equally likely, chosen by the key. Raises IndexError if there is none."""
    return items[KeyedRandom.of(*key).randrange(len(items))]


def draw_weighted(weights: dict[T, float], *key: Any) -> T:
    """Return one key of `weights`, with probability in proportion to its weight."""
    point = KeyedRandom.of(*key).random() * sum(weights.values())
    for item, weight in weights.items():
        point -= weight
        if point < 0:
            return item
    return next(reversed(weights))
