"""Planted faults in tasks: each is caught by the rule that was made for it, and its clean twin passes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.test_domain_loading import replace as edit
from toolscale.domain import load
from toolscale.environment.difference import RowChange, StateDifference
from toolscale.environment.environment import Environment
from toolscale.scoring.said import Statement
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.task import Criteria, Fact, Message, Task, Trajectory
from toolscale.validators import judge_task, task_rules
from toolscale.validators.registry import Tally


@dataclass(frozen=True, slots=True)
class Case:
    """A task with its trajectory, to be spoilt."""

    task: Task
    trajectory: Trajectory

    def with_call(self, number: int, **changes: Any) -> Case:
        """The case with one reference call changed."""
        calls = list(self.task.reference)
        calls[number] = replace(calls[number], **changes)
        return replace(self, task=replace(self.task, reference=tuple(calls)))

    def with_criteria(self, **changes: Any) -> Case:
        """The case with other criteria."""
        return replace(self, task=replace(self.task, criteria=replace(self.task.criteria, **changes)))

    def with_messages(self, change: Callable[[list[Message]], None]) -> Case:
        """The case with its messages changed."""
        messages: list[Message] = json.loads(json.dumps(self.trajectory.messages))
        change(messages)
        return replace(self, trajectory=replace(self.trajectory, messages=tuple(messages)))


def evidence(rule_name: str, case: Case, environment: Environment) -> list[str]:
    """What one rule says against a case."""
    rule = next(rule for rule in task_rules() if rule.name == rule_name)
    told = rule.check(case.task, case.trajectory, environment)
    return [str(line) for line in told if not isinstance(line, Tally)]


@pytest.fixture(scope="module")
def loan(accepted: list[Accepted]) -> Case:
    """A member borrows a book that is there."""
    found = next(
        c
        for c in accepted
        if c.task.intents == ("borrow_if_there",) and any(call.tool == "lend_book" for call in c.task.reference)
    )
    return Case(found.task, found.trajectory)


@pytest.fixture(scope="module")
def renewal(accepted: list[Accepted]) -> Case:
    """A member with several books, renewed equally often, renews one of them."""

    def alike(loans: list[dict[str, Any]]) -> bool:
        return len(loans) > 1 and len({loan["renewals"] for loan in loans}) == 1

    renewals = (c for c in accepted if c.task.intents == ("renew_one_book",))
    found = next(c for c in renewals if alike(json.loads(c.task.reference[1].result)))
    return Case(found.task, found.trajectory)


@pytest.fixture(scope="module")
def refusal(accepted: list[Accepted]) -> Case:
    """A member who owes too much is refused a book."""
    found = next(c for c in accepted if c.task.intents == ("borrow_while_owing",))
    return Case(found.task, found.trajectory)


def number_of(case: Case, tool: str) -> int:
    return next(number for number, call in enumerate(case.task.reference) if call.tool == tool)


# --- the faults, each with the rule that is made for it -----------------------------------------------------


def another_result(case: Case) -> Case:
    return case.with_call(0, result='{"member_id":"M-0000"}')


def a_call_that_fails(case: Case) -> Case:
    return case.with_call(number_of(case, "lend_book"), arguments={"member_id": "M-9999", "book_id": "B-9999"})


def null_padded_arguments(case: Case) -> Case:
    number = number_of(case, "lend_book")
    return case.with_call(number, arguments={**case.task.reference[number].arguments, "loan_id": None, "amount": None})


def another_end_state(case: Case) -> Case:
    first, *rest = case.task.criteria.difference.changes
    return case.with_criteria(difference=StateDifference((replace(first, after={**first.after, "copies": 99}), *rest)))


def a_tool_message_that_no_call_gives(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        next(m for m in messages if m["role"] == "tool")["content"] = '{"member_id":"M-0000"}'

    return case.with_messages(change)


def nothing_demanded(case: Case) -> Case:
    return replace(case, task=replace(case.task, criteria=Criteria(StateDifference(()), ())))


def a_verifier_that_the_first_state_satisfies(case: Case) -> Case:
    """The write is listed and the row it makes is not compared with anything."""
    return case.with_criteria(difference=StateDifference(()), statements=())


def an_unsaid_statement(case: Case) -> Case:
    return case.with_criteria(statements=(Statement("text", "a unicorn", "the animal"),))


def a_write_that_nobody_confirmed(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        messages[:] = [m for m in messages if m["role"] != "user"]

    return case.with_messages(change)


def a_call_left_out_of_the_conversation(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        messages[:] = [
            m for m in messages if m.get("name") != "search_books" and "search_books" not in str(m.get("tool_calls"))
        ]

    return case.with_messages(change)


def a_result_without_a_call(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        next(m for m in messages if m["role"] == "tool")["tool_call_id"] = "call_99"

    return case.with_messages(change)


def two_users_in_a_row(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        messages.insert(2, {"role": "user", "content": "Are you there?"})

    return case.with_messages(change)


def a_marker_in_the_text(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        messages[1]["content"] += "<|im_end|>"

    return case.with_messages(change)


def an_id_used_twice(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        calls = [call for m in messages for call in m.get("tool_calls") or ()]
        for call in calls:
            call["id"] = "call_1"
        for message in messages:
            if message["role"] == "tool":
                message["tool_call_id"] = "call_1"

    return case.with_messages(change)


def an_idle_read(case: Case) -> Case:
    """A catalogue search on the way to a renewal."""
    searched = {"title": "the"}
    first = case.task.reference[0]
    idle = replace(first, tool="search_books", arguments=searched, decides=False, optional=False, sources={})

    def change(messages: list[Message]) -> None:
        place = next(index for index, m in enumerate(messages) if m.get("tool_calls"))
        call = {
            "id": "call_0",
            "type": "function",
            "function": {"name": "search_books", "arguments": json.dumps(searched)},
        }
        messages.insert(place, {"role": "tool", "tool_call_id": "call_0", "name": "search_books", "content": "[]"})
        messages.insert(place, {"role": "assistant", "content": "", "tool_calls": [call]})

    def later(source: str) -> str:
        return source.replace("result 1", "result 2").replace("result 0", "result 1")

    shifted = [
        replace(call, sources={name: later(source) for name, source in call.sources.items()})
        for call in case.task.reference
    ]
    return replace(case, task=replace(case.task, reference=(idle, *shifted))).with_messages(change)


def an_unnoticed_write(case: Case) -> Case:
    """The renewal happens, and neither the rows nor the words that are checked show it."""
    return case.with_criteria(difference=StateDifference(()), statements=())


def an_argument_from_nowhere(case: Case) -> Case:
    requests = tuple(replace(request, facts=()) for request in case.task.scenario.requests)
    scenario = replace(case.task.scenario, requests=requests, identity=(Fact("shoe size", 44),))
    return replace(case, task=replace(case.task, scenario=scenario))


def a_source_that_is_a_later_call(case: Case) -> Case:
    sources = {"email": "result 1: [0].email"}
    return case.with_call(0, sources=sources)


def an_argument_without_its_source(case: Case) -> Case:
    return case.with_call(number_of(case, "lend_book"), sources={})


def an_internal_id_in_the_question(case: Case) -> Case:
    member = json.loads(case.task.reference[0].result)["member_id"]

    def change(messages: list[Message]) -> None:
        messages[1]["content"] += f" My number is {member}."

    return case.with_messages(change)


def the_answer_in_the_question(case: Case) -> Case:
    answer = case.task.criteria.statements[0]

    def change(messages: list[Message]) -> None:
        messages[1]["content"] += f" Is {answer.about} really {answer.value} {answer.unit or ''}?"

    return case.with_messages(change)


def words_that_fit_two_rows(case: Case) -> Case:
    """The user never says which book."""
    title = str(case.task.scenario.requests[0].facts[0].value)
    texts = json.loads(json.dumps(case.trajectory.messages).replace(title, "a book"))
    texts[1]["content"] = "Please renew a book of mine."
    facts = (Fact("title of the book", "a book"),)
    plain = replace(case.task.scenario.requests[0], reason="Please renew a book of mine.", facts=facts)
    task = replace(case.task, scenario=replace(case.task.scenario, requests=(plain,)))
    return Case(task, replace(case.trajectory, messages=tuple(texts)))


def a_statement_of_two_letters(case: Case) -> Case:
    return case.with_criteria(
        statements=(*case.task.criteria.statements, Statement("text", "no", "whether it is there"))
    )


def a_number_without_its_unit(case: Case) -> Case:
    return case.with_criteria(statements=(*case.task.criteria.statements, Statement("number", 2, "how many")))


def a_statement_listed_twice(case: Case) -> Case:
    return case.with_criteria(statements=case.task.criteria.statements * 2)


def a_row_of_a_table_that_is_not_there(case: Case) -> Case:
    change = RowChange("scrolls", ("S-1",), "insert", {}, {"title": "x"})
    return case.with_criteria(difference=StateDifference((*case.task.criteria.difference.changes, change)))


def a_refusal_with_nothing_to_say(case: Case) -> Case:
    return case.with_criteria(statements=())


def with_offer(case: Case, **changes: Any) -> Case:
    assert case.task.orchestration is not None
    return replace(case, task=replace(case.task, orchestration=replace(case.task.orchestration, **changes)))


def with_preference(case: Case, **changes: Any) -> Case:
    assert case.task.orchestration is not None
    return with_offer(case, preference=replace(case.task.orchestration.preference, **changes))


def a_needed_tool_that_is_not_offered(case: Case) -> Case:
    tools = tuple(name for name in case.task.tools if name != case.task.reference[0].tool)
    return replace(case, task=replace(case.task, tools=tools))


def a_tool_that_nobody_knows(case: Case) -> Case:
    weighed = with_preference(case, weights={**case.task.orchestration.preference.weights, "open_scroll": 0.0})  # type: ignore[union-attr]
    return replace(weighed, task=replace(weighed.task, tools=("open_scroll", *case.task.tools)))


def a_question_tool_without_experts(case: Case) -> Case:
    return replace(case, task=replace(case.task, orchestration=None))


def an_expert_that_nobody_knows(case: Case) -> Case:
    assert case.task.orchestration is not None
    first, *rest = case.task.orchestration.experts
    return with_offer(case, experts=(replace(first, name="oracle-9000"), *rest))


def an_expert_that_pays_for_being_asked(case: Case) -> Case:
    assert case.task.orchestration is not None
    first, *rest = case.task.orchestration.experts
    return with_offer(case, experts=(replace(first, dollars_out=-1.0), *rest))


def a_preference_without_a_weight(case: Case) -> Case:
    assert case.task.orchestration is not None
    weights = dict(case.task.orchestration.preference.weights)
    del weights["cost"]
    return with_preference(case, weights=weights)


def a_weight_above_one(case: Case) -> Case:
    assert case.task.orchestration is not None
    weights = case.task.orchestration.preference.weights
    return with_preference(case, weights={**weights, case.task.reference[0].tool: 1.5})


def words_against_the_weights(case: Case) -> Case:
    assert case.task.orchestration is not None
    weights = {**case.task.orchestration.preference.weights, "accuracy": 0.5, "cost": 0.5, "latency": 1.0}
    task = with_preference(case, weights=weights, instruction="Please take your time.")
    return _with_its_prompt(task, case)


def _with_its_prompt(changed: Case, case: Case) -> Case:
    assert case.task.orchestration is not None
    assert changed.task.orchestration is not None
    old, new = (c.orchestration.preference.instruction for c in (case.task, changed.task))  # type: ignore[union-attr]

    def change(messages: list[Message]) -> None:
        messages[0]["content"] = messages[0]["content"].replace(old, new)

    return changed.with_messages(change)


def an_agent_that_is_not_told_the_preference(case: Case) -> Case:
    def change(messages: list[Message]) -> None:
        messages[0]["content"] = messages[0]["content"].split("The user's preference:")[0].strip()

    return case.with_messages(change)


DEFECTS: list[tuple[str, str, Callable[[Case], Case]]] = [
    ("replays", "loan", another_result),
    ("replays", "loan", a_call_that_fails),
    ("replays", "loan", null_padded_arguments),
    ("replays", "loan", another_end_state),
    ("replays", "loan", a_tool_message_that_no_call_gives),
    ("no-op-fails", "refusal", nothing_demanded),
    ("no-op-fails", "renewal", a_verifier_that_the_first_state_satisfies),
    ("reference-scores-one", "loan", an_unsaid_statement),
    ("reference-scores-one", "loan", a_write_that_nobody_confirmed),
    ("conversation", "loan", a_call_left_out_of_the_conversation),
    ("conversation", "loan", a_result_without_a_call),
    ("conversation", "loan", two_users_in_a_row),
    ("conversation", "loan", a_marker_in_the_text),
    ("conversation", "loan", an_id_used_twice),
    ("minimal", "renewal", an_idle_read),
    ("minimal", "renewal", an_unnoticed_write),
    ("provenance", "loan", an_argument_from_nowhere),
    ("provenance", "loan", a_source_that_is_a_later_call),
    ("provenance", "loan", an_argument_without_its_source),
    ("no-leak", "loan", an_internal_id_in_the_question),
    ("no-leak", "renewal", the_answer_in_the_question),
    ("determined", "renewal", words_that_fit_two_rows),
    ("criteria", "loan", a_statement_of_two_letters),
    ("criteria", "loan", a_number_without_its_unit),
    ("criteria", "renewal", a_statement_listed_twice),
    ("criteria", "loan", a_row_of_a_table_that_is_not_there),
    ("criteria", "refusal", a_refusal_with_nothing_to_say),
    ("offers", "loan", a_needed_tool_that_is_not_offered),
    ("offers", "loan", a_tool_that_nobody_knows),
    ("offers", "loan", a_question_tool_without_experts),
    ("offers", "loan", an_expert_that_nobody_knows),
    ("offers", "loan", an_expert_that_pays_for_being_asked),
    ("offers", "loan", a_preference_without_a_weight),
    ("offers", "loan", a_weight_above_one),
    ("offers", "loan", words_against_the_weights),
    ("offers", "loan", an_agent_that_is_not_told_the_preference),
]


@pytest.mark.parametrize(("rule", "name", "fault"), DEFECTS, ids=[fault.__name__ for _, _, fault in DEFECTS])
def test_a_planted_fault_is_caught_by_its_rule(
    rule: str, name: str, fault: Callable[[Case], Case], request: pytest.FixtureRequest, author: ProceduralAuthor
) -> None:
    clean: Case = request.getfixturevalue(name)
    assert evidence(rule, clean, author.environment) == []
    assert evidence(rule, fault(clean), author.environment) != []


# --- faults of a domain that show in its tasks ---------------------------------------------------------------

TITLE = 'known_info: {title of the book: "{{ title }}"}\n      unknown_info: [loan id]'
DOMAIN_DEFECTS: list[tuple[str, str, str, str, str]] = [
    ("mutants", "a tool that ignores the amount", "tools.yaml", "fees_cents - cents(:amount)", "fees_cents - 100"),
    ("equivalents", "wording that changes the state", "domain.yaml", "not_compared: [loans.note]", "not_compared: []"),
    ("unambiguous", "words that fit two loans", "intents.yaml", TITLE, "known_info: {}"),
]
WORDLESS = {
    '"I have not finished {{ title }}. May I keep it longer?"': '"May I keep my book longer, please?"',
    '"Could you renew {{ title }} for me, please?"': '"Could you renew the book that I have, please?"',
    '"need more time with {{ title }}"': '"need more time with my book"',
}


def rejected(folder: Path, rule: str, *, draws: int = 60) -> list[Rejection]:
    found = []
    for unseen in (False, True):
        author = ProceduralAuthor(load(str(folder)), seed=1, database_seed=1, unseen=unseen)
        drawn = [author.candidate(number, judge_task) for number in range(draws)]
        found += [c for c in drawn if isinstance(c, Rejection) and c.rule == rule]
    return found


@pytest.mark.parametrize(
    ("rule", "file", "text", "instead"),
    [(rule, file, text, instead) for rule, _, file, text, instead in DOMAIN_DEFECTS],
    ids=[name for _, name, *_ in DOMAIN_DEFECTS],
)
def test_a_fault_of_the_domain_rejects_its_tasks(rule: str, file: str, text: str, instead: str, copy: Path) -> None:
    assert rejected(copy, rule) == []
    edit(copy / file, text, instead)
    if file == "intents.yaml":
        for phrasing, other in WORDLESS.items():
            edit(copy / file, phrasing, other)
    assert rejected(copy, rule)


@pytest.mark.parametrize(("field", "settled"), [("renewals", True), ("fees", False)])
def test_an_earlier_value_settles_only_the_field_of_its_name(field: str, settled: bool, copy: Path) -> None:
    edit(copy / "records.sql", "zipf(4, n || ':renewals') - 1", "n / :members % 2")
    author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=False)
    for number in range(60):
        found = author.candidate(number, lambda *_: ())
        if not isinstance(found, Accepted) or found.task.intents != ("renew_one_book",):
            continue
        case, loans = Case(found.task, found.trajectory), json.loads(found.task.reference[1].result)
        own = next(loan for loan in loans if loan["loan_id"] == case.task.reference[2].arguments["loan_id"])
        if own["renewals"] == 0 and [loan["renewals"] for loan in loans if loan is not own] == [1]:
            member = json.loads(case.task.reference[0].result)["member_id"]
            spoilt = words_that_fit_two_rows(case).with_call(0, result=json.dumps({"member_id": member, field: 0}))
            assert evidence("determined", case, author.environment) == []
            assert (evidence("determined", spoilt, author.environment) == []) is settled
            return
    pytest.fail("nobody renews the one of two books that was not renewed before")


ONE_PAYMENT = """      - pay_fees: {member_id: "{{ member.member_id }}", amount: "{{ amount }}"}
        as: paid
