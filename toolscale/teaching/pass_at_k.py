"""pass@k: the chance that at least one of k attempts solves a task, from n attempts of which c did."""

from __future__ import annotations

import math


def pass_at(k: int, attempts: int, solved: int) -> float:
    """Return the unbiased estimate 1 - C(n-c, k) / C(n, k) (Chen et al., arXiv 2107.03374, section 2.1).

    Raises ValueError unless 1 <= k <= attempts and 0 <= solved <= attempts.
    """
    if not 1 <= k <= attempts or not 0 <= solved <= attempts:
        raise ValueError(f"pass@{k} of {attempts} attempts, {solved} solved")
    return 1 - math.comb(attempts - solved, k) / math.comb(attempts, k)
