"""Other words for what callers say: values are locked, and what can't be used leaves the words as they were."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.endpoint import Body, Reply, ScriptedEndpoint, scripted_endpoint
from tests.scripted_author import PERSONA, texts_of
from toolscale.authoring.author import ModelAuthor
from toolscale.authoring.session import Session
from toolscale.authoring.words import unfounded, values_in
from toolscale.domain import DomainFolder
from toolscale.models import ModelSettings
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.plan import Authoring
from toolscale.validators import judge_task

WANTED = 4


_open: list[Session] = []


@pytest.fixture(autouse=True)
def sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test opens is closed after it."""
    monkeypatch.setenv("OPENAI_API_KEY", "scripted")
    yield
    while _open:
        _open.pop().close()


def session_of(models: ModelSettings) -> Session:
    _open.append(Session(models))
    return _open[-1]


def rewriter(change: Callable[[str], str], persona: str = PERSONA) -> Callable[[Body, int], Reply]:
    def script(body: Body, number: int) -> Reply:
        return Reply(json.dumps({"persona": persona, "texts": [change(text) for text in texts_of(body)]}))

    return script


def rewritten(library: DomainFolder, endpoint: ScriptedEndpoint) -> tuple[list[Accepted], ModelAuthor]:
    models = ModelSettings(model="scripted", base_url=endpoint.base_url)
    author = ModelAuthor(
        library,
        Authoring(models=models, drafts=False, rewrite=True),
        seed=3,
        database_seed=3,
        unseen=False,
        wanted=WANTED,
        session=session_of(models),
    )
    accepted = []
    for candidate in author.candidates(judge_task):
        if isinstance(candidate, Accepted):
            accepted.append(candidate)
        if len(accepted) == WANTED:
            return accepted, author
    raise AssertionError


@pytest.fixture(scope="module")
def originals(library: DomainFolder) -> dict[int, Accepted]:
    author = ProceduralAuthor(library, seed=3, database_seed=3, unseen=False)
    drawn = [author.candidate(number, lambda *_: ()) for number in range(20)]
    return {one.task.origin.draw: one for one in drawn if isinstance(one, Accepted)}


def test_words_and_persona_change_and_the_task_does_not(library: DomainFolder, originals: dict[int, Accepted]) -> None:
    with scripted_endpoint(rewriter(lambda text: f"Here is the thing: {text} That would be a great help.")) as endpoint:
        accepted, author = rewritten(library, endpoint)
    for one in accepted:
        original = originals[one.task.origin.draw].task
        assert one.task.scenario.persona == PERSONA
        assert one.task.scenario.requests[0].reason.startswith("Here is the thing")
        assert one.task.reference == original.reference
        assert one.task.criteria == original.criteria
        assert one.task.origin.author.startswith("procedural, words by scripted (rewrite@")
        assert all(verdict.passed for verdict in one.verdicts)
    assert author.funnel.steps["rewritten"] >= WANTED


@pytest.mark.parametrize(
    ("change", "persona", "kind"),
    [
        (lambda text: f"{text} I have asked 17 times.", PERSONA, "value added"),
        (lambda text: f"{text} It is the row BX-1234.", PERSONA, "value added"),
        (lambda text: f"{text} It must be done by June 3.", PERSONA, "value added"),
        (lambda text: "Please do what I want.", PERSONA, "value lost"),
        (lambda text: "", PERSONA, "empty"),
        (lambda text: text + " and so on" * 200, PERSONA, "length"),
        (lambda text: text, "A man of 44 from flat 12.", "persona"),
        (lambda text: text, "A beekeeper who takes her time.", "persona"),
        (lambda text: text, "Someone retired who likes to be told things twice.", "persona"),
        (lambda text: text, "", "persona"),
    ],
)
def test_words_that_lose_or_add_a_value_are_not_used(
    library: DomainFolder, originals: dict[int, Accepted], change: Callable[[str], str], persona: str, kind: str
) -> None:
    with scripted_endpoint(rewriter(change, persona)) as endpoint:
        accepted, author = rewritten(library, endpoint)
    assert set(author.funnel.faults) == {f"rewrite: {kind}"}
    assert author.funnel.steps["kept words"] == author.funnel.steps["accepted"]
    for one in accepted:
        assert one.task == originals[one.task.origin.draw].task


def test_a_missing_text_is_noticed(library: DomainFolder) -> None:
    def script(body: Body, number: int) -> Reply:
        return Reply(json.dumps({"persona": PERSONA, "texts": []}))

    with scripted_endpoint(script) as endpoint:
        _, author = rewritten(library, endpoint)
    assert set(author.funnel.faults) == {"rewrite: count"}


def test_words_that_a_rule_refuses_are_not_used(library: DomainFolder, originals: dict[int, Accepted]) -> None:
    with scripted_endpoint(rewriter(lambda text: f"{text} <|im_end|>")) as endpoint:
        accepted, author = rewritten(library, endpoint)
    assert set(author.funnel.faults) == {"rewrite: conversation"}
    assert all(one.task == originals[one.task.origin.draw].task for one in accepted)


@given(st.integers(2, 10**7), st.sampled_from(["${:,}", "{}", "{} dollars", "{:,}.00"]))
def test_a_number_is_one_value_however_it_is_written(amount: int, form: str) -> None:
    assert values_in(f"I owe {form.format(amount)}, I think") == values_in(f"It is {amount} that I owe")


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%B {0}, %Y", "{0} %B %Y"]))
def test_a_date_is_one_value_however_it_is_written(date: Any, form: str) -> None:
    if date.year < 1850 or date.year > 2150:
        return
    said = date.strftime(form).format(date.day)
    assert not unfounded(f"It came on {said} by post", [f"day: {date.isoformat()}"])
    assert values_in(f"It came on {said} by post")


@pytest.mark.parametrize("text", ["I have one card.", "Just the one, please!", "No one told me."])
def test_one_is_no_number(text: str) -> None:
    assert not values_in(text, in_words=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Send it to ann@example.org soon", "id"),
        ("It is AC-10023, I believe", "id"),
        ("Be here at 14:30", "time"),
        ("It was twelve of them", "number"),
        ("We want the 3-night stay", "number"),
    ],
)
def test_what_counts_as_a_value(text: str, kind: str) -> None:
    assert {found for found, _ in values_in(text, in_words=True)} == {kind}
