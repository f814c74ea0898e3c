"""The model author against a scripted endpoint: drafts, repairs, evolved tasks, budgets, and the order of things."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import scripted_author
from tests.endpoint import Body, Reply, Script, ScriptedEndpoint, scripted_endpoint
from toolscale.authoring.author import ModelAuthor
from toolscale.authoring.briefing import as_draft
from toolscale.authoring.draft_schema import draft_schema
from toolscale.authoring.sampling import OTHER_ROWS, ROWS_OF_A_TABLE, Sampler
from toolscale.authoring.session import Session
from toolscale.domain import DomainFolder, load
from toolscale.environment.compiled import compiled
from toolscale.environment.environment import Environment
from toolscale.models import ModelSettings
from toolscale.models.faults import OverBudget
from toolscale.models.structure import structure
from toolscale.synthesis.author import Accepted, Rejection
from toolscale.synthesis.held_out import held_out
from toolscale.synthesis.plan import Authoring
from toolscale.task import Task
from toolscale.validators import judge_task, task_rules

Draft = dict[str, Any]


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


def author_of(library: DomainFolder, endpoint: ScriptedEndpoint, wanted: int = 1, **settings: Any) -> ModelAuthor:
    switches = {name: settings.pop(name) for name in ("evolve", "rewrite", "drafts") if name in settings}
    unseen = settings.pop("unseen", False)
    models = ModelSettings(**{"model": "scripted", "base_url": endpoint.base_url, "backoff": 0.001, **settings})
    return ModelAuthor(
        library,
        Authoring(models=models, **switches),
        seed=4,
        database_seed=4,
        unseen=unseen,
        wanted=wanted,
        session=session_of(models),
    )


def written(author: ModelAuthor, wanted: int) -> tuple[list[Accepted], list[Rejection]]:
    """Return what comes of draws until so many tasks are accepted."""
    accepted: list[Accepted] = []
    rejections: list[Rejection] = []
    for candidate in author.candidates(judge_task):
        if isinstance(candidate, Accepted):
            accepted.append(candidate)
        else:
            rejections.append(candidate)
        if len(accepted) == wanted or len(rejections) > 30:
            break
    return accepted, rejections


def first_of(library: DomainFolder, script: Script, **switches: Any) -> tuple[Accepted | Rejection, ModelAuthor]:
    """Return what becomes of the first draw that the model is asked about."""
    with scripted_endpoint(script) as endpoint:
        author = author_of(library, endpoint, **switches)
        return next(iter(author.candidates(judge_task))), author


def changed(change: Callable[[Draft], None]) -> Script:
    """Return a script that answers with the question's draft, changed."""

    def script(body: Body, number: int) -> Reply:
        draft = copy.deepcopy(scripted_author.shown(body))
        change(draft)
        return scripted_author.saying(draft)

    return script


def of_intent(
    library: DomainFolder, intent: str, script: Script, **switches: Any
) -> tuple[Accepted | Rejection, ModelAuthor]:
    """Return what becomes of the first draw that this intent leads."""
    with scripted_endpoint(script) as endpoint:
        author = author_of(library, endpoint, unseen=intent in held_out(library), **switches)
        number = next(n for n in range(40) if author.situations.lead(n) == intent)
        for candidate in author.candidates(judge_task):
            draw = candidate.task.origin.draw if isinstance(candidate, Accepted) else candidate.draw
            if draw == number:
                return candidate, author
    raise AssertionError(intent)


def test_a_sound_draft_becomes_a_task_that_every_rule_accepts(library: DomainFolder) -> None:
    with scripted_endpoint(scripted_author.good) as endpoint:
        author = author_of(library, endpoint, 5)
        accepted, _ = written(author, 5)
    for candidate in accepted:
        assert {verdict.rule for verdict in candidate.verdicts} == {rule.name for rule in task_rules()}
        assert all(verdict.passed for verdict in candidate.verdicts)
    assert author.funnel.steps["accepted at once"] >= 5


