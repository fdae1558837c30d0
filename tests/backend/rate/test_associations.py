"""Words that go with a score."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.rate.associations import associations, length_correlation

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def same_numbers_whatever_ran_before() -> None:
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def test_words_of_high_and_low_documents() -> None:
    common = ["stone", "water", "field", "house"]
    texts = [" ".join(RNG.choice(common, 6)) + (" lesson" if row % 2 else " coupon") for row in range(100)]
    up, down = associations(texts, RNG.normal(size=100) + 5 * (np.arange(100) % 2))
    assert up[0].ngram == "lesson"
    assert down[0].ngram == "coupon"
    assert (up[0].documents, down[0].documents) == (50, 50)
    assert up[0].z > 4 > -4 > down[0].z


def test_length_alone_makes_no_word_stand_out() -> None:
    words = [f"word{number}" for number in range(40)]
    texts = [" ".join(RNG.choice(words, size)) for size in RNG.integers(5, 400, 300)]
    up, _ = associations(texts, np.array([float(len(text)) for text in texts]))
    # A score that is length itself: after the line is taken away, what is left is noise about 40 words.
    assert all(found.z < 6 for found in up)


def test_a_pair_that_says_no_more_than_its_word_is_left_out() -> None:
    texts = ["open the old gate" if row % 2 else f"nothing {row}" for row in range(60)]
    up, _ = associations(texts, (np.arange(60) % 2).astype(float) + RNG.normal(size=60) / 100)
    words = [word for found in up for word in found.ngram.split()]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("texts", [[], ["a"] * 3, [""] * 50, [f"{n}" for n in range(50)]])
def test_nothing_to_find_is_nothing_found(texts: list[str]) -> None:
    assert associations(texts, np.arange(float(len(texts)))) == ([], [])


def test_correlation_with_length() -> None:
    assert length_correlation(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 90.0])) == pytest.approx(1)
    assert np.isnan(length_correlation(np.ones(5), np.arange(5.0)))
