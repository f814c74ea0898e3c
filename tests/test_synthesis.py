"""From a domain folder to tasks: chains, twists, refusals, conversations, provenance."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import LIBRARY
from tests.test_domain_loading import replace
from toolscale.domain import DomainFolder, load
from toolscale.environment.environment import Environment
from toolscale.errors import DomainError
from toolscale.scoring.score import score
from toolscale.synthesis.author import Accepted, ProceduralAuthor, Rejection
from toolscale.synthesis.held_out import held_out
from toolscale.synthesis.intents import ready
from toolscale.synthesis.phrases import age_or_sex_in, personas
from toolscale.synthesis.plan import BuildConfiguration, split_sizes, units
from toolscale.synthesis.provenance import Sources
from toolscale.synthesis.templates import TemplateFault, Templates
from toolscale.synthesis.user import ScriptedUser
from toolscale.task import Fact
from toolscale.validators import judge_task, rules, task_rules


def first_rejection(folder: Path, rule: str, draws: int = 60) -> Rejection:
    author = ProceduralAuthor(load(str(folder)), seed=1, database_seed=1, unseen=False)
    for number in range(draws):
        candidate = author.candidate(number, judge_task)
        if isinstance(candidate, Rejection) and candidate.rule == rule:
            return candidate
    raise AssertionError(f"no candidate was rejected by {rule}")


def test_a_draw_is_the_same_whenever_it_is_drawn(library: DomainFolder, author: ProceduralAuthor) -> None:
    again = ProceduralAuthor(library, seed=3, database_seed=3, unseen=False)
    one, other = again.candidate(17, judge_task), author.candidate(17, judge_task)
    if isinstance(one, Accepted) and isinstance(other, Accepted):
        assert one == other
    else:
        assert isinstance(other, Rejection)


def test_most_candidates_are_accepted(accepted: list[Accepted]) -> None:
    assert len(accepted) > 60


def test_tasks_chain_one_to_four_intents(accepted: list[Accepted]) -> None:
    lengths = Counter(len(candidate.task.intents) for candidate in accepted)
    assert lengths.keys() <= {1, 2, 3, 4}
    assert len(lengths) > 1


@pytest.mark.parametrize(
    "persona",
    [
        "A young woman of twenty who hates making calls.",
        "A retired translator, courteous and exact.",
        "A watchmaker in his seventies.",
        "A night watchwoman who has all the time in the world.",
        "A dog groomer, 26 and sunny.",
        "Somebody whose wife used to see to such things.",
    ],
)
def test_an_age_or_a_sex_is_found(persona: str) -> None:
    assert age_or_sex_in(persona)


def test_no_persona_states_an_age_or_a_sex_that_a_caller_may_not_have() -> None:
    assert [(one.id, age_or_sex_in(one.description)) for one in personas() if age_or_sex_in(one.description)] == []


def test_every_register_has_as_many_personas_as_the_others_and_no_two_are_alike() -> None:
    assert len(set(Counter(one.register for one in personas()).values())) == 1
    assert len({one.id for one in personas()}) == len({one.description for one in personas()}) == len(personas())


def test_an_identical_read_is_not_made_twice(accepted: list[Accepted]) -> None:
    for candidate in accepted:
        reads = [(c.tool, str(c.arguments), c.result) for c in candidate.task.reference if not c.writes]
        assert len(reads) == len(set(reads))


def test_a_second_look_after_a_change_is_optional() -> None:
    """A careful agent lists the trips again after a payment, and may as well not."""
    author = ProceduralAuthor(load("travel"), seed=11, database_seed=11, unseen=False)
    candidates = [author.candidate(number, lambda *_: ()) for number in range(30)]
    seconds = []
    for candidate in candidates:
        seen = set()
        for call in candidate.task.reference if isinstance(candidate, Accepted) else ():
            look = call.tool, str(call.arguments)
            if look in seen and not call.writes:
                seconds.append(call)
            seen.add(look)
    assert seconds
    assert all(call.optional for call in seconds)


def test_each_kind_of_twist_occurs(library: DomainFolder) -> None:
    kinds = set()
    for unseen in (False, True):
        author = ProceduralAuthor(library, seed=3, database_seed=3, unseen=unseen)
        for number in range(80):
            candidate = author.candidate(number, judge_task)
            if isinstance(candidate, Accepted) and candidate.task.scenario.twist:
                kinds.add(candidate.task.scenario.twist.kind)
    assert kinds == {"change of mind", "wrong detail", "distraction", "impossible wish"}


def test_a_lead_whose_situation_an_earlier_request_ends_is_drawn_alone(copy: Path) -> None:
    """The one who renews too often owes something here, until an earlier request pays it all."""
    intents = copy / "intents.yaml"
    replace(intents, "uniform(1, 5, member_id) / 2.0 AS amount", "fees_cents / 100.0 AS amount")
    replace(
        intents,
        "USING (book_id) WHERE renewals BETWEEN 2 AND 4",
        "USING (book_id) JOIN members USING (member_id) WHERE fees_cents > 0 AND renewals BETWEEN 2 AND 4",
    )
    author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=True)
    drawn = [author.candidate(number, lambda *_: ()) for number in range(60)]
    assert not [c for c in drawn if isinstance(c, Rejection) and c.rule == "infeasible"]
    assert {c.task.intents for c in drawn if isinstance(c, Accepted)} == {("pay_some_fees",), ("renew_too_often",)}


def test_only_callers_of_the_callers_bind_are_drawn(copy: Path) -> None:
    replace(copy / "intents.yaml", "FROM members WHERE status = 'active'\n", "FROM members WHERE rowid % 2 = 0\n")
    author = ProceduralAuthor(load(str(copy)), seed=1, database_seed=1, unseen=False)
    drawn = [author.candidate(number, lambda *_: ()) for number in range(40)]
    assert any(isinstance(c, Accepted) for c in drawn)
    assert not [c for c in drawn if isinstance(c, Rejection) and c.rule == "infeasible"]


def test_a_condition_decides_between_branches(accepted: list[Accepted]) -> None:
    both = {
        any(call.tool == "lend_book" for call in candidate.task.reference)
        for candidate in accepted
        if candidate.task.intents == ("borrow_if_there",)
    }
    assert both == {True, False}


def test_every_argument_has_a_source(accepted: list[Accepted]) -> None:
    for candidate in accepted:
        for call in candidate.task.reference:
            named = {name for name in call.arguments if name not in ("note", "summary", "reason")}
            assert named <= call.sources.keys()


def test_an_argument_from_nowhere_is_rejected(copy: Path) -> None:
    replace(copy / "intents.yaml", "SELECT member_id, title FROM loans", "SELECT member_id, loan_id, title FROM loans")
    replace(copy / "intents.yaml", "{{ (loans|selectattr('title', 'eq', title)|first).loan_id }}", "{{ loan_id }}")
    replace(copy / "intents.yaml", '      - list_loans: {member_id: "{{ member.member_id }}"}\n        as: loans\n', "")
    assert "'loan_id' of renew_loan comes from nowhere" in first_rejection(copy, "provenance").reason


def test_a_reference_that_breaks_the_policy_is_rejected(copy: Path) -> None:
    replace(copy / "intents.yaml", "WHERE renewals < 2", "WHERE renewals < 4")
    assert "two-renewals" in first_rejection(copy, "keeps-policy").reason


def test_a_reference_that_fails_is_rejected_with_the_call_and_its_error(copy: Path) -> None:
    replace(
        copy / "intents.yaml", "{{ (loans|selectattr('title', 'eq', title)|first).loan_id }}", "{{ member.member_id }}"
    )
    rejection = first_rejection(copy, "replays")
    assert "renew_loan" in rejection.evidence
    assert "There is no loan" in rejection.evidence


def test_a_wish_that_breaks_nothing_is_no_refusal(copy: Path) -> None:
    replace(copy / "intents.yaml", "AND m.fees_cents > 1000", "AND m.fees_cents > 10")
    assert "breaks none" in first_rejection(copy, "refusal").reason


def test_a_refusal_that_demands_nothing_is_rejected(copy: Path) -> None:
    text = (copy / "intents.yaml").read_text()
    (copy / "intents.yaml").write_text(text[: text.rindex("    say:\n")])
    assert "does nothing scores 1" in first_rejection(copy, "no-op-fails").evidence


def test_a_template_that_reads_an_unbound_name_suggests_the_nearest(copy: Path) -> None:
    replace(copy / "intents.yaml", "finished {{ title }}", "finished {{ titel }}")
    with pytest.raises(DomainError, match="Did you mean 'title'"):
        ready(load(str(copy)))


def test_held_out_intents_occur_in_test_unseen_only(library: DomainFolder) -> None:
    away = held_out(library)
    assert away
    for unseen in (False, True):
        author = ProceduralAuthor(library, seed=2, database_seed=2, unseen=unseen)
        drawn = [author.candidate(number, judge_task) for number in range(30)]
        used = {name for c in drawn if isinstance(c, Accepted) for name in c.task.intents}
        assert used <= away if unseen else not used & away


def test_the_scripted_user_plays_its_part_again_live(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    """An agent that says the reference's words and makes its calls is answered with the reference's words, and solves it."""
    for candidate in accepted[:20]:
        agent = [m for m in candidate.trajectory.messages if m["role"] == "assistant" and m["content"]]
        said = [m["content"] for m in candidate.trajectory.messages if m["role"] == "user"]
        key = next(k for k in (author_key(author, candidate),))
        user = ScriptedUser(candidate.task.scenario, key=key)
        turns = [user.opening(), *(user.reply(message["content"]) for message in agent)]
        assert [turn.text for turn in turns] == said
        assert turns[-1].ends
        with author.environment.episode() as episode:
            for call in candidate.task.reference:
                episode.call(call.tool, call.arguments)
            assert score(candidate.task, author.environment, episode, candidate.trajectory.messages).parts[0].passed


def author_key(author: ProceduralAuthor, candidate: Accepted) -> str:
    from toolscale.canonical import fingerprint

    origin = candidate.task.origin
    return fingerprint((origin.seed, author.folder.name, origin.database_seed, origin.draw))


def test_split_sizes_add_up() -> None:
    for tasks in (1, 7, 50, 1000, 12345):
        assert sum(split_sizes(tasks).values()) == tasks


def test_units_ask_for_every_task_once() -> None:
    configuration = BuildConfiguration(domains=("bank", "railway"), tasks=1003)
    planned = units(configuration)
    assert sum(unit.tasks for unit in planned) == 2006
    assert len({(unit.domain, unit.database_seed) for unit in planned}) == len(planned)


def test_no_two_splits_share_a_database() -> None:
    seeds: dict[int, str] = {}
    for unit in units(BuildConfiguration(domains=("bank",), tasks=5000)):
        assert seeds.setdefault(unit.database_seed, unit.split) == unit.split


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 10 ** 999999 }}",
        "{% for i in range(900) %}{% for j in range(900) %}xxxxxxxxxx{% endfor %}{% endfor %}",
        "{{ range(100000000)|list }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 'x'.ljust(1000000000) }}",
        "{{ nobody }}",
        "{{ items.append(1) }}",
        "{{ 1 / 0 }}",
        "{{ x.y.z }}",
        "{{ 'a'.upper }}",
        "{{ range }}",
        "{{ dict }}",
        "{{ {1: 2} }}",
        "{{ [1e999] }}",
    ],
)
def test_a_template_may_not(template: str) -> None:
    with pytest.raises(TemplateFault):
        Templates().value(template, {"items": [], "x": {}})


def test_one_lone_expression_keeps_its_type() -> None:
    templates = Templates()
    assert templates.value("{{ x }}", {"x": 5}) == 5
    assert templates.value("{{ x }}", {"x": "00123"}) == "00123"
    assert templates.value("no {{ x }}", {"x": 5}) == "no 5"
    assert templates.value({"a": ["{{ x }}"]}, {"x": None}) == {"a": [None]}
    assert templates.value("{{ x.values()|map('abs') }}", {"x": {"a": -1, "b": 2}}) == [1, 2]


def test_every_rule_explains_itself() -> None:
    for rule in rules():
        assert rule.code.startswith("TS")
        for part in ("Why:", "Fails:", "Passes:"):
            assert part in rule.explanation, rule.code
    assert {"replays", "no-op-fails", "reference-scores-one"} <= {rule.name for rule in task_rules()}


def test_numbers_in_an_expression_are_told_apart_by_commas() -> None:
    tool = Environment.of(load(str(LIBRARY)), seed=1).compiled.tools["calculate"]
    sources = Sources(policy="", clock="2025-01-01 00:00:00")
    sources.tool_returns(0, {"a": 150.0, "b": -2.5})
    found, missing = sources.of_call(tool, {"expression": "round(max(150, 2.5), 2)"})
    assert found == {"expression": "result 0: a; result 0: b; arithmetic"}
    assert sources.of_call(tool, {"expression": "150 + 77"}) == ({}, ["expression"])
    assert missing == []


def test_a_number_of_any_size_has_its_source() -> None:
    tool = Environment.of(load(str(LIBRARY)), seed=1).compiled.tools["pay_fees"]
    sources = Sources(policy="", clock="2025-01-01 00:00:00")
    sources.user_says([Fact("amount to pay", 10**400)])
    assert sources.of_call(tool, {"amount": 10**400}) == ({"amount": "user: amount to pay"}, [])
    assert sources.of_call(tool, {"amount": 10**401}) == ({}, ["amount"])
