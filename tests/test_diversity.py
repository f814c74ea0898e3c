"""Diversity: similar texts are found, different ones are not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from toolscale.shards.diversity import diversity, similar_texts

LONG = (
    "please renew the silent clock for me because i have not finished reading it and the river is in flood again today"
)


def test_texts_that_differ_in_one_word_are_similar() -> None:
    assert similar_texts([LONG, LONG.replace("today", "now"), "something else altogether, said by somebody else"]) == {
        0,
        1,
    }


def test_texts_that_share_half_their_words_are_not() -> None:
    words = LONG.split()
    other = " ".join(
        [*words[: len(words) // 2], "quite", "another", "matter", "that", "nobody", "has", "ever", "heard", "of"]
    )
    assert similar_texts([LONG, other]) == set()


@settings(max_examples=30)
@given(st.lists(st.text("abc ", max_size=40), max_size=8))
def test_equal_texts_are_always_similar(texts: list[str]) -> None:
    assert similar_texts(texts * 2) == set(range(2 * len(texts)))


def test_counts_are_of_tasks_not_of_calls() -> None:
    measured = diversity(
        ["a a b", "a a b", "c"], ["x", "y", "z"], [["a", "a", "b"], ["a", "a", "b"], ["c"]], [["r"], [], ["r"]]
    )
    assert measured.sequences == 2
    assert measured.top_sequence_share == 0.6667
    assert measured.tools == {"a": 2, "b": 2, "c": 1}
    assert measured.rules == {"r": 2}
