"""Why an attempt failed, in one word of a short list, so that failures can be counted."""

from __future__ import annotations

from typing import Literal, get_args

from toolscale.trainer.playing import Played

Failure = Literal[
    "malformed calls", "ran out of turns", "rule broken", "wrong row", "missing write", "not said", "not read"
]
FAILURES: tuple[Failure, ...] = get_args(Failure)


def failure(played: Played) -> Failure | None:
    """Return the first that applies, None for an attempt that solved its task.

    Malformed calls and running out of turns or tokens come first, since what is missing then is their consequence. A state
    difference with rows that are not wanted, or other values than wanted, is a wrong row; one that only lacks rows is a
    missing write.
    """
    if played.score.value:
        return None
    wrong = {part.name: part.evidence for part in played.score.parts if not part.passed}
    if played.ending != "user":
        return "malformed calls" if played.malformed else "ran out of turns"
    if "policy" in wrong:
        return "rule broken"
    if "execution" in wrong:
        lacking = all(": missing " in line for line in wrong["execution"])
        if not lacking:
            return "wrong row"
        return "malformed calls" if played.malformed else "missing write"
    if "completeness" in wrong:
        return "missing write"
    if "fidelity" in wrong:
        return "malformed calls" if played.malformed else "not said"
    return "not read"
