"""Diversity: similar texts are found, different ones are not."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from toolscale.randomness import KeyedRandom
from toolscale.shards.diversity import SIMILAR, diversity, similar_pairs, similar_texts

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


def test_it_finds_every_pair_that_comparing_all_with_all_finds() -> None:
    """300 texts: 60 of 100 words each, and four others of each with one to four words exchanged."""
    random = KeyedRandom.of("texts")
    texts = []
    for _ in range(60):
        words = [f"w{random.randrange(400)}" for _ in range(100)]
        texts.append(words)
        for exchanged in (1, 2, 3, 4):
            other = list(words)
            for _ in range(exchanged):
                other[random.randrange(100)] = f"w{random.randrange(400)}"
            texts.append(other)
    triples = [{" ".join(words[at : at + 3]) for at in range(98)} for words in texts]
    alike = {
        (one, other)
        for one, other in itertools.combinations(range(len(texts)), 2)
        if len(triples[one] & triples[other]) / len(triples[one] | triples[other]) > SIMILAR
    }
    assert len(alike) > 100
    assert similar_pairs([" ".join(words) for words in texts]) == alike


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
