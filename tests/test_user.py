"""The scripted user, live."""

from __future__ import annotations

from dataclasses import replace

import pytest

from toolscale.synthesis.user import ScriptedUser, is_stated, mentions
from toolscale.task import Fact, Request, Twist, UserScenario

RENEWAL = Request("renew", "Please renew The Lost Clock.", (Fact("weeks", 2),), ("loan id",), ("the new due date",))
PAYMENT = Request("pay", "I want to pay $5.50 of my fees.", (Fact("amount", 5.5),), (), ())
SCENARIO = UserScenario(
    name="Ada Byron",
    persona="A retired engineer.",
    register="plain",
    identity=(Fact("email", "ada@example.org"), Fact("card number", "7712345")),
    identified_in=0,
    unknown=("member id",),
    requests=(RENEWAL, PAYMENT),
    twist=None,
)


@pytest.fixture
def user() -> ScriptedUser:
    caller = ScriptedUser(SCENARIO, key="k")
    caller.opening()
    return caller


def test_the_opening_states_the_reason_and_what_the_user_wants_to_hear() -> None:
    text = ScriptedUser(SCENARIO, key="k").opening().text
    assert "The Lost Clock" in text
    assert "the new due date" in text


def test_the_user_tells_what_it_is_asked_for_and_no_more(user: ScriptedUser) -> None:
    text = user.reply("May I have your e-mail, please?").text
    assert "ada@example.org" in text
    assert "7712345" not in text


def test_the_user_does_not_know_what_it_does_not_know(user: ScriptedUser) -> None:
    text = user.reply("What is the loan id?").text
    assert "loan id" in text
    assert "2" not in text


def test_the_user_confirms(user: ScriptedUser) -> None:
    user.reply("How many weeks would you like?")
    turn = user.reply("I am going to renew the loan by two weeks. Shall I go ahead?")
    assert not turn.ends
    assert "$5.50" not in turn.text


def test_the_user_goes_on_to_its_next_request_and_then_ends(user: ScriptedUser) -> None:
    turn = user.reply("That is done. Is there anything else I can do for you?")
    assert "$5.50" in turn.text
    assert not turn.ends
    assert user.reply("Paid. Anything else?").ends


def test_a_question_that_names_nothing_gets_all_that_is_left(user: ScriptedUser) -> None:
    text = user.reply("Could you tell me more about that?").text
    assert "ada@example.org" in text
    assert "7712345" in text


def test_the_same_key_gives_the_same_words() -> None:
    assert ScriptedUser(SCENARIO, key="a").opening() == ScriptedUser(SCENARIO, key="a").opening()


def test_a_change_of_mind_comes_instead_of_the_first_yes() -> None:
    twist = Twist("change of mind", 0, Fact("weeks", 3))
    user = ScriptedUser(replace(SCENARIO, twist=twist), key="k")
    user.opening()
    assert "3" in user.reply("How many weeks?").text
    changed = user.reply("I am going to renew it by three weeks. Shall I go ahead?").text
    assert "2" in changed
    assert "2" not in user.reply("Then I am going to renew it by the other number. Shall I go ahead?").text


def test_a_wrong_detail_is_put_right_when_it_is_asked_about() -> None:
    twist = Twist("wrong detail", 0, Fact("email", "aad@example.org"))
    user = ScriptedUser(replace(SCENARIO, twist=twist), key="k")
    user.opening()
    assert "aad@example.org" in user.reply("What is your email?").text
    assert "ada@example.org" in user.reply("I can't find that email. Could you check it?").text


def test_a_user_never_talks_for_ever(user: ScriptedUser) -> None:
    assert any(user.reply("Which colour?").ends for _ in range(100))


def test_mentioning_ignores_plurals_and_small_words() -> None:
    assert mentions("How many guests will there be?", "number of guests") is False
    assert mentions("What is the number of the guest?", "number of guests")


def test_a_slip_that_makes_an_impossible_date_is_said_as_it_is() -> None:
    assert is_stated(Fact("birth date", "1984-04-31"), "I was born on 1984-04-31.")
    assert not is_stated(Fact("birth date", "1984-04-31"), "I was born on April 30, 1984.")
