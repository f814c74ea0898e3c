"""Experts in live episodes: who answers, what it costs, and what the scorer makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest

from tests.endpoint import Body, Reply, scripted_endpoint
from toolscale.live import LiveEpisode, assistant_message
from toolscale.models import ModelSettings
from toolscale.orchestration.account import TOOL_SECONDS, Usage
from toolscale.orchestration.catalog import Catalog, Skill, catalog
from toolscale.orchestration.experts import Consultation, ExpertAnswer
from toolscale.orchestration.model_experts import ModelExperts
from toolscale.orchestration.offer import ASK_EXPERT, Expert
from toolscale.orchestration.policies import ask_the_strongest, outlook
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.orchestration.steps import made, steps
from toolscale.rewards import counted
from toolscale.scoring.score import score_trajectory
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Task

WHAT_NEXT = "What is the next step?"


def expert_of(task: Task) -> Expert:
    assert task.orchestration is not None
    return task.orchestration.experts[0]


def asks(task: Task, question: str = WHAT_NEXT, *, first: int = 900) -> dict[str, Any]:
    return assistant_message("", [(ASK_EXPERT, {"expert": expert_of(task).name, "question": question})], first=first)


def skilled(skill: float) -> Catalog:
    """The catalog with one skill for everybody and everything."""
    same = Skill(lookup=skill, change=skill, sum=skill, judgement=skill, report=skill)
    return catalog().model_copy(
        update={"experts": [expert.model_copy(update={"skill": same}) for expert in catalog().experts]}
    )


@pytest.fixture
def opened(accepted: list[Accepted], author: ProceduralAuthor) -> Iterator[Callable[..., LiveEpisode]]:
    """Starts live episodes with simulated experts; each hears the user's first words."""
    live: list[LiveEpisode] = []

    def start(candidate: Accepted, skill: float | None = None) -> LiveEpisode:
        experts = SimulatedExperts(key="a", listed=None if skill is None else skilled(skill))
        live.append(LiveEpisode(candidate.task, author.environment, experts=experts))
        live[-1].hear(ScriptedUser(candidate.task.scenario, key="a").opening())
        return live[-1]

    yield start
    for episode in live:
        episode.__exit__(None, None, None)


def test_a_conversation_in_which_experts_were_asked_still_solves_its_task_and_replays(
    accepted: list[Accepted], author: ProceduralAuthor, opened: Callable[..., LiveEpisode]
) -> None:
    for candidate in accepted[:10]:
        live = opened(candidate)
        user = ScriptedUser(candidate.task.scenario, key="a")
        user.opening()
        for number, message in enumerate(candidate.trajectory.messages):
            if message["role"] == "assistant" and live.ending is None:
                live.act(asks(candidate.task, first=900 + number))
                live.converse(message, user)
        assert live.score().value == 1, live.score().explain()
        assert score_trajectory(candidate.task, author.environment, live.messages).value == 1


