"""The model client against an endpoint that fails on demand."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.endpoint import FAULTS, Body, Reply, ScriptedEndpoint, faulty, rate_limited, scripted_endpoint
from toolscale.models import Ledger, ModelAnswer, ModelClient, ModelError, ModelRequest, ModelSettings, ask_all
from toolscale.models.faults import (
    Malformed,
    NotAccepted,
    OverBudget,
    RateLimited,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)

NUMBER: dict[str, Any] = {
    "type": "object",
    "properties": {"number": {"type": "integer"}},
    "required": ["number"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def asks(text: str, **fields: Any) -> ModelRequest:
    return ModelRequest([{"role": "user", "content": text}], fields.pop("stage", "draft"), **fields)


def numbers(count: int, **fields: Any) -> list[ModelRequest]:
    return [asks(str(number), schema=NUMBER, **fields) for number in range(count)]


def same_number(body: Body, number: int) -> Reply:
    """Answer with the number in the first user message."""
    first = next(message["content"] for message in body["messages"] if message["role"] == "user")
    return Reply(json.dumps({"number": int(first)}))


def settings_of(endpoint: ScriptedEndpoint, **fields: Any) -> ModelSettings:
    return ModelSettings(**{"model": "scripted", "base_url": endpoint.base_url, "backoff": 0.001, **fields})


def only(outcomes: list[ModelAnswer | ModelError]) -> ModelAnswer:
    (outcome,) = outcomes
    assert isinstance(outcome, ModelAnswer), outcome
    return outcome


def fault_of(outcomes: list[ModelAnswer | ModelError]) -> ModelError:
    (outcome,) = outcomes
    assert isinstance(outcome, ModelError), outcome
    return outcome


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request: pytest.FixtureRequest) -> Iterator[bool]:
    return request.param


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


def test_streamed_tool_calls_and_text_are_the_same_as_whole_ones() -> None:
    script = lambda body, number: Reply("I look.", tool_calls=[("look", '{"at": "é"}'), ("look", "{not json")])  # noqa: E731
    with scripted_endpoint(script) as endpoint:
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


@pytest.mark.parametrize("kind", ["429", "500", "cut before", "cut middle"])
def test_what_may_pass_is_tried_again(kind: str, stream: bool) -> None:
    def first_two_fail(body: Body, number: int) -> Reply:
        reply = same_number(body, number)
        return FAULTS[kind](reply) if number < 2 else reply

    ledger = Ledger()
    with scripted_endpoint(first_two_fail) as endpoint:
        answer = only(ask_all(settings_of(endpoint, stream=stream), numbers(1), ledger=ledger))
    assert answer.value == {"number": 0}
    spent = ledger.of("draft", "scripted")
    assert (spent.retries, spent.paid, endpoint.answered) == (2, 1, 1)


def test_retry_after_is_honoured() -> None:
    with scripted_endpoint(lambda body, n: rate_limited(0.6) if n == 0 else Reply("ok")) as endpoint:
        start = time.monotonic()
        only(ask_all(settings_of(endpoint), [asks("x")]))
        assert time.monotonic() - start >= 0.6


@pytest.mark.parametrize(
    "headers",
    [{"retry-after-ms": "400"}, {"Retry-After": formatdate(time.time() + 3600, usegmt=True)}],
    ids=["milliseconds", "a date"],
)
def test_other_forms_of_retry_after_are_read(headers: dict[str, str]) -> None:
    with scripted_endpoint(
        lambda body, n: Reply("wait", status=429, headers=headers) if n == 0 else Reply("ok")
    ) as endpoint:
        start = time.monotonic()
        (outcome,) = ask_all(settings_of(endpoint, patience=60), [asks("x")])
        waited = time.monotonic() - start
    if isinstance(outcome, RateLimited):
        assert "retry-after-ms" not in headers, "an hour is longer than the patience"
    else:
        assert "retry-after-ms" in headers
        assert waited >= 0.4


def test_an_address_without_a_scheme_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="http://"):
        ModelSettings(model="m", base_url="localhost:8000/v1")


def test_a_rate_limit_longer_than_the_patience_is_an_error_that_names_the_address() -> None:
    with scripted_endpoint(lambda body, n: rate_limited(3600)) as endpoint:
        error = fault_of(ask_all(settings_of(endpoint, patience=10), [asks("x")]))
    assert isinstance(error, RateLimited)
    assert endpoint.base_url in str(error)
    assert len(endpoint.requests) == 1


def test_too_many_requests_halve_the_concurrency_and_success_raises_it_again() -> None:
    limited_above = 4
    in_flight = Counter[str]()

    with scripted_endpoint(lambda body, n: Reply("ok", delay=0.005)) as endpoint:

        def script(body: Body, number: int) -> Reply:
            in_flight["most"] = max(in_flight["most"], endpoint._in_flight)
            return rate_limited(0.01) if endpoint._in_flight > limited_above else Reply("ok", delay=0.005)

        endpoint.script = script
        ledger = Ledger()
        settings = settings_of(endpoint, concurrency_start=32, concurrency_max=32)
        answers = ask_all(settings, [asks(str(n)) for n in range(200)], ledger=ledger)
    assert all(isinstance(answer, ModelAnswer) for answer in answers)
    assert in_flight["most"] > limited_above
    assert ledger.of("draft", "scripted").retries < 200, "it never learnt to send fewer"


def test_at_most_concurrency_max_requests_are_in_flight() -> None:
    with scripted_endpoint(lambda body, n: Reply("ok", delay=0.01)) as endpoint:
        ask_all(settings_of(endpoint, concurrency_start=5, concurrency_max=5), [asks(str(n)) for n in range(40)])
    assert endpoint.most_in_flight == 5


def test_a_hung_server_is_a_time_out_that_names_the_address_and_is_told_of_at_once(stream: bool) -> None:
    told: list[str] = []
    with scripted_endpoint(lambda body, n: Reply("late", delay=60)) as endpoint:
        start = time.monotonic()
        settings = settings_of(endpoint, timeout=0.2, stream=stream)
        error = fault_of(ask_all(settings, [asks("x")], tell=told.append))
        assert time.monotonic() - start < 10
    assert isinstance(error, TimedOut)
    assert endpoint.base_url in str(error)
    assert any(endpoint.base_url in text for text in told)


def test_a_stream_that_is_only_kept_alive_is_a_time_out() -> None:
    with scripted_endpoint(lambda body, n: Reply("never", kept_alive=True)) as endpoint:
        error = fault_of(ask_all(settings_of(endpoint, timeout=0.3, stream=True), [asks("x")]))
    assert isinstance(error, TimedOut)


def test_an_error_within_a_stream_is_told() -> None:
    broken = b'data: {"error": {"message": "the engine died"}}\n\n'
    with scripted_endpoint(lambda body, n: Reply(raw=broken)) as endpoint:
        error = fault_of(ask_all(settings_of(endpoint, stream=True, retries=0), [asks("x")]))
    assert isinstance(error, Unreachable)
    assert "the engine died" in str(error)


@pytest.mark.parametrize("kind", ["cut before", "cut middle"])
def test_a_connection_that_is_always_cut_is_told_as_such(kind: str, stream: bool) -> None:
    with scripted_endpoint(lambda body, n: FAULTS[kind](Reply("some words"))) as endpoint:
        error = fault_of(ask_all(settings_of(endpoint, stream=stream, retries=1), [asks("x")]))
    assert isinstance(error, Unreachable)
    assert "cut" in str(error)


def test_nobody_at_the_address_is_an_error_that_names_it_and_ends_the_other_requests_soon(stream: bool) -> None:
    with scripted_endpoint(lambda body, n: Reply("ok")) as endpoint:
        pass  # nobody listens there from here on
    settings = settings_of(endpoint, retries=2, concurrency_start=1, concurrency_max=1, stream=stream)
    ledger = Ledger()
    errors = ask_all(settings, [asks(str(n)) for n in range(500)], ledger=ledger)
    assert all(isinstance(error, Unreachable) for error in errors)
    assert endpoint.base_url in str(errors[0])
    assert ledger.of("draft", "scripted").retries <= 6, "it kept trying for every request"


def test_a_wrong_key_ends_everything_at_once() -> None:
    with scripted_endpoint(lambda body, n: Reply("no such key", status=401)) as endpoint:
        settings = settings_of(endpoint, concurrency_start=1, concurrency_max=1, key_env="TOOLSCALE_TEST_KEY")
        errors = ask_all(settings, [asks(str(n)) for n in range(20)])
    assert all(isinstance(error, NotAccepted) for error in errors)
    assert "TOOLSCALE_TEST_KEY" in str(errors[0])
    assert "no such key" in str(errors[0])
    assert len(endpoint.requests) == 1


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


def test_missing_token_counts_are_estimated_and_noted() -> None:
    ledger = Ledger()
    with scripted_endpoint(lambda body, n: Reply("x" * 40, usage=False)) as endpoint:
        answer = only(ask_all(settings_of(endpoint), [asks("y" * 80)], ledger=ledger))
    assert (answer.tokens_in, answer.tokens_out) == (21, 11)
    assert any("does not count tokens" in note for note in ledger.notes)


# The cache


def test_a_rerun_is_answered_from_the_cache_without_a_request(tmp_path: Path, stream: bool) -> None:
    cache = tmp_path / "answers.sqlite"
    with scripted_endpoint(faulty(same_number, 0.3, ["wrong types", "prose"])) as endpoint:
        first = ask_all(settings_of(endpoint, cache=cache, stream=stream, repairs=5), numbers(30))
        sent = len(endpoint.requests)
        ledger = Ledger()
        again = ask_all(settings_of(endpoint, cache=cache, repairs=5), numbers(30), ledger=ledger)
    assert len(endpoint.requests) == sent
    assert [(a.text, a.value) for a in first if isinstance(a, ModelAnswer)] == [
        (a.text, a.value) for a in again if isinstance(a, ModelAnswer)
    ]
    assert all(isinstance(answer, ModelAnswer) and answer.cached and answer.dollars == 0 for answer in again)
    assert ledger.of("draft", "scripted").paid == 0


def test_the_cache_answers_when_the_endpoint_is_gone(tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    with scripted_endpoint(same_number) as endpoint:
        ask_all(settings_of(endpoint, cache=cache), numbers(3))
    answers = ask_all(settings_of(endpoint, cache=cache, base_url="http://127.0.0.1:1/v1"), numbers(3))
    assert [answer.value for answer in answers if isinstance(answer, ModelAnswer)] == [{"number": n} for n in range(3)]


@pytest.mark.parametrize(
    "changed",
    [
        {"temperature": 0.1},
        {"max_tokens": 9},
        {"seed": 4},
        {"prompt": "other@1"},
        {"attempt": 1},
        {"tools": (TOOL,)},
        {"schema": None},
        {"schema_name": "other"},
        {"schema": {**NUMBER, "description": "other"}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_part_of_a_request_but_the_stage_is_in_the_key(tmp_path: Path, changed: dict[str, Any]) -> None:
    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, cache=tmp_path / "answers.sqlite")
        only(ask_all(settings, [asks("1", schema=NUMBER)]))
        assert only(ask_all(settings, [asks("1", schema=NUMBER, stage="evolve")])).cached
        assert not only(ask_all(settings, [asks("1", **{"schema": NUMBER, **changed})])).cached


def test_equal_requests_in_flight_are_asked_once() -> None:
    with scripted_endpoint(lambda body, n: Reply('{"number": 1}', delay=0.05)) as endpoint:
        answers = ask_all(settings_of(endpoint), [asks("1", schema=NUMBER) for _ in range(10)])
    assert len(endpoint.requests) == 1
    assert sum(isinstance(answer, ModelAnswer) and answer.cached for answer in answers) == 9


def test_a_cancelled_request_leaves_equal_ones_to_be_asked() -> None:
    async def both(settings: ModelSettings) -> ModelAnswer:
        async with ModelClient(settings) as client:
            first = asyncio.create_task(client.answer(asks("x")))
            second = asyncio.create_task(client.answer(asks("x")))
            await asyncio.sleep(0.1)
            first.cancel()
            return await second

    with scripted_endpoint(lambda body, n: Reply(f"answer {n}", delay=0.3)) as endpoint:
        assert asyncio.run(both(settings_of(endpoint))).text == "answer 1"


def test_a_broken_cache_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Exception, match=r"answers\.sqlite"):
        ask_all(ModelSettings(model="m", cache=tmp_path / "answers.sqlite"), [])


PROGRAM = """
import sys
from pathlib import Path
from tests.test_models_client import numbers
from toolscale.models import ModelAnswer, ModelSettings, ask_all
settings = ModelSettings(model="scripted", base_url=sys.argv[1], cache=Path(sys.argv[2]), concurrency_start=4, concurrency_max=4)
done = 0
def progress(number, outcome):
    global done
    done += 1
    print(done, flush=True)
