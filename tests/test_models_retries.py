"""The model client against an endpoint that fails on demand: tried again, slowed down, given up."""

from __future__ import annotations

import time
from collections import Counter
from email.utils import formatdate

import pytest

from tests.endpoint import FAULTS, Body, Reply, faulty, rate_limited, scripted_endpoint
from tests.model_questions import asks, fault_of, numbers, only, same_number, settings_of
from toolscale.models import Ledger, ModelAnswer, ModelError, ask_all
from toolscale.models.faults import NotAccepted, RateLimited, TimedOut, Unreachable


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
