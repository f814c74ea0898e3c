"""The order of supervised examples: easy ones first, harder ones added stage by stage, all of them at the end."""

from __future__ import annotations

from collections.abc import Sequence

from toolscale.randomness import key_of
from toolscale.trainer.selection import LEVELS


def stages(levels: Sequence[str], *, passes: float, curriculum: bool, seed: int) -> list[list[int]]:
    """Return the numbers of the examples in the order of training, one list a stage.

    `levels` are the examples' levels; `passes` times as many examples are drawn as there are. With a curriculum, stage n of
    N draws from the n easiest levels that occur, and every stage is as long; without, there is one stage. Within a stage the
    examples come in rounds: each once, shuffled anew, before one comes again.
    """
    present = [level for level in LEVELS if level in levels] if curriculum else []
    wanted = round(passes * len(levels))
    pools = [
        [number for number, level in enumerate(levels) if level in present[: stage + 1]]
        for stage in range(len(present))
    ] or [list(range(len(levels)))]
    lengths = [wanted // len(pools) + (stage < wanted % len(pools)) for stage in range(len(pools))]
    return [
        _in_rounds(pool, length, seed, stage) for stage, (pool, length) in enumerate(zip(pools, lengths, strict=True))
    ]


def _in_rounds(pool: Sequence[int], length: int, seed: int, stage: int) -> list[int]:
    drawn: list[int] = []
    while len(drawn) < length:
        turn = len(drawn) // len(pool)
        drawn += sorted(pool, key=lambda number: key_of("curriculum", seed, stage, turn, number))
    return drawn[:length]
