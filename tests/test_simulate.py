"""Policies in closed form, and the commands that show what a task offers."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.endpoint import Body, Reply, scripted_endpoint
from toolscale.cli.app import COMMANDS, app
from toolscale.errors import ToolscaleError
from toolscale.live import LiveEpisode, assistant_message
from toolscale.orchestration.catalog import catalog
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.orchestration.policies import (
    HARD_BELOW,
    POLICIES,
    Outlook,
    ask_on_hard_steps,
    ask_the_cheapest,
    ask_the_strongest,
    figures,
    never_ask,
    oracle,
    outlook,
)
from toolscale.orchestration.simulation import SimulatedExperts
from toolscale.orchestration.steps import steps
from toolscale.shards.build import Build
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.user import ScriptedUser


@pytest.fixture(scope="module")
def outlooks(accepted: list[Accepted], author: ProceduralAuthor) -> list[Outlook]:
    return [outlook(c.task, c.trajectory, author.environment) for c in accepted]


def invoked(command: str, *words: str | Path) -> Result:
    for name in COMMANDS:
        importlib.import_module(f"toolscale.cli.{name}")
    return CliRunner().invoke(app, [command, *map(str, words)], env={"COLUMNS": "160"})


# --- policies ------------------------------------------------------------------------------------------------


def test_alone_a_task_is_solved_if_every_step_is_done_right(outlooks: list[Outlook]) -> None:
    skill = catalog().orchestrator.skill
    for seen in outlooks:
        expected = math.prod(skill.at(step.kind, step.burdens) for step in steps(seen.task))
        assert never_ask(seen).success == pytest.approx(expected)
        assert never_ask(seen).questions == 0


def test_asking_the_strongest_solves_most_and_costs_more_than_asking_nobody(outlooks: list[Outlook]) -> None:
    for seen in outlooks:
        asked = ask_the_strongest(seen)
        assert asked.questions == len(seen.doers)
        assert asked.success >= ask_the_cheapest(seen).success
        assert asked.dollars > never_ask(seen).dollars
        assert asked.seconds > never_ask(seen).seconds
        assert asked.counts[seen.strongest] == len(seen.doers)


def test_the_cheapest_expert_answers_for_the_fewest_dollars(outlooks: list[Outlook]) -> None:
    for seen in outlooks:
        assert ask_the_cheapest(seen).dollars <= ask_the_strongest(seen).dollars


def test_on_hard_steps_only_those_are_asked_about(outlooks: list[Outlook]) -> None:
    for seen in outlooks:
        hard = sum(row[0].right < HARD_BELOW for row in seen.doers)
        assert ask_on_hard_steps(seen).questions == hard
        assert never_ask(seen).dollars <= ask_on_hard_steps(seen).dollars <= ask_the_strongest(seen).dollars


def test_nothing_solves_more_than_foresight(outlooks: list[Outlook]) -> None:
    for seen in outlooks:
        assert max(policy(seen).success for policy in POLICIES.values()) == oracle(seen).success <= 1


def test_there_is_room_for_training(outlooks: list[Outlook]) -> None:
    """Asking neither never nor always pays: a policy that chooses earns more than each that does not."""
    found = {one.policy: one for one in figures(outlooks)}
    blind = max(found[name].reward for name in ("never ask", "always the cheapest", "always the strongest"))
    assert found["only on hard steps"].reward > blind
    assert found["oracle"].reward > found["only on hard steps"].reward
    assert found["never ask"].success + 0.1 < found["always the strongest"].success


def test_the_closed_form_is_what_live_episodes_cost(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    """An agent that says the reference's words and asks nobody: the account says what the closed form says."""
    for candidate in accepted[:5]:
        user = ScriptedUser(candidate.task.scenario, key="a")
        with LiveEpisode(candidate.task, author.environment) as live:
            live.hear(user.opening())
            for message in candidate.trajectory.messages:
                if message["role"] == "assistant" and live.ending is None:
                    live.converse(message, user)
            alone = never_ask(outlook(candidate.task, candidate.trajectory, author.environment))
            assert live.account.dollars == pytest.approx(alone.dollars, rel=0.05)
            assert live.account.seconds == pytest.approx(alone.seconds, rel=0.15)


def test_a_question_costs_live_what_it_costs_in_closed_form(accepted: list[Accepted], author: ProceduralAuthor) -> None:
    """The mean of many answers to the first question, against the closed form's first step."""
    candidate = accepted[0]
    seen = outlook(candidate.task, candidate.trajectory, author.environment)
    first = seen.doers[0][1]
    assert first.expert is not None
    question = assistant_message(
        "", [(ASK_EXPERT, {"expert": first.expert.name, "question": "What is the next step?"})]
    )
    dollars = []
    for number in range(60):
        with LiveEpisode(candidate.task, author.environment, experts=SimulatedExperts(key=str(number))) as live:
            live.hear(ScriptedUser(candidate.task.scenario, key="a").opening())
            live.act(question)
            dollars.append(live.account.dollars)
    assert sum(dollars) / len(dollars) == pytest.approx(first.dollars, rel=0.1)


# --- commands ------------------------------------------------------------------------------------------------


def test_simulate_prints_a_row_for_every_policy_and_the_room(built: Build) -> None:
    done = invoked("simulate", built.folder, "--split", "train")
    assert done.exit_code == 0, done.output
    assert all(name in done.output for name in POLICIES)
    assert "Room: the best policy without foresight is" in done.output


def test_simulate_gives_json(built: Build) -> None:
    found = json.loads(invoked("simulate", built.folder, "--json", "--tasks", "3").output)
    assert [row["policy"] for row in found] == list(POLICIES)
    assert all(0 < row["success"] <= 1 for row in found)


def test_simulate_draws_a_plot(built: Build, tmp_path: Path) -> None:
    done = invoked("simulate", built.folder, "--plot", tmp_path / "policies.svg")
    assert done.exit_code == 0, done.output
    drawn = (tmp_path / "policies.svg").read_text()
    assert drawn.lstrip().startswith("<?xml")
    assert "dollars a task" in drawn


def test_a_plot_of_an_unknown_kind_is_an_error_that_names_the_known_ones(built: Build, tmp_path: Path) -> None:
    error = invoked("simulate", built.folder, "--plot", tmp_path / "policies.docx").exception
    assert isinstance(error, ToolscaleError)
    assert ".svg" in str(error)


def test_show_prints_experts_prices_and_preference(built: Build) -> None:
    task = next(built.tasks("test"))
    assert task.orchestration is not None
    output = " ".join(invoked("show", built.folder, task.id).output.split())
    assert task.orchestration.preference.instruction in output
    for expert in task.orchestration.experts:
        assert expert.name in output
        assert f"{expert.dollars_in:g}" in output


def test_the_card_documents_what_a_task_offers(built: Build) -> None:
    text = (built.folder / "README.md").read_text()
    assert "`orchestration`" in text
    assert "`tools`" in text


def test_preferences_are_listed_and_checked() -> None:
    done = invoked("preferences", "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)["faults"] == []


def test_wordings_that_a_model_writes_are_kept_only_if_they_say_what_the_weights_say() -> None:
    wanted = "Please be cheap about it."

    def script(_: Body, __: int) -> Reply:
        return Reply(json.dumps({"wordings": [wanted, "As fast as lightning, please."]}))

    with scripted_endpoint(script) as endpoint:
        done = invoked("preferences", "--model", "scripted", "--base-url", endpoint.base_url)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"cheap": [wanted], "hurry": ["As fast as lightning, please."]}
    assert "left out: no-rush: 'As fast as lightning, please.'" in done.stderr
