"""Tasks that say and do nearly the same are found, and drawn again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tests.conftest import LIBRARY
from toolscale.domain import DomainFolder
from toolscale.flows.units import build_unit, part_folder
from toolscale.shards.duplicates import repeated, repeated_draws
from toolscale.shards.parts import read_part
from toolscale.synthesis.author import Accepted, ProceduralAuthor
from toolscale.synthesis.plan import BuildConfiguration, units
from toolscale.validators import judge_task

SAID = "please renew the silent clock for me because the river is in flood again renew_loan L-0001 and so on and on"


def test_the_later_of_two_alike_is_the_repetition() -> None:
    assert repeated([SAID, "something else altogether, said by somebody else", SAID + " thanks"]) == {2}


def test_a_text_like_a_repetition_alone_is_none() -> None:
    """What is drawn again frees what was only like the one that goes."""
    assert repeated([SAID, SAID, SAID]) == {1, 2}


def test_a_unit_is_made_again_without_what_another_database_has(library: DomainFolder, tmp_path: Path) -> None:
    unit = units(BuildConfiguration(domains=(str(LIBRARY),), tasks=6))[0]
    build_unit(unit, tmp_path)
    part = part_folder(unit, library.fingerprint, tmp_path)
    twin = Path(shutil.copytree(part, tmp_path / "twin"))
    draws = repeated_draws([part, twin])
    assert draws.keys() == {twin}
    assert len(draws[twin]) == unit.tasks
    again = replace(unit, repeated=draws[twin])
    build_unit(again, tmp_path)
    other = part_folder(again, library.fingerprint, tmp_path)
    assert repeated_draws([part, other]) == {}
    assert {row["rule"] for row in read_part(other, "rejections").to_pylist()} >= {"duplicate"}
    assert read_part(other, "tasks").num_rows == unit.tasks


def test_a_repeated_draw_becomes_a_rejection(library: DomainFolder) -> None:
    author = ProceduralAuthor(library, seed=3, database_seed=4, unseen=False)
    first = next(n for n in range(20) if isinstance(author.candidate(n, judge_task), Accepted))
    fresh = ProceduralAuthor(library, seed=3, database_seed=4, unseen=False)
    drawn = fresh.candidates(judge_task, repeated=(first,))
    candidate = [next(drawn) for _ in range(first + 1)][-1]
    assert not isinstance(candidate, Accepted)
    assert candidate.rule == "duplicate"
