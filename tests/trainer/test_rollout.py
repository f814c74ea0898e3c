"""Rollouts: the cache gives what a whole pass gives, answers are masked out, faults are answered, time is counted."""

from __future__ import annotations

import time

import pytest
import torch

from tests.trainer.playing_reference import attempt_at, played, spoken, turns_of_reference
from toolscale.shards.build import Build
from toolscale.trainer.parsing import MOST_CALLS, written
from toolscale.trainer.playing import Limits, Played
from toolscale.trainer.rollout import SlotRoller
from toolscale.trainer.tokens import ConversationTokenizer

SHORT = Limits(turn_tokens=24, tokens=600, turns=4)


@pytest.fixture(scope="module")
def rolled(built: Build, model: torch.nn.Module, tokenizer: ConversationTokenizer) -> list[Played]:
    """Episodes of an untrained model: six tasks, two attempts each, five at a time."""
    tasks = list(built.tasks("train"))[:6]
    attempts = [attempt_at(built, task) for task in tasks for _ in range(2)]
    return SlotRoller(model, tokenizer, SHORT, at_once=5).play(attempts, temperature=1.0, seed=3)


def test_recorded_log_probabilities_are_those_of_one_pass_over_the_whole_conversation(
    rolled: list[Played], model: torch.nn.Module
) -> None:
    for one in rolled:
        ids = torch.tensor([one.prompt + one.completion])
        with torch.no_grad():
            whole = torch.log_softmax(model(input_ids=ids, use_cache=False).logits[0], dim=-1)
        start = len(one.prompt)
        for place, (token, own, logprob) in enumerate(zip(one.completion, one.own, one.logprobs, strict=True)):
            if own:
                assert logprob == pytest.approx(whole[start + place - 1, token].item(), abs=2e-4)


def test_attempts_of_a_group_begin_with_the_same_words_and_come_back_in_order(rolled: list[Played]) -> None:
    assert [one.task.id for one in rolled[::2]] == [one.task.id for one in rolled[1::2]]
    for first, second in zip(rolled[::2], rolled[1::2], strict=True):
        assert first.prompt == second.prompt
        assert first.completion != second.completion


def test_only_what_the_model_wrote_is_its_own(rolled: list[Played], tokenizer: ConversationTokenizer) -> None:
    for one in rolled:
        text = tokenizer.tokenizer.decode([t for t, own in zip(one.completion, one.own, strict=True) if not own])
        for message in one.messages[2:]:
            if message["role"] in ("user", "tool") and message is not one.messages[-1]:
                assert f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>" in text
        assert one.own[0]
        assert one.own[-1]


def test_greedy_episodes_do_not_depend_on_how_many_are_played_at_once(
    built: Build, model: torch.nn.Module, tokenizer: ConversationTokenizer
) -> None:
    attempts = [attempt_at(built, task) for task in list(built.tasks("train"))[:5]]
    alone, together = (
        SlotRoller(model, tokenizer, SHORT, at_once=count).play(attempts, temperature=0, seed=0) for count in (1, 4)
    )
    assert [one.completion for one in alone] == [one.completion for one in together]


