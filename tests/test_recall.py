"""Recalled reads: an episode that recalls says and changes what one that reads would."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_domain_loading import replace as edit
from toolscale.domain import load
from toolscale.environment.compiled import compiled
from toolscale.errors import DomainError
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.validators.equivalents import equivalents_of
from toolscale.validators.mutants import mutants_of
from toolscale.validators.variants import outcomes


def test_every_variant_comes_to_the_same_without_recall(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    environment = author.environment
    for c in accepted[:20]:
        variants = [f(c.task, c.trajectory, environment) for f in (mutants_of, equivalents_of)]
        for _, outcome in outcomes(c.task, environment, [*variants[0], *variants[1]]):
            with environment.episode() as plain:
                for record in outcome.records:
                    if isinstance(record.arguments, dict):
                        assert plain.call(record.tool, record.arguments) == record
                assert plain.difference() == outcome.difference


def test_a_read_after_a_write_is_not_recalled_from_before_it(author: ProceduralAuthor) -> None:
    environment = author.environment
    with environment.recalling_episode() as episode:
        loan = next(iter(episode.rows("SELECT loan_id, member_id FROM loans WHERE renewals < 2 LIMIT 1", {})))
        before = episode.call("list_loans", {"member_id": loan["member_id"]})
        with episode.branch():
            episode.call("renew_loan", {"loan_id": loan["loan_id"]})
            assert episode.call("list_loans", {"member_id": loan["member_id"]}).result != before.result
        assert episode.call("list_loans", {"member_id": loan["member_id"]}).result == before.result


def test_a_tool_may_not_read_the_calls_of_the_episode(copy: Path) -> None:
    edit(copy / "tools.yaml", "'fees', dollars(fees_cents))", "'fees', (SELECT count(*) FROM calls))")
    folder = load(str(copy))
    with pytest.raises(DomainError, match="reads the calls"):
        compiled(folder.domain, folder.place)
