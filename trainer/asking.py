"""Examples in which experts are asked: reference conversations with questions put in before some of the calls.

References never ask. A model that has only seen them never tries, and reinforcement learning can only weigh what is tried:
so some supervised examples ask, whether it pays or not, and what pays is left to the rewards.
"""

from __future__ import annotations

from toolscale.environment.environment import Environment
from toolscale.live import LiveEpisode, assistant_message
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.randomness import KeyedRandom, draw
from toolscale.synthesis.user import UserTurn
from toolscale.task import Message, Task, Trajectory

QUESTION = "What is the next step?"


def with_questions(
    task: Task, environment: Environment, trajectory: Trajectory, *, share: float, key: str
) -> tuple[Message, ...]:
    """Return the conversation with a question to an expert of the task before a share of the messages that make calls.

    Whom it asks, and when, is drawn by the key; simulated experts answer, now and then wrongly, and the conversation goes on
    as the reference does. Tasks without experts are returned as they are.
    """
    if task.orchestration is None or ASK_EXPERT not in task.tools:
        return trajectory.messages
    names = [expert.name for expert in task.orchestration.experts]
    with LiveEpisode(
        task, environment, experts=SimulatedExperts(key=key), most_turns=len(trajectory.messages) * 2
    ) as live:
        for number, message in enumerate(trajectory.messages):
            if message["role"] == "user":
                live.hear(UserTurn(message["content"]))
            elif message["role"] == "assistant":
                if message.get("tool_calls") and KeyedRandom.of("asks", key, task.id, number).random() < share:
                    question = {"expert": draw(names, "whom", key, task.id, number), "question": QUESTION}
                    asking = assistant_message("", [(ASK_EXPERT, question)])
                    asking["tool_calls"][0]["id"] = f"ask_{number}"
                    live.act(asking)
                live.act(message)
        return tuple(live.messages)
