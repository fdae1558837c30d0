from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from winnow.score.influence_beam import extreme_rows, value
from winnow.score.influence_fit import Fit


def fit_of(weights: np.ndarray, alpha: float = 1.0, tau: float = 1.0) -> Fit:
    return Fit(weights, 0.0, 1.0, alpha, tau, np.zeros(0))


def test_the_second_of_a_row_is_unlike_the_first() -> None:
    # The card's case with gains above 0: I = (1, .9, .5), the first two alike, the third at right angles to both.
    vectors = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
    influence = np.array([1.0, 0.9, 0.5])
    fit = fit_of(np.array([1.0, 0.5, 0.0]))
    # 1 + .9 · (1 - 1) = 1 with its like, 1 + .5 · (1 - 0) = 1.5 with the other.
    assert value(np.array([0, 1]), vectors, influence, fit) == pytest.approx(1.0)
    assert value(np.array([0, 2]), vectors, influence, fit) == pytest.approx(1.5)
    assert extreme_rows(vectors, fit, length=2, count=2)[0].tolist() == [0, 2]


def test_rows_begin_with_the_best_and_the_worst_and_not_with_the_first_in_the_file() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(12, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    fit = fit_of(np.array([1.0, -0.5, 0.2, 0.1]), alpha=0.8, tau=1.5)
    influence = fit.predict(vectors)
    best, second, worst, _ = extreme_rows(vectors, fit, length=3, count=4)
    order = np.argsort(-influence)
    assert (best[0], second[0], worst[0]) == (order[0], order[1], order[-1])
    assert len(set(best.tolist())) == 3
    # From its start, no other row is predicted to be better (a beam of five of eleven may miss; here it does not).
    others = [np.array([best[0], *rest]) for rest in permutations(set(range(12)) - {int(best[0])}, 2)]
    highest = max(value(row, vectors, influence, fit) for row in others)
    assert value(best, vectors, influence, fit) == pytest.approx(highest)
    assert value(worst, vectors, influence, fit) < 0 < value(best, vectors, influence, fit)


def test_too_few_documents_make_no_row() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert extreme_rows(vectors, fit_of(np.ones(3)), length=4, count=10).shape == (0, 4)
    assert extreme_rows(vectors, fit_of(np.ones(3)), length=2, count=1).shape == (0, 2)
    # Three documents are three starts at most, each way.
    assert len(extreme_rows(vectors, fit_of(np.ones(3)), length=2, count=100)) == 6
