"""A tiny random model drafts tasks: each draft has the form that the schema asks for, is run, sent back twice, and rejected."""

from __future__ import annotations

from itertools import islice

from tests.conftest import LIBRARY
from tests.vllm.conftest import MOST_TOKENS
from toolscale.authoring.author import ANSWERED_BADLY, REPAIRS, ModelAuthor
from toolscale.authoring.funnel import Funnel
from toolscale.authoring.session import Session
from toolscale.domain import load
from toolscale.synthesis.author import Rejection
from toolscale.synthesis.plan import Authoring
from toolscale.validators import judge_task

DRAFTS = 4
UNUSABLE = {error.kind for error in ANSWERED_BADLY}


def check_that_all_are_rejected_with_their_reasons(session: Session) -> None:
    """Draft with the session's model: words at random are no task, however well they are formed."""
    before = sum(spent.tokens_out for spent in session.ledger.spending.values())
    author = ModelAuthor(
        load(str(LIBRARY)),
        Authoring(models=session.models),
        seed=5,
        database_seed=5,
        unseen=False,
        wanted=DRAFTS,
        session=session,
        explain=lambda rule: f"The rule {rule} of this test.",
    )
    candidates = list(islice(author.candidates(judge_task), DRAFTS))
    for candidate in candidates:
        assert isinstance(candidate, Rejection)
        assert candidate.rule
        assert candidate.reason
    funnel = author.funnel
    assert dict(funnel.steps) == {"drafted": DRAFTS}
    check_the_counts(funnel)
    after = sum(spent.tokens_out for spent in session.ledger.spending.values())
    assert after - before >= funnel.tokens_out.total(), "the accounts hold what the funnel counts"


def check_the_counts(funnel: Funnel) -> None:
    unusable = sum(count for name, count in funnel.faults.items() if name.split(": ")[1] in UNUSABLE)
    assert unusable < DRAFTS, f"nothing was ever run: {dict(funnel.faults)}"
    assert funnel.faults.total() - unusable == funnel.answers.total(), "each answer failed by one rule"
    assert not any("malformed" in name for name in funnel.faults), "decoded by the schema, every answer satisfies it"
    repaired = funnel.answers["repair"]
    assert 0 < repaired <= REPAIRS * DRAFTS
    sent, sent_back = (funnel.tokens_in[stage] / funnel.answers[stage] for stage in ("draft", "repair"))
    assert sent_back > sent > 0, "what is sent back stands under the question and the draft"
    assert 0 < funnel.tokens_out.total() <= MOST_TOKENS * funnel.answers.total()


def test_in_process_random_drafts_are_run_sent_back_and_rejected(in_process: Session) -> None:
    check_that_all_are_rejected_with_their_reasons(in_process)


def test_behind_an_address_random_drafts_are_run_sent_back_and_rejected(served: Session) -> None:
    check_that_all_are_rejected_with_their_reasons(served)
