"""A model plays the user: what it may say, and what becomes of a conversation that it breaks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.endpoint import Body, Reply, Script, ScriptedEndpoint, scripted_endpoint
from tests.test_teaching import teacher
from toolscale.models import ModelClient, ModelSettings
from toolscale.models.user import BrokenByUser, ModelUser
from toolscale.models.utterances import invented, known_texts
from toolscale.shards.build import Build
from toolscale.synthesis.user import ScriptedUser, UserTurn
from toolscale.task import Fact, Request, Twist, UserScenario
from toolscale.teaching.solving import Solved, SolvingPlan, solve

SCENARIO = UserScenario(
    name="Ada Byron",
    persona="A retired engineer.",
    register="plain",
    identity=(Fact("email", "ada@example.org"), Fact("card number", "4405 9921")),
    identified_in=0,
    unknown=("member id",),
    requests=(
        Request(
            "renew", "Please renew The Lost Clock until 2025-07-01.", (Fact("weeks", 2),), ("loan id",), ("due date",)
        ),
        Request("pay", "I want to pay $15.50 of my fees at 2:30 pm.", (Fact("amount", 15.5),), (), ()),
    ),
    twist=Twist("wrong detail", 0, Fact("email", "ada@example.com")),
)


@pytest.mark.parametrize(
    "text",
    [
        "Hello, Ada Byron here. I'd like to renew The Lost Clock, please.",
        "It's ada@example.org, and the card is 44059921.",
        "Sorry, I said ada@example.com before.",
        "Until July 1st, two weeks, so 2 weeks more. I'll pay 15.50 dollars.",
        "At 14:30, if you can. I have 3 children and 10 minutes.",
        "Yes, LN-00042 is right, for 37.20 in all, due on the 5th of August.",
    ],
)
def test_the_user_may_say_what_the_scenario_gives_and_what_the_agent_said(text: str) -> None:
    heard = "I have your loan LN-00042; the fee is $37.20, due on August 5, 2025."
    assert list(invented(text, [*known_texts(SCENARIO), heard])) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("My loan is LN-00042.", "LN-00042"),
        ("Write to ada.b@example.org.", "ada.b@example.org"),
        ("Until August 5th, please.", "8/5"),
        ("I pay $37.20 then.", "37.20"),
        ("At 4 pm.", "16:00"),
    ],
)
def test_what_neither_gives_is_invented(text: str, value: str) -> None:
    (found,) = invented(text, known_texts(SCENARIO))
    assert value in found


def turn(says: str, request: int = 1, ends: bool = False) -> Reply:
    return Reply(json.dumps({"says": says, "request": request, "ends": ends}))


def played(script: Script, heard: list[str], **settings: Any) -> tuple[list[UserTurn], ScriptedEndpoint]:
    """Let the user open the call and hear what the agent says."""

    async def call(base_url: str) -> list[UserTurn]:
        async with ModelClient(ModelSettings(model="caller", base_url=base_url)) as client:
            user = ModelUser(client, SCENARIO)
            return [await user.opening(), *[await user.reply(text) for text in heard]]

    with scripted_endpoint(script) as endpoint:
        return asyncio.run(call(endpoint.base_url)), endpoint


def test_the_user_is_told_the_scenario_and_hears_the_agent() -> None:
    says = [turn("Hello, I want to renew The Lost Clock."), turn("ada@example.org"), turn("Then pay 15.50.", 2)]
    turns, endpoint = played(lambda body, n: says[n], ["Your e-mail, please?", "Done. Anything else?"])
    assert [t.text for t in turns] == ["Hello, I want to renew The Lost Clock.", "ada@example.org", "Then pay 15.50."]
    system = endpoint.requests[0]["messages"][0]["content"]
    assert all(text in system for text in ("Ada Byron", "The Lost Clock", "member id", "4405 9921", "ada@example.com"))
    last = [(message["role"], message["content"]) for message in endpoint.requests[2]["messages"]]
    assert last[-1] == ("user", "Done. Anything else?")
    assert ("assistant", "ada@example.org") in last


def test_invented_values_are_said_again_without_them() -> None:
    says = [turn("My loan LN-77 is due."), turn("I want to renew The Lost Clock.")]
    turns, endpoint = played(lambda body, n: says[n], [])
    assert turns[0].text == "I want to renew The Lost Clock."
    assert "LN-77" in endpoint.requests[1]["messages"][-1]["content"]


def test_a_user_who_keeps_inventing_breaks_the_conversation() -> None:
    with pytest.raises(BrokenByUser, match="LN-77"):
        played(lambda body, n: turn("My loan LN-77 is due."), [])


@pytest.mark.parametrize(
    "reply",
    [turn("Bye.", 1, ends=True), turn("And the third thing.", 3), Reply(refusal="No."), Reply("not a turn at all")],
    ids=["hangs up early", "no such request", "refuses", "no turn"],
)
def test_other_ways_to_break_it(reply: Reply) -> None:
    with pytest.raises(BrokenByUser):
        played(lambda body, n: turn("Hello.") if n == 0 else reply, ["Yes?"])


def _solved(build: Build, agent: Script, caller: Script, plan: SolvingPlan) -> Solved:
    async def run(agent_url: str, user_url: str) -> Solved:
        async with (
            ModelClient(ModelSettings(model="teacher", base_url=agent_url)) as one,
            ModelClient(ModelSettings(model="caller", base_url=user_url)) as two,
        ):
            return await solve(build, plan, one, user=two)

    with scripted_endpoint(agent) as first, scripted_endpoint(caller) as second:
        return asyncio.run(run(first.base_url, second.base_url))


def caller_of(build: Build) -> Script:
    """Play the users as the scripted user does, heard again from the start for each turn."""
    tasks = list(build.tasks("train"))

    def script(body: Body, number: int) -> Reply:
        system = body["messages"][0]["content"]
        scenario = next(
            t.scenario for t in tasks if t.scenario.requests[0].reason in system and t.scenario.name in system
        )
        user = ScriptedUser(scenario, key="caller")
        said = user.opening()
        for message in body["messages"][2:]:
            if message["role"] == "user":
                said = user.reply(message["content"])
        at = max(i for i, r in enumerate(scenario.requests, 1) if i == 1 or r.reason in _all_said(body, said.text))
        return turn(said.text, at, said.ends)

    return script


def _all_said(body: Body, last: str) -> str:
    return "\n".join([json.loads(m["content"])["says"] if m["content"].startswith("{") else m["content"]
                      for m in body["messages"] if m["role"] == "assistant"] + [last])  # fmt: skip


def any_opening(build: Build) -> Script:
    """The teacher, for users whose opening is one of the model's."""
    known = teacher(build)
    openings = {ScriptedUser(t.scenario, key="caller").opening().text: t for t in build.tasks()}

    def script(body: Body, number: int) -> Reply:
        first = next(message for message in body["messages"] if message["role"] == "user")
        task = openings[first["content"]]
        same = ScriptedUser(task.scenario, key=f"{task.id} 0").opening().text
        messages = [{**m, "content": same} if m is first else m for m in body["messages"]]
        return known({**body, "messages": messages}, number)

    return script


