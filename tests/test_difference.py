"""The state difference: equal to what comparing the whole table before and after would give, whatever happened between."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import LIBRARY
from toolscale.domain import load
from toolscale.environment.environment import Environment
from toolscale.environment.episode import Episode

SHELVES = """
CREATE TABLE shelves (room TEXT NOT NULL, number INTEGER NOT NULL, label TEXT CHECK (label <> 'bad'),
  PRIMARY KEY (room, number)) STRICT, WITHOUT ROWID;
"""
TOOLS = """
put_shelf:
  description: Put up a shelf, or label the one that is there.
  parameters: {room: {type: string}, number: {type: integer}, label: {type: string}}
  effect: >-
    INSERT INTO shelves VALUES (:room, :number, 'new') ON CONFLICT DO NOTHING;
    UPDATE shelves SET label = :label WHERE room = :room AND number = :number
  result: SELECT 1
  summary: put up a shelf
move_shelf:
  description: Move a shelf to another room; what stands there goes.
  parameters: {room: {type: string}, number: {type: integer}, to: {type: string}}
  effect: UPDATE OR REPLACE shelves SET room = :to WHERE room = :room AND number = :number
  result: SELECT 1
  summary: move a shelf
clear_room:
  description: Take down a room's shelves.
  parameters: {room: {type: string}}
  effect: DELETE FROM shelves WHERE room = :room
  result: SELECT 1
  summary: clear a room
"""
Row = tuple[str, int]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("shelves") / "library"
    shutil.copytree(LIBRARY, folder)
    for file, more in (("schema.sql", SHELVES), ("tools.yaml", TOOLS)):
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(more)
    with (folder / "records.sql").open("a", encoding="utf-8") as stream:
        stream.write("INSERT INTO shelves VALUES ('a', 0, 'old'), ('a', 1, 'old'), ('b', 1, 'old');\n")
    return Environment.of(load(str(folder)), seed=1)


ROOM = st.sampled_from(["a", "b", "c"])
NUMBER = st.integers(0, 2)
LABEL = st.sampled_from(["old", "x", "bad"])
PUT = st.fixed_dictionaries({"room": ROOM, "number": NUMBER, "label": LABEL})
MOVE = st.fixed_dictionaries({"room": ROOM, "number": NUMBER, "to": ROOM})
CLEAR = st.fixed_dictionaries({"room": ROOM})
CALL = st.one_of(
    st.tuples(st.just("put_shelf"), PUT),
    st.tuples(st.just("move_shelf"), MOVE),
    st.tuples(st.just("clear_room"), CLEAR),
)
STEPS = st.lists(st.one_of(CALL, st.lists(CALL, max_size=3)), max_size=8)


def held(episode: Episode) -> dict[Row, dict[str, Any]]:
    rows = episode.rows("SELECT room, number, label FROM shelves", {})
    return {(str(row["room"]), int(row["number"])): {"label": row["label"]} for row in rows}


@settings(max_examples=200)
@given(steps=STEPS)
def test_it_is_what_changed_between_the_first_state_and_the_last(environment: Environment, steps: list[Any]) -> None:
    """A step is a call, or a branch of calls that is left again."""
    with environment.episode() as episode:
        before = held(episode)
        for step in steps:
            if isinstance(step, tuple):
                episode.call(*step)
                continue
            with episode.branch():
                for call in step:
                    episode.call(*call)
        after = held(episode)
        found = {(str(c.key[0]), int(c.key[1])): (c.operation, c.before, c.after) for c in episode.difference().changes}
    expected = {}
    for row in before.keys() | after.keys():
        if row not in before:
            expected[row] = ("insert", {}, after[row])
        elif row not in after:
            expected[row] = ("delete", before[row], {})
        elif before[row] != after[row]:
            expected[row] = ("update", before[row], after[row])
    assert found == expected
