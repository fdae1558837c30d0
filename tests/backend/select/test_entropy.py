"""Entropy by hand, and the mixture that is made of it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from winnow.errors import MissingNeed, SettingError
from winnow.pool import Budget, Groups, Pool
from winnow.select.entropy import EntropyMixture, entropy, von_neumann, word_entropies


def texts_pool(texts: dict[str, list[str]]) -> Pool:
    names = [name for name, group in texts.items() for _ in group]
    flat = [text for group in texts.values() for text in group]
    return Pool(
        np.arange(len(flat)),
        np.ones(len(flat)),
        {"source": Groups.of(names)},
        texts=lambda ids: pa.array([flat[place] for place in ids], pa.large_string()),
    )


def test_entropy_of_words_by_hand() -> None:
    # four words, each once: 2 bits; a a b b: 1 bit; a a a b: .75 log2(4/3) + .25 * 2 = .8113 bits
    for words, bits in [("a b c d", 2.0), ("a a b b", 1.0), ("a a a b", 0.8113)]:
        assert word_entropies([words.split()], 99)["shannon"] / math.log(2) == pytest.approx(bits, abs=5e-5)


def test_entropy_of_a_word_given_the_one_before() -> None:
    # abab: after a comes b, after b comes a: nothing left to know. Pairs ab ba ab: H = -(2/3 ln 2/3 + 1/3 ln 1/3)
    found = word_entropies([list("abab")], 99)
    assert found["conditional"] == pytest.approx(0)
    assert found["joint"] == pytest.approx(0.6365, abs=5e-5)
    # a b a c: pairs ab ba ac: H(X, Y) = ln 3; X = a b a: .6365; so H(Y|X) = 1.0986 - .6365 = 2/3 ln 2 = .4621
    assert word_entropies([list("abac")], 99)["conditional"] == pytest.approx(2 / 3 * math.log(2))


def test_pairs_do_not_cross_documents() -> None:
    # one document: ab bc; two documents "a b" and "c": ab alone
    assert word_entropies([list("abc")], 99)["joint"] == pytest.approx(math.log(2))
    assert word_entropies([["a", "b"], ["c"]], 99)["joint"] == 0
    assert word_entropies([["a", "b"], [], ["c", "d"]], 99)["joint"] == pytest.approx(math.log(2))


def test_von_neumann_by_hand() -> None:
    # unit vectors along four axes: eigenvalues 1/4 each: ln 4; all alike: one eigenvalue 1: 0; 3 to 1: .5623
    assert von_neumann(np.eye(4)) == pytest.approx(1.3863, abs=5e-5)
    assert von_neumann(np.tile([[0.6, 0.8]], (5, 1))) == pytest.approx(0, abs=1e-9)
    assert von_neumann(np.array([[1.0, 0], [1, 0], [1, 0], [0, 1]])) == pytest.approx(0.5623, abs=5e-5)


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc", max_size=8), max_size=6), st.integers(1, 40))
def test_joint_is_the_first_word_and_the_next(documents: list[str], limit: int) -> None:
    found = word_entropies([list(document) for document in documents], limit)
    flat, pairs = [], []
    for document in documents:
        part = document[: max(limit - len(flat), 0)]
        flat += part
        pairs += itertools.pairwise(part)
    codes = np.array([ord(first) for first, _ in pairs], dtype=np.int64)
    assert found["joint"] == pytest.approx(entropy(codes) + found["conditional"])
    assert found["joint"] == pytest.approx(entropy(np.array([ord(x) * 999 + ord(y) for x, y in pairs], dtype=np.int64)))


def test_shares_follow_entropy_either_way() -> None:
    # words of a: two, equally often, ln 2; of b: eight, ln 8 = 3 ln 2: shares 1/4 and 3/4; exponentials 2 : 8 = .2 : .8
    pool = texts_pool({"a": ["x y"] * 500, "b": ["r s t u v w x y"] * 125})
    assert EntropyMixture(measure="shannon").shares(pool) == pytest.approx({"a": 0.25, "b": 0.75})
    assert EntropyMixture(measure="shannon", scale="exponential").shares(pool) == pytest.approx({"a": 0.2, "b": 0.8})
    chosen = EntropyMixture(measure="shannon").select(pool, Budget(docs=100))
    assert [int((chosen.rows < 500).sum()), int((chosen.rows >= 500).sum())] == [25, 75]


def test_every_group_is_measured_by_equally_many_words() -> None:
    # the same words at random, 1,500 of them and 60,000: plain counting would call the larger group more varied
    chance = np.random.default_rng(0)
    vocabulary = np.array([f"w{number}" for number in range(3000)])
    large = [" ".join(chance.choice(vocabulary, 100)) for _ in range(600)]
    small = [" ".join(chance.choice(vocabulary, 100)) for _ in range(15)]
    shares = EntropyMixture(measure="shannon").shares(texts_pool({"large": large, "small": small}))
    assert shares["large"] == pytest.approx(0.5, abs=0.005)
    assert word_entropies([text.split() for text in large], 60_000)["shannon"] > 1.08 * math.log(1500)


def test_text_without_words_gives_equal_shares() -> None:
    pool = texts_pool({"a": ["", " "], "b": ["\u200b"] * 2})
    assert EntropyMixture().shares(pool) == {"a": 0.5, "b": 0.5}


def test_scripts_without_spaces_have_words() -> None:
    pool = texts_pool({"a": ["雨雪雨雪"] * 400, "b": ["雨雪風雲"] * 400})
    # two signs and four signs: ln 2 and ln 4
    assert EntropyMixture(measure="shannon").entropies(pool) == pytest.approx({"a": math.log(2), "b": math.log(4)})


def test_vectors_that_are_not_numbers_are_refused() -> None:
    columns = {"source": Groups.of(["a", "a"])}
    pool = Pool(np.arange(2), np.ones(2), columns, {"static": np.array([[1, 0], [np.nan, 0]])})
    with pytest.raises(SettingError, match=r"1 of 2 documents.*winnow embed"):
        EntropyMixture(measure="von_neumann").select(pool, Budget(docs=1))


def test_missing_texts_are_named() -> None:
    with pytest.raises(MissingNeed, match="needs the text of documents"):
        EntropyMixture().entropies(Pool(np.arange(2), np.ones(2), {"source": Groups.of(["a", "b"])}))
