"""Live episodes: an agent that knows the reference meets the conversation that the dataset records."""

from __future__ import annotations

import pytest

from toolscale.live import LiveEpisode, assistant_message
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.user import ScriptedUser


def test_the_references_own_words_and_calls_solve_the_task_live(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    for candidate in accepted[:20]:
        user = ScriptedUser(candidate.task.scenario, key="another key")
        with LiveEpisode(candidate.task, author.environment) as live:
            live.hear(user.opening())
            for message in candidate.trajectory.messages:
                if message["role"] == "assistant" and live.ending is None:
                    live.converse(message, user)
            assert live.score().value == 1, live.score().explain()


def test_an_episode_ends_when_the_agent_has_had_all_its_turns(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    with LiveEpisode(accepted[0].task, author.environment, most_turns=2) as live:
        live.act(assistant_message("", [("no_such_tool", {})]))
        assert live.ending is None
        live.act(assistant_message("Hm."))
        assert live.ending == "turns"
        with pytest.raises(ValueError, match="ended"):
            live.act(assistant_message("Too late."))


def test_each_call_of_a_message_is_answered_under_its_id(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    with LiveEpisode(accepted[0].task, author.environment) as live:
        answers = live.act(assistant_message("", [("calculate", {"expression": "1 + 1"}), ("calculate", {})], first=5))
        assert [answer["tool_call_id"] for answer in answers] == ["call_5", "call_6"]
        assert answers[0]["content"] == "2"
        assert "error" in answers[1]["content"]