"""
TWO_PAYMENTS = """      - pay_fees: {member_id: "{{ member.member_id }}", amount: "{{ amount }}"}
      - pay_fees: {member_id: "{{ member.member_id }}", amount: "{{ amount }}"}
        as: paid
"""


@pytest.mark.parametrize(("reference", "shorter"), [(ONE_PAYMENT, False), (TWO_PAYMENTS, True)])
def test_two_payments_of_which_only_the_sum_is_left_have_a_shorter_solution(
    reference: str, shorter: bool, copy: Path
) -> None:
    edit(copy / "intents.yaml", ONE_PAYMENT, reference)
    author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=True)
    drawn = [author.candidate(number, lambda *_: ()) for number in range(40)]
    paying = [c for c in drawn if isinstance(c, Accepted) and "pay_some_fees" in c.task.intents]
    assert paying
    for c in paying:
        found = evidence("shortest", Case(c.task, c.trajectory), author.environment)
        assert bool(found) is (shorter and len([call for call in c.task.reference if call.tool == "pay_fees"]) == 2)


TAGS_TOOL = """
label_book:
  description: Put labels on a book's spine.
  parameters:
    book_id: {type: string, description: The book.}
    labels: {type: array, items: {type: string}, unordered: true, description: The labels.}
  effect: >-
    UPDATE books SET title = title || ' ' || (SELECT group_concat(value, ' ' ORDER BY %s) FROM json_each(:labels))
    WHERE book_id = :book_id
  result: SELECT json_object('title', title) FROM books WHERE book_id = :book_id
  summary: label the book {{ book_id }}
