"""Structured answers of an endpoint: checked, sent back, refused."""

from __future__ import annotations

import json

import pytest

from tests.endpoint import Body, Reply, scripted_endpoint
from tests.model_questions import NUMBER, asks, fault_of, numbers, only, settings_of
from toolscale.models import Ledger, ModelAnswer, ask_all
from toolscale.models.faults import Malformed, Refused, Truncated, Unreachable


def test_a_malformed_answer_goes_back_with_the_validators_words_and_is_repaired(stream: bool) -> None:
    def wrong_first(body: Body, number: int) -> Reply:
        return Reply('{"number": "seven"}') if number == 0 else Reply('{"number": 7}')

    ledger = Ledger()
    with scripted_endpoint(wrong_first) as endpoint:
        answer = only(ask_all(settings_of(endpoint, stream=stream), numbers(1), ledger=ledger))
    assert answer.value == {"number": 7}
    assert ledger.of("draft", "scripted").repairs == 1
    said = endpoint.requests[1]["messages"]
    assert said[-2] == {"role": "assistant", "content": '{"number": "seven"}'}
    assert "number" in said[-1]["content"]
    assert "integer" in said[-1]["content"]
    assert answer.tokens_out == 4, "the answer's tokens hold those of the repair"


def test_repairs_are_bounded_and_the_last_fault_is_told() -> None:
    with scripted_endpoint(lambda body, n: Reply('{"number": null}')) as endpoint:
        error = fault_of(ask_all(settings_of(endpoint, repairs=2), numbers(1)))
    assert isinstance(error, Malformed)
    assert "number" in str(error)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    "text",
    [
        'Sure!\n```json\n{"number": 3}\n```\nAnything else?',
        'Here it is: {"number": 3}. Is that right?',
        '  {"number":\n3}\n',
    ],
)
def test_prose_around_json_needs_no_repair(text: str) -> None:
    with scripted_endpoint(lambda body, n: Reply(text)) as endpoint:
        assert only(ask_all(settings_of(endpoint), numbers(1))).value == {"number": 3}
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("text", ['{"number": NaN}', '{"number": 3', "", "[" * 10_000, "3"])
def test_what_is_no_such_json_is_never_accepted(text: str) -> None:
    with scripted_endpoint(lambda body, n: Reply(text)) as endpoint:
        assert isinstance(fault_of(ask_all(settings_of(endpoint), numbers(1))), Malformed)


def test_a_refusal_and_a_cut_answer_are_kinds_of_their_own(stream: bool) -> None:
    def script(body: Body, number: int) -> Reply:
        kind = body["messages"][-1]["content"]
        return Reply(refusal="I won't.") if kind == "0" else Reply('{"num', finish="length")

    with scripted_endpoint(script) as endpoint:
        refused, cut = ask_all(settings_of(endpoint, stream=stream), numbers(2))
    assert isinstance(refused, Refused)
    assert "I won't." in str(refused)
    assert isinstance(cut, Truncated)
    assert len(endpoint.requests) == 2


def test_an_endpoint_that_takes_no_schema_gets_it_in_the_prompt() -> None:
    def old_server(body: Body, number: int) -> Reply:
        if "response_format" in body:
            return Reply("response_format json_schema is not supported", status=400)
        return Reply('{"number": 1}' if "JSON Schema" in body["messages"][0]["content"] else "Hello!")

    told: list[str] = []
    with scripted_endpoint(old_server) as endpoint:
        answers = ask_all(settings_of(endpoint, concurrency_start=1), numbers(5), tell=told.append)
    assert all(isinstance(answer, ModelAnswer) and answer.value == {"number": 1} for answer in answers)
    assert sum("response_format" in body for body in endpoint.requests) == 1
    assert any("takes no JSON Schema" in text for text in told)


def test_a_schema_can_be_put_into_the_prompt_from_the_start() -> None:
    with scripted_endpoint(lambda body, n: Reply('{"number": 1}')) as endpoint:
        only(ask_all(settings_of(endpoint, structured="prompt"), numbers(1)))
    assert "response_format" not in endpoint.requests[0]
    assert json.dumps(NUMBER["properties"], separators=(",", ":")) in endpoint.requests[0]["messages"][0]["content"]


def test_what_is_no_chat_completion_is_said_so() -> None:
    with scripted_endpoint(lambda body, n: Reply(raw=b"<html>Welcome to nginx</html>")) as endpoint:
        error = fault_of(ask_all(settings_of(endpoint, retries=1), [asks("x")]))
    assert isinstance(error, Unreachable)
    assert "no chat completion" in str(error)
