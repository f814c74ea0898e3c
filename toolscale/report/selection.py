"""Which tasks a report shows: all of a small build, the first ones of each split and domain of a large one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from toolscale.shards.build import Build
from toolscale.shards.rows import Row
from toolscale.synthesis.plan import SPLITS
from toolscale.task import REFERENCE

MOST_SOLUTIONS = 3
"""Of a task's solutions by models, a report shows so many."""
_SHOWN_OF_TRAJECTORIES = ["task_id", "source", "messages"]

Group = tuple[str, str]
"""A split and a domain."""


def shares(sizes: dict[Group, int], most: int) -> dict[Group, int]:
    """Share `most` tasks out in proportion to the sizes; no group that has tasks gets none.

    So there may be a few more than `most`: at most one for each group.
    """
    total = sum(sizes.values())
    if total <= most:
        return dict(sizes)
    return {group: max(1, size * most // total) if size else 0 for group, size in sizes.items()}


def sizes(build: Build) -> dict[Group, int]:
    """Return the number of tasks of each split and domain, in the order of the rows."""
    counted = Counter((row["split"], row["domain"]) for row in build.rows("tasks", columns=["split", "domain"]))
    return {group: counted[group] for group in sorted(counted, key=lambda group: (SPLITS.index(group[0]), group[1]))}


def chosen(build: Build, wanted: dict[Group, int]) -> Iterator[tuple[Row, list[Row]]]:
    """Yield the first tasks of each group, so many as wanted, each with its trajectories: the reference, then solutions.

    No more is read than that takes: of a build without models' solutions, the beginning of each group's files.
    """
    for (split, domain), number in wanted.items():
        group = Build(build.folder, domains=[domain], split=split)
        tasks = list(itertools.islice(group.rows("tasks"), number))
        trajectories = _trajectories(group, [str(task["task_id"]) for task in tasks])
        for task in tasks:
            yield task, trajectories[str(task["task_id"])]


def _trajectories(group: Build, tasks: list[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {task: [] for task in tasks}
    missing = len(found)
    solved = "solved" in group.manifest
    for row in group.rows("trajectories", columns=_SHOWN_OF_TRAJECTORIES):
        of_task = found.get(str(row["task_id"]))
        if of_task is not None and len(of_task) <= MOST_SOLUTIONS:
            of_task.append(row)
            missing -= row["source"] == REFERENCE
        if not missing and not solved:
            break
    return found