answers = ask_all(settings, numbers(int(sys.argv[3])), progress=progress)
assert all(isinstance(answer, ModelAnswer) for answer in answers)
"""


def _program(endpoint: ScriptedEndpoint, cache: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, endpoint.base_url, str(cache), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."})


@pytest.mark.slow
def test_after_kill_9_nothing_is_lost_and_only_what_was_in_flight_is_paid_again(tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    with scripted_endpoint(lambda body, n: Reply(same_number(body, n).text, delay=0.01)) as endpoint:
        with _program(endpoint, cache, 100) as running:
            assert running.stdout is not None
            for _ in range(30):
                running.stdout.readline()
            os.kill(running.pid, signal.SIGKILL)
        assert endpoint.answered < 100
        answers = ask_all(settings_of(endpoint, cache=cache), numbers(100))
    assert [answer.value for answer in answers if isinstance(answer, ModelAnswer)] == [
        {"number": n} for n in range(100)
    ]
    assert sum(isinstance(answer, ModelAnswer) and answer.cached for answer in answers) >= 30
    assert 100 <= endpoint.answered <= 104


@pytest.mark.slow
def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    with scripted_endpoint(same_number) as endpoint:
        with _program(endpoint, cache, 60) as one, _program(endpoint, cache, 60) as two:
            one.communicate()
            two.communicate()
        assert (one.returncode, two.returncode) == (0, 0)
        sent = len(endpoint.requests)
        ask_all(settings_of(endpoint, cache=cache), numbers(60))
        assert len(endpoint.requests) == sent


# Money


def test_tokens_and_dollars_are_counted_by_stage() -> None:
    ledger = Ledger()
    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, price=(1_000_000, 2_000_000))
        ask_all(settings, [*numbers(3), *numbers(2, stage="evolve", attempt=1)], ledger=ledger)
    assert ledger.of("draft", "scripted").dollars == pytest.approx(3 * (1 + 2 * 2))
    assert ledger.of("evolve", "scripted").dollars == pytest.approx(2 * (1 + 2 * 2))
    assert [row["answers"] for row in ledger.as_json()["stages"]] == [3, 2]


def test_the_price_is_the_tables_and_a_model_without_one_is_noted() -> None:
    ledger = Ledger()
    with scripted_endpoint(lambda body, n: Reply("word " * 1000)) as endpoint:
        only(ask_all(settings_of(endpoint, model="gpt-5", provider="openai"), [asks("x")], ledger=ledger))
        only(ask_all(settings_of(endpoint), [asks("x")], ledger=ledger))
    assert ledger.of("draft", "gpt-5").dollars == pytest.approx((1 * 1.25 + 1000 * 10) / 1e6)
    assert ledger.of("draft", "scripted").dollars == 0
    assert any("'scripted' at" in note for note in ledger.notes)


def test_a_budget_is_never_exceeded_and_what_is_finished_is_kept(tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    ledger = Ledger(0.2)
    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, price=(1000, 1000), max_tokens=10, cache=cache)  # 0.003 dollars an answer
        outcomes = ask_all(settings, numbers(100), ledger=ledger)
        finished = [outcome for outcome in outcomes if isinstance(outcome, ModelAnswer)]
        stopped = [outcome for outcome in outcomes if isinstance(outcome, OverBudget)]
        assert len(finished) + len(stopped) == 100
        assert ledger.dollars <= 0.2
        assert 40 <= len(finished) < 67, "some of the budget may be left: the next answer might have cost more"
        assert endpoint.answered == len(finished)
        more = Ledger(1.0)
        assert all(isinstance(o, ModelAnswer) for o in ask_all(settings, numbers(100), ledger=more))
        assert endpoint.answered == 100
    assert "34 requests are left" in ledger.to_go_on(34)
    assert "--budget-usd" in str(stopped[0])


def test_a_budget_for_a_model_without_a_price_is_refused() -> None:
    with pytest.raises(OverBudget, match="has no price"):
        ask_all(ModelSettings(model="scripted", base_url="http://127.0.0.1:1/v1", budget_usd=1), [])


def test_an_estimate_sends_nothing_and_leaves_out_what_is_cached(tmp_path: Path) -> None:
    async def estimates(settings: ModelSettings) -> tuple[float | None, float | None, int]:
        async with ModelClient(settings) as client:
            before = client.estimate(numbers(10))
            await client.answers(numbers(6))
            after = client.estimate(numbers(10))
            return before.dollars, after.dollars, after.cached

    with scripted_endpoint(same_number) as endpoint:
        settings = settings_of(endpoint, price=(0, 1000), max_tokens=100, cache=tmp_path / "answers.sqlite")
        before, after, cached = asyncio.run(estimates(settings))
    assert len(endpoint.requests) == 6
    assert before == pytest.approx(10 * 100 * 0.001), "nothing is known yet: all answers may be as long as they can"
    assert after == pytest.approx(4 * 2 * 0.001), "the same prompt was answered in two tokens"
    assert cached == 6


# All together


def test_of_many_requests_at_an_unreliable_endpoint_each_is_answered_or_its_fault_is_counted(stream: bool) -> None:
    ledger = Ledger()
    with scripted_endpoint(faulty(same_number, 0.2)) as endpoint:
        outcomes = ask_all(settings_of(endpoint, stream=stream, retries=20), numbers(200), ledger=ledger)
    assert len(outcomes) == 200
    for number, outcome in enumerate(outcomes):
        assert isinstance(outcome, ModelError) or outcome.value == {"number": number}
    faults = Counter(outcome.kind for outcome in outcomes if isinstance(outcome, ModelError))
    assert faults == ledger.faults
    assert faults.keys() <= {"refused", "truncated", "malformed"}
    spent = ledger.of("draft", "scripted")
    assert spent.paid == endpoint.answered, "every whole answer is paid for once"
    assert spent.answers + faults.total() == 200
    assert spent.retries == len(endpoint.requests) - endpoint.answered