def test_the_same_seed_gives_the_same_episodes_and_another_others(
    built: Build, model: torch.nn.Module, tokenizer: ConversationTokenizer
) -> None:
    attempts = [attempt_at(built, task) for task in list(built.tasks("train"))[:3]]
    roller = SlotRoller(model, tokenizer, SHORT, at_once=3)
    first, again, other = (
        [one.completion for one in roller.play(attempts, temperature=1.0, seed=seed)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_the_references_turns_solve_the_task_and_its_seconds_are_counted_not_slept(
    built: Build, tokenizer: ConversationTokenizer
) -> None:
    for task in list(built.tasks("train"))[:6]:
        start = time.process_time()
        one = played(built, task, tokenizer, turns_of_reference(built, task, tokenizer))
        assert one.score.value == 1, one.score.explain()
        assert one.ending == "user"
        assert one.rollout.dollars > 0
        assert one.rollout.seconds > time.process_time() - start
        assert one.calls == sum(one.rollout.counts.values())


def test_a_call_that_cannot_be_read_is_answered_with_an_error_and_can_be_made_again(
    built: Build, tokenizer: ConversationTokenizer
) -> None:
    task = next(task for task in built.tasks("train") if task.reference)
    turns = turns_of_reference(built, task, tokenizer)
    broken = spoken(tokenizer, '<tool_call>\n{"name": "find_member", "arguments": {"email": }\n</tool_call>')
    one = played(built, task, tokenizer, [turns[0], broken, *turns[1:]])
    error = next(message["content"] for message in one.messages if message["role"] == "tool")
    assert "not JSON" in error
    assert one.score.value == 1, one.score.explain()
    assert one.malformed == 1
    assert not one.rollout.well_formed


def test_a_question_to_an_expert_is_answered_and_paid_for(built: Build, tokenizer: ConversationTokenizer) -> None:
    task = next(task for task in built.tasks("train") if task.orchestration)
    assert task.orchestration is not None
    expert = task.orchestration.experts[0].name
    turns = turns_of_reference(built, task, tokenizer)
    call = f'{{"name": "ask_expert", "arguments": {{"expert": "{expert}", "question": "What is the next step?"}}}}'
    asking = spoken(tokenizer, f"<tool_call>\n{call}\n</tool_call>")
    with_question = played(built, task, tokenizer, [turns[0], asking, *turns[1:]])
    without = played(built, task, tokenizer, turns)
    assert with_question.rollout.counts[expert] == 1
    assert with_question.rollout.dollars > without.rollout.dollars
    assert with_question.rollout.seconds > without.rollout.seconds


def test_a_conversation_that_is_too_long_ends_without_a_valid_end(
    built: Build, tokenizer: ConversationTokenizer
) -> None:
    task = next(built.tasks("train"))
    one = played(built, task, tokenizer, [spoken(tokenizer, "Hm?")] * 90, Limits(turn_tokens=64, tokens=300, turns=100))
    assert one.ending == "tokens"
    assert not one.rollout.ended
    assert len(one.prompt) + len(one.completion) <= 300 + 64


def test_an_agent_that_talks_on_is_stopped_after_its_turns(built: Build, tokenizer: ConversationTokenizer) -> None:
    task = next(built.tasks("train"))
    one = played(built, task, tokenizer, [spoken(tokenizer, "Hm?")] * 9, Limits(turn_tokens=64, tokens=8192, turns=3))
    assert (one.ending, one.turns) == ("turns", 3)


@pytest.mark.parametrize(
    ("text", "content", "calls", "fault"),
    [
        ("Hello.", "Hello.", 0, ""),
        ("<think>Hm.</think>Hello.", "Hello.", 0, ""),
        ('Wait.\n<tool_call>\n{"name": "a", "arguments": {}}\n</tool_call>', "Wait.", 1, ""),
        ('<tool_call>{"name": "a"}</tool_call><tool_call>{"name": "b"}</tool_call>', "", 2, ""),
        ('<tool_call>{"name": "a"', "", 0, "ends with </tool_call>"),
        ("<tool_call>[1]</tool_call>", "", 0, 'JSON object with "name"'),
        ('<tool_call>{"name": "a", "arguments": "{}"}</tool_call>', "", 0, '"arguments" of a tool call'),
        ('{"name": "a"}</tool_call>', '{"name": "a"}</tool_call>', 0, "opens with <tool_call>"),
        ('<tool_call>{"name": "a"}</tool_call>' * (MOST_CALLS + 1), "", 0, f"at most {MOST_CALLS}"),
        ("[" * 100_000, "[" * 100_000, 0, ""),
        ("<tool_call>" + "[" * 100_000 + "</tool_call>", "", 0, "not JSON"),
    ],
)
def test_what_a_model_writes_is_read_as_text_calls_or_a_fault(text: str, content: str, calls: int, fault: str) -> None:
    said = written(text)
    assert (said.content, len(said.calls)) == (content, calls)
    assert fault in said.fault
    assert bool(fault) == bool(said.fault)


def test_a_turn_that_was_cut_off_makes_no_call() -> None:
    said = written('<tool_call>{"name": "a"}</tool_call>', complete=False)
    assert said.calls == ()
    assert "cut off" in said.fault
