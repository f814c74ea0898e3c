"""The cache of paid answers: nothing is paid twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.endpoint import Reply, ScriptedEndpoint, faulty, scripted_endpoint
from tests.model_questions import NUMBER, TOOL, asks, numbers, only, same_number, settings_of
from toolscale.models import Ledger, ModelAnswer, ModelClient, ModelSettings, ask_all


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
    async def both(endpoint: ScriptedEndpoint) -> ModelAnswer:
        async with ModelClient(settings_of(endpoint)) as client:
            first = asyncio.create_task(client.answer(asks("x")))
            second = asyncio.create_task(client.answer(asks("x")))
            while not endpoint.requests:
                await asyncio.sleep(0.01)
            first.cancel()
            return await second

    with scripted_endpoint(lambda body, n: Reply(f"answer {n}", delay=60 if n == 0 else 0)) as endpoint:
        assert asyncio.run(both(endpoint)).text == "answer 1"


def test_a_broken_cache_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Exception, match=r"answers\.sqlite"):
        ask_all(ModelSettings(model="m", cache=tmp_path / "answers.sqlite"), [])


PROGRAM = """
import sys
from pathlib import Path
from tests.model_questions import numbers
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
