"""Diversity: how much the tasks of a build differ in what is done and in what is said."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolscale.randomness import KeyedRandom

SIMILAR = 0.8
_SHINGLE = 3
_BANDS, _ROWS = 20, 5  # a pair at similarity 0.8 shares a band with probability 0.9996
_LEAST_AGREEMENT = 0.68  # 100 hashes of a pair at 0.8 agree in 0.8, give or take 0.04
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Diversity:
    """What a domain's tasks look like side by side. Shares are of all its tasks, 0 to 1."""

    sequences: int
    top_sequence_share: float
    similar_text_share: float
    tools: dict[str, int]
    rules: dict[str, int]


def diversity(
    sequences: Iterable[str], texts: Sequence[str], tools: Iterable[Iterable[str]], rules: Iterable[Iterable[str]]
) -> Diversity:
    """Measure the tasks of one domain: their call sequences, user texts, and the tools and rules that each exercises."""
    counted = Counter(sequences)
    total = sum(counted.values())
    return Diversity(
        sequences=len(counted),
        top_sequence_share=round(max(counted.values(), default=0) / max(1, total), 4),
        similar_text_share=round(len(similar_texts(texts)) / max(1, total), 4),
        tools=dict(sorted(Counter(itertools.chain.from_iterable(map(set, tools))).items())),
        rules=dict(sorted(Counter(itertools.chain.from_iterable(map(set, rules))).items())),
    )


def similar_texts(texts: Sequence[str]) -> set[int]:
    """Return the places of the texts that are similar to another one."""
    return set(itertools.chain.from_iterable(similar_pairs(texts)))


def similar_pairs(texts: Sequence[str]) -> set[tuple[int, int]]:
    """Return the pairs of places, the lower first, of texts with a Jaccard index of word triples above 0.8.

    Candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4): those
    that agree in one band, and in as many hashes as a pair at 0.8 does all but once in a thousand. Their index is then computed
    exactly. Memory holds 400 bytes a text; each text is read once, and again if it is of a candidate.
    """
    signatures = np.empty((len(texts), _BANDS * _ROWS), dtype=np.uint32)
    for place, text in enumerate(texts):
        signatures[place] = _signature(_shingles(text))  # the low halves: two that agree by chance are compared exactly
    alike: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        for members in _buckets(signatures[:, band * _ROWS : (band + 1) * _ROWS]):
            for index, one in enumerate(members[:-1]):
                others = members[index + 1 :]
                agreement = (signatures[others] == signatures[one]).mean(axis=1)
                alike.update((int(one), int(other)) for other in others[agreement >= _LEAST_AGREEMENT])
    shingles = {place: _shingles(texts[place]) for place in sorted(set(itertools.chain.from_iterable(alike)))}
    return {(one, other) for one, other in alike if _jaccard(shingles[one], shingles[other]) > SIMILAR}


def _buckets(band: npt.NDArray[np.uint32]) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the places of the rows that agree in a band, two or more at a time, in ascending order."""
    keys = np.zeros(len(band), dtype=np.uint64)
    for column in band.T:
        keys = (keys ^ column) * np.uint64(0x9E3779B97F4A7C15)  # wraps, as it should
        keys ^= keys >> np.uint64(29)
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(order))
    for start, end in zip(starts[ends - starts > 1], ends[ends - starts > 1], strict=True):
        yield order[start:end]


def _shingles(text: str) -> frozenset[int]:
    words = _WORD.findall(text.lower())
    runs = [" ".join(words[place : place + _SHINGLE]) for place in range(max(1, len(words) - _SHINGLE + 1))]
    return frozenset(int.from_bytes(hashlib.blake2b(run.encode(), digest_size=4).digest(), "big") for run in runs)


def _signature(shingles: frozenset[int]) -> npt.NDArray[np.uint64]:
    """Return the least of each of 100 hashes of the shingles: SplitMix64 from 100 starting points."""
    values = np.fromiter(shingles, dtype=np.uint64, count=len(shingles))
    mixed = values[:, None] ^ _STARTS[None, :]
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)  # wraps, as it should
    lowest: npt.NDArray[np.uint64] = (mixed ^ (mixed >> np.uint64(31))).min(axis=0)
    return lowest


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


_STARTS = np.array(
    [KeyedRandom.of("minhash", number).getrandbits(64) for number in range(_BANDS * _ROWS)], dtype=np.uint64
)
