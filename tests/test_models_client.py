"""The model client: what it sends to an endpoint and what it makes of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.endpoint import Reply, scripted_endpoint
from tests.model_questions import NUMBER, TOOL, asks, fault_of, only, same_number, settings_of
from toolscale.models import ModelAnswer, ModelRequest, ModelSettings, ask_all
from toolscale.models.faults import NotAccepted


def test_answers_come_in_the_order_of_the_requests() -> None:
    slow_first = lambda body, number: Reply(body["messages"][-1]["content"].upper(), delay=0.1 if number < 3 else 0)  # noqa: E731
    with scripted_endpoint(slow_first) as endpoint:
        answers = ask_all(settings_of(endpoint), [asks(f"request {number}") for number in range(20)])
    assert [answer.text for answer in answers if isinstance(answer, ModelAnswer)] == [f"REQUEST {n}" for n in range(20)]


def test_a_structured_answer_is_asked_for_by_its_schema_and_parsed(stream: bool) -> None:
    with scripted_endpoint(same_number) as endpoint:
        answer = only(ask_all(settings_of(endpoint, stream=stream), [asks("7", schema=NUMBER, schema_name="row")]))
    assert answer.value == {"number": 7}
    assert (answer.tokens_in, answer.tokens_out, answer.finish) == (1, 2, "stop")
    asked = endpoint.requests[0]["response_format"]
    assert asked == {"type": "json_schema", "json_schema": {"name": "row", "schema": NUMBER, "strict": True}}


def test_a_schema_that_strict_decoding_would_refuse_is_not_sent_as_strict() -> None:
    schema = {"type": "object", "properties": {"number": {"type": "integer"}}}
    with scripted_endpoint(same_number) as endpoint:
        only(ask_all(settings_of(endpoint), [asks("7", schema=schema)]))
    assert endpoint.requests[0]["response_format"]["json_schema"]["strict"] is False


@pytest.mark.parametrize("numbered", [True, False], ids=["with an index", "without"])
def test_streamed_tool_calls_and_text_are_the_same_as_whole_ones(numbered: bool) -> None:
    calls = [("look", '{"at": "é"}'), ("look", "{not json")]
    with scripted_endpoint(lambda body, n: Reply("I look.", tool_calls=calls, numbered=numbered)) as endpoint:
        answers = [
            only(ask_all(settings_of(endpoint, stream=stream), [asks("x", tools=[TOOL])])) for stream in (False, True)
        ]
    assert answers[0].tool_calls == answers[1].tool_calls
    assert [call["function"]["arguments"] for call in answers[0].tool_calls] == ['{"at": "é"}', "{not json"]
    assert [(a.text, a.finish, a.tokens_in, a.tokens_out) for a in answers] == [("I look.", "tool_calls", 1, 6)] * 2


def test_plain_and_streamed_requests_send_the_same_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    with scripted_endpoint(lambda body, n: Reply("ok")) as endpoint:
        for stream in (False, True):
            only(ask_all(settings_of(endpoint, stream=stream), [asks("x")]))
    about_the_exchange = {"content-length", "connection", "accept-encoding", "x-stainless-retry-count"}
    about_the_exchange |= {"x-stainless-read-timeout"}
    plain, streamed = (
        {name.lower(): value for name, value in headers.items() if name.lower() not in about_the_exchange}
        for headers in endpoint.headers
    )
    assert plain == streamed
    assert (plain["openai-organization"], plain["openai-project"]) == ("org-1", "proj-1")
    assert plain["user-agent"].startswith("toolscale/")


def test_an_address_without_a_scheme_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http://"):
        ModelSettings(model="m", base_url="localhost:8000/v1")


def test_the_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLSCALE_TEST_KEY", "abc")
    with scripted_endpoint(lambda body, n: Reply("ok")) as endpoint:
        only(ask_all(settings_of(endpoint, key_env="TOOLSCALE_TEST_KEY"), [asks("x")]))
    assert endpoint.headers[0]["Authorization"] == "Bearer abc"


def test_without_a_key_openai_itself_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = fault_of(ask_all(ModelSettings(model="gpt-5"), [asks("x")]))
    assert isinstance(error, NotAccepted)
    assert "OPENAI_API_KEY" in str(error)


def test_arguments_of_earlier_calls_that_are_no_object_are_sent_as_one() -> None:
    def call(arguments: str) -> dict[str, Any]:
        function = {"name": "look", "arguments": arguments}
        return {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "1", "type": "function", "function": function}],
        }

    with scripted_endpoint(lambda body, n: Reply("ok")) as endpoint:
        request = ModelRequest([call('{"a": 1}'), call("{broken"), call("[1]")], "teach")
        only(ask_all(settings_of(endpoint), [request]))
    sent = [message["tool_calls"][0]["function"]["arguments"] for message in endpoint.requests[0]["messages"]]
    assert [json.loads(arguments) for arguments in sent] == [{"a": 1}, {"not_json": "{broken"}, {"not_json": "[1]"}]


def test_attempts_with_a_seed_start_from_different_ones() -> None:
    with scripted_endpoint(lambda body, n: Reply("ok")) as endpoint:
        ask_all(settings_of(endpoint), [asks("x", seed=5, attempt=attempt) for attempt in range(3)])
    assert len({body["seed"] for body in endpoint.requests}) == 3