def test_the_origin_names_the_model_and_the_prompts(library: DomainFolder) -> None:
    candidate, _ = first_of(library, scripted_author.good)
    assert candidate.task is not None
    assert candidate.task.origin.author.startswith("scripted (draft@")
    assert "repair@" in candidate.task.origin.author


def test_the_words_of_a_task_are_the_model_s(library: DomainFolder) -> None:
    def reword(draft: Draft) -> None:
        draft["requests"][0]["reason_for_call"] = "Do the usual for me, would you."

    candidate, _ = first_of(library, changed(reword))
    assert candidate.task is not None
    assert candidate.task.scenario.requests[0].reason == "Do the usual for me, would you."


@pytest.mark.parametrize("kind", scripted_author.SPOILT)
def test_a_faulty_draft_is_mended_with_the_evidence_and_counted(library: DomainFolder, kind: str) -> None:
    with scripted_endpoint(scripted_author.spoilt(kind)) as endpoint:
        author = author_of(library, endpoint)
        accepted, _ = written(author, 1)
        again = [body["messages"][-1]["content"] for body in endpoint.requests if len(body["messages"]) > 2]
    assert accepted
    assert again
    assert sum(author.funnel.faults.values()) >= 1
    assert all(len(text) > 60 for text in again)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("no such name", "draft: template"),
        ("strange number", "draft: words"),
        ("no such tool", "draft: malformed, asked again"),
    ],
)
def test_a_fault_is_counted_by_its_kind(library: DomainFolder, kind: str, rule: str) -> None:
    with scripted_endpoint(scripted_author.spoilt(kind)) as endpoint:
        author = author_of(library, endpoint)
        written(author, 1)
    assert author.funnel.faults[rule] >= 1
    assert set(author.funnel.faults) == {rule}


def test_a_draft_that_stays_bad_goes_back_twice_and_is_then_a_rejection(library: DomainFolder) -> None:
    with scripted_endpoint(changed(scripted_author.SPOILT["strange number"])) as endpoint:
        author = author_of(library, endpoint)
        rejection = next(iter(author.candidates(judge_task)))
        asked = len(endpoint.requests)
    assert isinstance(rejection, Rejection)
    assert asked == 3
    assert rejection.rule == "words"
    assert "4711" in rejection.reason
    assert "4711" in rejection.evidence


@pytest.mark.parametrize("value", ["{{ dict(a=1) }}", "{{ none }}", "{{ [[1]] }}"])
def test_a_fact_that_nobody_can_say_is_sent_back(library: DomainFolder, value: str) -> None:
    def give_it(draft: Draft) -> None:
        draft["requests"][0]["known_info"] = [{"about": "thing", "value": value}]

    rejection, _ = first_of(library, changed(give_it))
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "what is known of 'thing' is no text and no number"


def test_a_step_for_each_of_what_is_no_list_is_sent_back(library: DomainFolder) -> None:
    def repeat(draft: Draft) -> None:
        draft["requests"][0]["steps"][0]["for_each"] = "{{ 5 }}"

    rejection, _ = first_of(library, changed(repeat))
    assert isinstance(rejection, Rejection)
    assert rejection.rule == "template"
    assert "gives no list" in rejection.reason


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(refusal="I'd rather not."), "refused"),
        (Reply('{"requests"', finish="length"), "truncated"),
        (Reply("no"), "malformed"),
    ],
)
def test_an_answer_that_cannot_be_used_rejects_the_candidate(library: DomainFolder, reply: Reply, kind: str) -> None:
    rejection, author = first_of(library, lambda body, number: reply)
    assert isinstance(rejection, Rejection)
    assert (rejection.rule, rejection.reason) == ("model", kind)
    assert author.funnel.faults[f"draft: {kind}"] == 1