def test_tasks_are_solved_with_a_user_played_by_a_model(built: Build) -> None:
    plan = SolvingPlan(k=2, user="model", limit=4, splits=("train",))
    solved = _solved(built, any_opening(built), caller_of(built), plan)
    assert [(o.attempts, o.solved, o.broken_by_user) for o in solved.outcomes.values()] == [(2, 2, 0)] * 4


def test_a_conversation_that_the_user_broke_is_thrown_away_and_made_again(built: Build) -> None:
    good = caller_of(built)
    broken: set[str] = set()

    def caller(body: Body, number: int) -> Reply:
        system = body["messages"][0]["content"]
        if system not in broken and len(body["messages"]) > 2:
            broken.add(system)
            return Reply(refusal="I won't play.")
        return good(body, number)

    plan = SolvingPlan(k=1, user="model", limit=2, splits=("train",))
    solved = _solved(built, any_opening(built), caller, plan)
    assert [(o.attempts, o.solved, o.broken_by_user) for o in solved.outcomes.values()] == [(1, 1, 1)] * 2


def test_a_user_who_always_breaks_it_leaves_no_attempt_and_no_verdict_on_the_task(built: Build) -> None:
    plan = SolvingPlan(k=1, user="model", limit=1, splits=("train",))
    solved = _solved(built, any_opening(built), lambda body, n: Reply(refusal="No."), plan)
    (outcome,) = solved.outcomes.values()
    assert (outcome.attempts, outcome.solved, outcome.broken_by_user) == (0, 0, 3)
