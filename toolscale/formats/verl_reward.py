"""verl: the reward function, for `reward.custom_reward_function.path`. It replays a conversation and scores it.

`EpisodeAgentLoop` scores its own episodes; this one serves loops that keep the conversation: as OpenAI messages in
`extra_info["messages"]`, or as their JSON text in place of the solution.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from toolscale.errors import ToolscaleError
from toolscale.registry import load
from toolscale.scoring.score import score_trajectory
from toolscale.shards.build import Build
from toolscale.task import Message


def compute_score(
    data_source: str,
    solution_str: str | Sequence[Message],
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Return `score`, 1.0 or 0.0, and the parts that failed, of a conversation about the task `ground_truth`.

    Raises ToolscaleError if there are no messages, or no build, to score: a decoded text alone does not say what was called.
    """
    about = extra_info or {}
    address = about.get("build")
    if not address:
        raise ToolscaleError(f"the row of {ground_truth} ({data_source}) does not say which build it is of")
    messages = _messages(about.get("messages"), solution_str)
    build = _opened(str(address))
    task = build.task(ground_truth)
    score = score_trajectory(task, build.environment_for(task), messages)
    return {"score": float(score.value), "failed": ",".join(score.failed)}


@functools.cache
def _opened(address: str) -> Build:
    return load(address)


def _messages(kept: Any, solution: str | Sequence[Message]) -> list[Message]:
    found: Any = kept if kept is not None else solution
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            found = None
    messages = list(found) if found is not None and not isinstance(found, Mapping) else []
    if not messages or not all(isinstance(message, Mapping) and "role" in message for message in messages):
        raise ToolscaleError(
            "there is no conversation to score",
            remedy="Use the agent loop 'toolscale', or keep the OpenAI messages in extra_info['messages'].",
        )
    return [dict(message) for message in messages]