def test_a_draft_may_hold_several_requests(library: DomainFolder) -> None:
    statement = {
        "about": "what remains to be paid",
        "kind": "money",
        "value": "{{ paid.fees }}",
        "unit": None,
        "when": None,
    }

    def double(draft: Draft) -> None:
        pay = {
            "reason_for_call": "Also, take $1.00 off what I owe.",
            "known_info": [{"about": "amount", "value": 1}],
            "unknown_info": [],
            "steps": [
                {
                    "call": {"tool": "pay_fees", "arguments": {"member_id": "{{ member.member_id }}", "amount": 1}},
                    "as": "paid",
                    "when": None,
                    "for_each": None,
                    "optional": False,
                }
            ],
            "say": [statement],
            "refusal": None,
        }
        draft["requests"].append(pay)

    candidate, _ = of_intent(library, "borrow_while_owing", changed(double))
    assert isinstance(candidate, Accepted)
    assert [request.facts[0].about for request in candidate.task.scenario.requests] == ["title of the book", "amount"]
    assert candidate.task.reference[-1].tool == "pay_fees"


def test_candidates_come_in_the_order_of_their_numbers_whatever_comes_first(library: DomainFolder) -> None:
    def late(body: Body, number: int) -> Reply:
        return Reply(scripted_author.good(body, number).text, delay=0.02 * (7 - number % 8))

    with scripted_endpoint(scripted_author.good) as endpoint:
        prompt_ones, _ = written(author_of(library, endpoint, 8), 8)
    with scripted_endpoint(late) as endpoint:
        late_ones, _ = written(author_of(library, endpoint, 8), 8)
    assert [one.task.id for one in late_ones] == [one.task.id for one in prompt_ones]
    draws = [one.task.origin.draw for one in late_ones]
    assert draws == sorted(draws)


