"""Measures of selections against arithmetic by hand."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.compare.measures import (
    chance_larger,
    divergence,
    effective_size,
    nearest_distance,
    overlaps,
    rank_correlation,
    vendi_score,
)  # fmt: skip


def test_overlaps_of_empty_sets() -> None:
    both, jaccard = overlaps(np.array([[False, False], [False, False], [True, False]]))
    assert both.tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert jaccard.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_effective_size() -> None:
    assert effective_size(np.ones(7)) == 7
    assert effective_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert effective_size(np.empty(0)) == 0


def test_divergence() -> None:
    # p = (4, 1) / 5, q = (1, 4) / 5 after 1 is added: Σ p ln(p / q) = 0.8 ln 4 - 0.2 ln 4
    assert divergence(np.array([3.0, 0.0]), np.array([0.0, 3.0])) == pytest.approx(0.6 * math.log(4))
    assert divergence(np.array([5.0, 2.0]), np.array([5.0, 2.0])) == 0
    assert divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 0.0) == math.inf


def test_distance_to_the_nearest() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert nearest_distance(vectors) == pytest.approx(1 / 3)  # 0, 0 and 1
    assert math.isnan(nearest_distance(vectors[:1]))
    many = np.eye(1100, dtype=np.float32)  # more than one block
    assert nearest_distance(many) == 1.0


def test_vendi() -> None:
    assert vendi_score(np.eye(5, dtype=np.float32)) == pytest.approx(5)
    assert vendi_score(np.tile(np.eye(1, 5, dtype=np.float32), (9, 1))) == pytest.approx(1)
    two_and_one = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)  # eigenvalues 2/3 and 1/3
    assert vendi_score(two_and_one) == pytest.approx(math.exp(-(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))))
    assert vendi_score(np.empty((0, 4), dtype=np.float32)) == 0


def test_length_bias() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert chance_larger(values, values > 2) == 1
    assert chance_larger(values, values < 3) == 0
    assert chance_larger(np.ones(4), values > 2) == 0.5
    assert math.isnan(chance_larger(values, values > 9))


def test_rank_correlation() -> None:
    values = np.array([1.0, 2.0, np.nan, 9.0])
    assert rank_correlation(values, values**3) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    assert math.isnan(rank_correlation(values, np.ones(4)))
    # ranks 1, 2, 3 against 1, 3, 2: 1 - 6 · 2 / (3 · 8)
    assert rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 9.0, 4.0])) == pytest.approx(0.5)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_bias_of_the_rest_mirrors(values: list[int], chance: Random) -> None:
    chosen = np.array([chance.random() < 0.5 for _ in values])
    array = np.array(values, dtype=np.float64)
    here, there = chance_larger(array, chosen), chance_larger(array, ~chosen)
    assert (math.isnan(here) and math.isnan(there)) or here + there == pytest.approx(1)