def test_what_an_expert_said_was_not_read(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    class Knowing:
        """Experts that say the answer, which they can't know."""

        def answer(self, consultation: Consultation) -> ExpertAnswer:
            values = [f"{s.about}: {s.value} {s.unit or ''}" for s in consultation.task.criteria.statements]
            return ExpertAnswer(" ".join(values), Usage(1, 1))

    task = next(c.task for c in accepted if c.task.criteria.statements and not c.task.criteria.difference.changes)
    with LiveEpisode(task, author.environment, experts=Knowing()) as live:
        live.hear(ScriptedUser(task.scenario, key="a").opening())
        (answer,) = live.act(asks(task))
        live.act(assistant_message(answer["content"].replace(": ", " is $") + " " + answer["content"]))
        assert "fidelity" not in live.score().failed
        assert "grounding" in live.score().failed
        assert "grounding" in score_trajectory(task, author.environment, live.messages).failed


def test_a_tool_that_the_task_does_not_offer_is_refused_live_and_in_the_replay(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    task = next(c.task for c in accepted if "renew_loan" not in {call.tool for call in c.task.reference})
    task = replace(task, tools=tuple(name for name in task.tools if name != "renew_loan"))
    with LiveEpisode(task, author.environment) as live:
        (answer,) = live.act(assistant_message("", [("renew_loan", {"loan_id": "L-00001"})]))
        assert "There is no tool 'renew_loan'" in json.loads(answer["content"])["error"]
        assert [record.ok for record in live.episode.calls] == [False]
        assert live.score() == score_trajectory(task, author.environment, live.messages)


@pytest.mark.parametrize(
    ("arguments", "evidence"),
    [
        ({"expert": "oracle-9000", "question": "What now?"}, "there is no expert 'oracle-9000'"),
        ({"expert": "oracle-9000"}, "field 'question' must be a text"),
        ({"question": "What now?"}, "field 'expert' must be a text"),
        ({"expert": "x", "question": "y", "budget": 3}, "unknown field 'budget'"),
        ("ask somebody", "one JSON object"),
    ],
)
def test_a_question_that_nobody_can_answer_says_why_and_costs_nothing(
    arguments: Any, evidence: str, accepted: list[Accepted], opened: Callable[..., LiveEpisode]
) -> None:
    live = opened(accepted[0])
    (answer,) = live.act(assistant_message("", [(ASK_EXPERT, arguments)]))
    assert evidence in json.loads(answer["content"])["error"]
    assert not [posting for posting in live.account.postings if posting.who == "expert"]


def test_experts_are_simulated_unless_others_are_given(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    with LiveEpisode(accepted[0].task, author.environment) as live:
        (answer,) = live.act(asks(accepted[0].task))
        assert answer["content"].startswith(("Next, call ", "Ask the user for: ", "Tell the user: "))


def test_a_task_without_experts_has_no_tool_that_asks(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    task = accepted[0].task
    question = asks(task)
    with LiveEpisode(replace(task, orchestration=None, tools=task.tools[:-1]), author.environment) as live:
        (answer,) = live.act(question)
        assert "There is no tool 'ask_expert'" in answer["content"]


# --- the account ---------------------------------------------------------------------------------------------


def test_the_account_posts_every_call_and_every_models_tokens(
    accepted: list[Accepted], opened: Callable[..., LiveEpisode]
) -> None:
    task = accepted[0].task
    offer, expert = task.orchestration, expert_of(task)
    assert offer is not None
    live = opened(accepted[0])
    live.act(assistant_message("", [("calculate", {"expression": "1"}), ("calculate", {})]), Usage(1000, 50))
    live.act(asks(task), Usage(2000, 20))
    own, first, second, more, answer = live.account.postings
    assert (own.who, own.tokens_in, own.tokens_out) == ("orchestrator", 1000, 50)
    assert own.dollars == pytest.approx(
        (1000 * offer.orchestrator.dollars_in + 50 * offer.orchestrator.dollars_out) / 1e6
    )
    assert [posting.seconds for posting in (first, second)] == [TOOL_SECONDS] * 2
    assert (answer.who, answer.name) == ("expert", expert.name)
    assert answer.seconds == pytest.approx(expert.seconds_to_first_token + answer.tokens_out / expert.tokens_per_second)
    assert answer.dollars == pytest.approx(
        (answer.tokens_in * expert.dollars_in + answer.tokens_out * expert.dollars_out) / 1e6
    )
    assert live.account.dollars == pytest.approx(own.dollars + more.dollars + answer.dollars)
    assert live.account.counts() == {"calculate": 2, expert.name: 1} == counted(live.messages)
    assert live.account.tokens("orchestrator") == (3000, 70)


def test_what_nobody_counted_is_estimated_from_what_the_model_read(
    accepted: list[Accepted], opened: Callable[..., LiveEpisode]
) -> None:
    live = opened(accepted[0])
    live.act(assistant_message("Good morning, what can I do for you?"))
    shorter = live.account.postings[0].tokens_in
    read = len(json.dumps(live.tools, ensure_ascii=False)) + sum(len(m["content"]) for m in live.messages[:2])
    assert shorter == pytest.approx(read / 4, rel=0.01)
    live.act(assistant_message("Are you there?"))
    assert live.account.postings[1].tokens_in > shorter


def test_a_rollout_tells_the_reward_what_it_needs(accepted: list[Accepted], opened: Callable[..., LiveEpisode]) -> None:
    live = opened(accepted[0])
    live.act(asks(accepted[0].task))
    assert live.rollout().well_formed
    live.act(assistant_message("", [("calculate", "1 + 1")]))
    rollout = live.rollout()
    assert (rollout.outcome, rollout.ended, rollout.well_formed) == (0, False, False)
    assert rollout.counts == {expert_of(accepted[0].task).name: 1, "calculate": 1}
    assert rollout.dollars == live.account.dollars > 0


# --- simulated experts ---------------------------------------------------------------------------------------


def test_a_simulated_expert_says_the_same_again(accepted: list[Accepted], opened: Callable[..., LiveEpisode]) -> None:
    once, again = (opened(accepted[0]).act(asks(accepted[0].task)) for _ in range(2))
    assert once == again


CALL = re.compile(r"Next, call (\w+) with (\{.*\})\.( Ask the user to agree first\.)?$")


def followed(candidate: Accepted, live: LiveEpisode) -> None:
    """Play an agent that knows nothing: it asks the first expert at every step, and does as it is told."""
    user = ScriptedUser(candidate.task.scenario, key="a")
    user.opening()
    agreed = ""
    while live.ending is None:
        (answer,) = live.act(asks(candidate.task, first=1000 + live.turns))
        advised = answer["content"]
        call = CALL.search(advised)
        if call is None:
            told = advised.replace("Ask the user for:", "Could you tell me the").replace("Tell the user:", "")
            told = told.replace("Ask whether there is anything else.", "Is there anything else?")
            live.converse(assistant_message(f"{told}?" if "Could you" in told else told), user)
        elif not advised.startswith("Next"):
            live.converse(assistant_message(f"{advised.split('Next,')[0]} Okay?"), user)
        elif call[3] and call[2] != agreed:
            agreed = call[2]
            live.converse(assistant_message(f"{call[1]} {call[2]}: shall I go ahead?"), user)
        else:
            live.act(assistant_message("", [(call[1], json.loads(call[2]))], first=2000 + live.turns))


def test_an_agent_that_follows_an_expert_that_is_always_right_solves_every_task(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    for candidate in accepted:
        experts = SimulatedExperts(key="a", listed=skilled(1.0))
        with LiveEpisode(candidate.task, author.environment, experts=experts, most_turns=100) as live:
            live.hear(ScriptedUser(candidate.task.scenario, key="a").opening())
            followed(candidate, live)
            assert live.score().value == 1, (candidate.task.id, live.score().explain())


def test_who_always_asks_solves_live_as_many_tasks_as_in_closed_form(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    listed = skilled(0.95)
    solved, expected = [], []
    for candidate in accepted:
        experts = SimulatedExperts(key="b", listed=listed)
        with LiveEpisode(candidate.task, author.environment, experts=experts, most_turns=60) as live:
            live.hear(ScriptedUser(candidate.task.scenario, key="a").opening())
            followed(candidate, live)
            solved.append(live.score().value)
        expected.append(
            ask_the_strongest(outlook(candidate.task, candidate.trajectory, author.environment, listed)).success
        )
    assert len(solved) > 50
    assert fmean(solved) == pytest.approx(fmean(expected), abs=0.12)


def test_an_expert_that_is_asked_again_about_a_step_says_the_same(
    accepted: list[Accepted], opened: Callable[..., LiveEpisode]
) -> None:
    for candidate in accepted[:20]:
        live = opened(candidate, 0.5)
        answers = {live.act(asks(candidate.task, first=number))[0]["content"] for number in range(900, 904)}
        assert len(answers) == 1


def test_an_expert_gives_away_nothing_that_the_user_has_not_said(
    accepted: list[Accepted], opened: Callable[..., LiveEpisode]
) -> None:
    for candidate in accepted:
        live = opened(candidate, 1.0)
        (answer,) = live.act(asks(candidate.task))
        for fact in candidate.task.scenario.identity:
            if fact.said not in live.messages[1]["content"]:
                assert fact.said not in answer["content"]
                assert answer["content"].startswith("Ask the user for:")


def test_an_expert_that_is_never_right_says_something_plausible_and_wrong(
    accepted: list[Accepted], opened: Callable[..., LiveEpisode]
) -> None:
    right = {c.task.id: opened(c, 1.0).act(asks(c.task))[0]["content"] for c in accepted[:10]}
    for candidate in accepted[:10]:
        (answer,) = opened(candidate, 1e-300).act(asks(candidate.task))
        assert answer["content"] != right[candidate.task.id]
        assert answer["content"].startswith(("Next, call ", "Tell the user: ", "Ask the user for: "))


def test_mistakes_come_as_often_as_skill_and_burdens_say(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    task = next(c.task for c in accepted if not any(wish.after == 0 for wish in c.task.wishes))
    said = []
    for number in range(400):
        experts = SimulatedExperts(key=str(number), listed=skilled(0.8))
        with LiveEpisode(task, author.environment, experts=experts) as live:
            said.append(live.act(asks(task))[0]["content"])
    commonest = max(set(said), key=said.count)
    assert said.count(commonest) / len(said) == pytest.approx(0.8, abs=0.06)


def test_steps_follow_the_reference(accepted: list[Accepted]) -> None:
    for candidate in accepted:
        every = steps(candidate.task)
        assert [step.call for step in every if step.call is not None] == list(range(len(candidate.task.reference)))
        assert sum(step.wish is not None for step in every) == len(candidate.task.wishes)
        assert (every[-1].kind == "report") == bool(candidate.task.criteria.statements)


def test_a_reference_call_counts_as_made_once_all_before_it_are(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    for candidate in accepted[:20]:
        with author.environment.episode() as episode:
            for number, call in enumerate(candidate.task.reference):
                assert made(candidate.task, episode.calls) == number
                episode.call("calculate", {"expression": "1"})
                episode.call(call.tool, call.arguments)
            assert made(candidate.task, episode.calls) == len(candidate.task.reference)


# --- models as experts ---------------------------------------------------------------------------------------


def test_a_model_answers_as_an_expert_with_real_tokens_at_the_tasks_prices(
    accepted: list[Accepted], author: ProceduralAuthor
) -> None:
    bodies: list[Body] = []

    def script(body: Body, _: int) -> Reply:
        bodies.append(body)
        return Reply("Look the member up first.")

    task, expert = accepted[0].task, expert_of(accepted[0].task)
    with scripted_endpoint(script) as endpoint:
        settings = ModelSettings(model="any", base_url=endpoint.base_url, price=(1, 1))
        experts = ModelExperts(settings, models={expert.name: "the/served-name"})
        with LiveEpisode(task, author.environment, experts=experts) as live:
            live.hear(ScriptedUser(task.scenario, key="a").opening())
            (answer,) = live.act(asks(task, "Whom do I look up?"))
    assert answer["content"] == "Look the member up first."
    (body,) = bodies
    assert body["model"] == "the/served-name"
    shown = body["messages"][-1]["content"]
    for text in ("Whom do I look up?", live.messages[1]["content"], "find_member"):
        assert text in shown
    assert f'"name":"{ASK_EXPERT}"' not in shown
    posting = live.account.postings[-1]
    assert posting.tokens_out == 5
    assert posting.dollars == pytest.approx((posting.tokens_in * expert.dollars_in + 5 * expert.dollars_out) / 1e6)
    assert posting.seconds > 0