def test_answers_in_the_cache_are_not_paid_again(library: DomainFolder, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    with scripted_endpoint(scripted_author.good) as endpoint:
        first, _ = written(author_of(library, endpoint, 4, cache=cache), 4)
        paid = endpoint.answered
        second, _ = written(author_of(library, endpoint, 4, cache=cache), 4)
        assert endpoint.answered == paid
    assert [one.task for one in second] == [one.task for one in first]


def test_a_budget_stops_the_work_and_says_what_it_would_take(library: DomainFolder, tmp_path: Path) -> None:
    cache = tmp_path / "answers.sqlite"
    with scripted_endpoint(scripted_author.good) as endpoint:
        slow = {"concurrency_start": 1, "concurrency_max": 2}
        dear = {"cache": cache, "price": (100, 100), "max_tokens": 200}
        poor = author_of(library, endpoint, 12, budget_usd=1.0, **dear, **slow)
        with pytest.raises(OverBudget, match="--budget-usd"):
            written(poor, 12)
        paid = endpoint.answered
        assert paid
        assert poor.session.ledger.dollars <= 1.0
        rich = author_of(library, endpoint, 12, **dear)
        accepted, _ = written(rich, 12)
        bodies = [json.dumps(body["messages"]) for body in endpoint.requests]
    assert len(accepted) == 12
    assert len(bodies) == len(set(bodies))


def test_an_estimate_sends_nothing(library: DomainFolder) -> None:
    with scripted_endpoint(scripted_author.good) as endpoint:
        found = author_of(library, endpoint, 6, price=(1, 1), evolve=True, rewrite=True).estimate(6)
        assert not endpoint.requests
    assert found.requests > 6
    assert found.dollars is not None
    assert found.dollars > 0


@pytest.mark.parametrize("name", ["bank", "restaurant", "travel"])
def test_every_intent_fits_the_draft_schema_of_its_domain(name: str) -> None:
    folder = load(name)
    domain = compiled(folder.domain, folder.place)
    checked = structure(draft_schema(domain))
    assert checked.strict
    for intent in folder.intents.values():
        draft = as_draft(intent, intent.user.reason_for_call[0], domain.tools)
        assert checked.value(json.dumps(draft)) == draft


def test_a_model_sees_a_few_rows_and_all_that_are_the_caller_s_come_first(environment: Environment) -> None:
    rows = Sampler(environment).rows("M-0003", ["The Golden Clock 34", "active"], 1)
    assert [row["member_id"] for row in rows["members"]] == ["M-0003"]
    assert {row["member_id"] for row in rows["loans"]} == {"M-0003"}
    assert rows["books"][0]["title"] == "The Golden Clock 34"
    assert all(len(some) <= max(ROWS_OF_A_TABLE, OTHER_ROWS) for some in rows.values())


def evolving(change: Callable[[Draft], None]) -> Script:
    """Return a script whose drafts are sound, and whose evolved drafts are changed."""

    def script(body: Body, number: int) -> Reply:
        draft = copy.deepcopy(scripted_author.shown(body))
        if "Make a harder task" in body["messages"][-1]["content"] or len(body["messages"]) > 2:
            change(draft)
        return scripted_author.saying(draft)

    return script


def task_of(candidate: Accepted | Rejection) -> Task:
    assert isinstance(candidate, Accepted), candidate
    return candidate.task


def test_an_evolved_task_takes_the_place_of_the_draft(library: DomainFolder) -> None:
    candidate, author = first_of(library, evolving(scripted_author.distract), evolve=True)
    twist = task_of(candidate).scenario.twist
    assert twist is not None
    assert twist.text == "My cat says hello."
    assert author.funnel.steps["evolved"] == 1
    assert "evolve@" in task_of(candidate).origin.author


def test_an_evolved_task_that_fails_leaves_the_draft_and_a_rejection(library: DomainFolder) -> None:
    with scripted_endpoint(evolving(scripted_author.SPOILT["strange number"])) as endpoint:
        author = author_of(library, endpoint, evolve=True)
        rejection, candidate = itertools.islice(author.candidates(judge_task), 2)
    assert isinstance(rejection, Rejection)
    assert rejection.rule == "words"
    assert task_of(candidate).scenario.twist is None
    assert author.funnel.steps["kept as drafted"] == 1
    assert author.funnel.faults == {"evolve: words": 1, "repair: words": 2}


def test_an_evolved_task_that_asks_no_more_is_refused(library: DomainFolder) -> None:
    _, author = first_of(library, evolving(lambda _: None), evolve=True)
    assert author.funnel.faults["evolve: evolve"] == 1


def test_a_change_of_mind_is_played_out(library: DomainFolder) -> None:
    def change(draft: Draft) -> None:
        draft["twist"] = {"kind": "change of mind", "request": 0, "about": "amount", "first_value": 0.5, "text": None}
        draft["requests"][0]["reason_for_call"] = "I'd like to pay $0.50 of my fines."

    candidate, _ = of_intent(library, "pay_some_fees", changed(change))
    task = task_of(candidate)
    assert task.scenario.twist is not None
    said = [message["content"] for message in candidate.trajectory.messages if message["role"] == "user"]  # type: ignore[union-attr]
    assert "0.50" in said[0]
    assert any(task.scenario.requests[0].facts[0].said in text for text in said[1:])


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        ({"kind": "change of mind", "about": "amount", "first_value": 0.5, "text": None}, "must say the first one"),
        ({"kind": "change of mind", "about": "colour", "first_value": 0.5, "text": None}, "names a fact"),
        (
            {"kind": "distraction", "about": None, "first_value": None, "text": "It is 30 degrees here."},
            "without numbers",
        ),
        ({"kind": "impossible wish", "about": None, "first_value": None, "text": "give me a pony"}, "word for word"),
    ],
)
def test_a_twist_that_would_change_the_task_is_sent_back(library: DomainFolder, twist: Draft, reason: str) -> None:
    def change(draft: Draft) -> None:
        draft["twist"] = {"request": 0, **twist}

    rejection, _ = of_intent(library, "pay_some_fees", changed(change))
    assert isinstance(rejection, Rejection)
    assert rejection.rule == "twist"
    assert reason in rejection.reason