"""
TAGS_INTENT = """
  - id: label_a_book
    purpose: Have labels put on a book
    bind: SELECT member_id, title FROM members JOIN books ON books.rowid % 5 = members.rowid % 5 WHERE status = 'active'
    user:
      reason_for_call:
        - "Please label {{ title }} as rare and old."
        - "{{ title }}: label it rare and old"
        - "Rare and old, write that on {{ title }}."
      known_info: {title of the book: "{{ title }}", labels: [rare, old]}
    reference:
      - search_books: {title: "{{ title }}"}
        as: found
      - label_book: {book_id: "{{ (found|selectattr('title', 'eq', title)|first).book_id }}", labels: [rare, old]}
    say:
      - {number: "{{ (found|selectattr('title', 'eq', title)|first).copies }}", unit: copies, about: how many copies there are}
"""


@pytest.mark.parametrize(("order", "caught"), [("value", False), ("key", True)])
def test_a_set_whose_order_shows_in_the_state_is_caught(order: str, caught: bool, copy: Path) -> None:
    for file, more in (("tools.yaml", TAGS_TOOL % order), ("intents.yaml", TAGS_INTENT)):
        (copy / file).write_text((copy / file).read_text() + more)
    for unseen in (False, True):
        author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=unseen)
        drawn = [author.candidate(number, lambda *_: ()) for number in range(40)]
        for c in drawn:
            if isinstance(c, Accepted) and c.task.intents == ("label_a_book",):
                assert bool(evidence("insensitive", Case(c.task, c.trajectory), author.environment)) is caught
                return
    pytest.fail("no task labels a book")
