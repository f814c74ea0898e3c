"""Variants: every mutant dies, every equivalent lives, and there are many kinds of both."""

from __future__ import annotations

from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.validators.equivalents import equivalents_of
from toolscale.validators.mutants import mutants_of
from toolscale.validators.variants import outcomes


def kinds(author: ProceduralAuthor, candidates: list[Accepted]) -> set[str]:
    return {
        mutant.kind.split(":")[0] for c in candidates for mutant in mutants_of(c.task, c.trajectory, author.environment)
    }


def test_every_mutant_dies(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    for c in accepted:
        mutants = mutants_of(c.task, c.trajectory, author.environment)
        for mutant, outcome in outcomes(c.task, author.environment, mutants):
            assert outcome.score.value == 0, (c.task.id, mutant.kind)


def test_every_equivalent_lives(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    for c in accepted:
        equivalents = equivalents_of(c.task, c.trajectory, author.environment)
        for variant, outcome in outcomes(c.task, author.environment, equivalents):
            assert outcome.score.value == 1, (c.task.id, variant.kind)


def test_mutants_are_of_many_kinds(author: ProceduralAuthor, accepted: list[Accepted]) -> None:
    assert kinds(author, accepted) >= {
        "nothing done", "only talked", "only read", "write left out", "write made twice", "null-padded", "misnamed tool",
        "neighbouring row", "an extra write", "nobody asked", "forbidden wish fulfilled", "demanded read left out", "not said",
        "said wrong", "never read",
    }  # fmt: skip


def test_verdicts_count_the_variants_that_were_played(accepted: list[Accepted]) -> None:
    for c in accepted:
        tried = {verdict.rule: verdict.tried for verdict in c.verdicts}
        assert tried["mutants"] >= 5
        assert tried["equivalents"] >= 5
