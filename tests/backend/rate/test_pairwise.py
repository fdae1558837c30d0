"""QuRating with and without length, and columns that vote."""

from __future__ import annotations

import numpy as np
import pytest

from winnow.errors import MissingNeed, SettingError
from winnow.rate.base import Documents
from winnow.rate.evidence import Pairs
from winnow.rate.pairwise import MuRating, QuRating

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def same_numbers_whatever_ran_before() -> None:
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


def test_all_columns_agreed_keep_their_order() -> None:
    values = RNG.normal(size=50)
    rater = MuRating(columns=("a", "b", "-c"), pairs=500)
    found = rater.weigh({"a": values, "b": 3 * values + 1, "c": -values}, 0)
    assert isinstance(found, Pairs)
    np.testing.assert_array_equal(found.share, (values[found.second] > values[found.first]).astype(float))


def test_one_column_of_three_does_not_outvote_the_others() -> None:
    values = RNG.normal(size=50)
    found = MuRating(columns=("a", "b", "c"), pairs=500).weigh({"a": values, "b": values, "c": -values}, 0)
    assert isinstance(found, Pairs)
    assert set(np.round(found.share, 6)) == {round(1 / 3, 6), round(2 / 3, 6)}
    np.testing.assert_array_equal(found.share > 0.5, values[found.second] > values[found.first])


def test_documents_without_a_value_do_not_vote() -> None:
    values = np.r_[np.full(40, np.nan), np.arange(10.0)]
    found = MuRating(columns=("a", "b"), pairs=200).weigh({"a": values, "b": values}, 0)
    assert isinstance(found, Pairs)
    assert min(found.first.min(), found.second.min()) >= 40
    with pytest.raises(MissingNeed, match="every column"):
        MuRating(columns=("a", "b")).weigh({"a": np.full(9, np.nan), "b": np.ones(9)}, 0)


def test_one_column_is_no_merger() -> None:
    with pytest.raises(SettingError, match="two columns"):
        MuRating(columns=("a",)).reads()


def documents() -> Documents:
    texts = ["x" * int(size) for size in RNG.integers(1, 5000, 150)]
    return Documents(texts, RNG.normal(size=(150, 6)).astype(np.float32))


def pairs(given: Documents, taste: float) -> Pairs:
    """Judge by a hidden direction times `taste` and by ln length."""
    first, second = RNG.integers(150, size=(2, 900))
    first, second = first[first != second], second[first != second]
    merit = taste * given.vectors[:, 0] + np.log1p(given.chars)
    return Pairs(first, second, (merit[second] > merit[first]).astype(float), 150)


def test_length_as_a_feature_never_does_worse_than_length_alone() -> None:
    given = documents()
    judged = pairs(given, 0.8)
    (with_length,) = QuRating().fit(given, {"": judged}, seed=0).outputs
    (without,) = QuRating(length=False).fit(given, {"": judged}, seed=0).outputs
    assert with_length["quality"]["value"] > with_length["trivial"]["value"] > without["quality"]["value"]
    assert with_length["beats_trivial"]
    assert not without["beats_trivial"]


def test_length_reaches_the_corpus_as_it_was_fitted() -> None:
    given = documents()
    head = QuRating().fit(given, {"": pairs(given, 0.0)}, seed=0).head
    # Judged by length alone: the rating of a text grows with ln(1 + characters), whatever its vector.
    assert head.reads_length
    z = head.scores(np.zeros((3, 6), dtype=np.float32), np.array([9, 99, 999]))[:, 0]
    assert z[1] - z[0] == pytest.approx(float(np.log(10) * head.length[0]), rel=1e-5)
    assert z[0] < z[1] < z[2]
    assert np.corrcoef(head.scores(given.vectors, given.chars)[:, 0], np.log1p(given.chars))[0, 1] > 0.9


def test_ratings_have_mean_nought() -> None:
    given = documents()
    head = QuRating().fit(given, {"": pairs(given, 1.0)}, seed=0).head
    assert head.scores(given.vectors, given.chars).mean() == pytest.approx(0, abs=1e-4)


def test_every_criterion_is_a_column() -> None:
    given = documents()
    evidence = {"writing_style": pairs(given, 1.0), "gentle_humour": pairs(given, 2.0)}
    head = QuRating(criteria=tuple(evidence)).fit(given, evidence, seed=0).head
    assert list(head.columns("mine")) == ["mine_writing_style", "mine_gentle_humour"]
