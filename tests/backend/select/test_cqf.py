"""CQF: the card's Gaussian oracle, and that it is no matching."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from winnow.pool import Budget, Pool, Target
from winnow.select.base import Draw
from winnow.select.cqf import CqfSelect
from winnow.select.logistic import fit


def on_circle(x: np.ndarray) -> np.ndarray:
    """Return unit vectors at the angle x / 10: for small angles sin is nearly linear, so the second number tells x."""
    return np.stack([np.cos(x / 10), np.sin(x / 10)], axis=1)


def gaussian(n: int = 20_000, m: int = 5_000) -> tuple[Pool, np.ndarray]:
    chance = np.random.default_rng(0)
    x, aim = chance.normal(size=n), chance.normal(1, 1, size=m)
    target = Target("aim", ("text",) * m, {"static": on_circle(aim).astype(np.float32)})
    return Pool(np.arange(n), np.ones(n), vectors={"static": on_circle(x)}, target=target), x


@pytest.mark.parametrize(
    ("share", "cut", "mean", "pass_"),
    [(0.5, 0.0, 0.7979, 0.841), (0.1, 1.2816, 1.7550, 0.389), (0.01, 2.3263, 2.6652, 0.092)],
)
def test_the_gaussian_oracle(share: float, cut: float, mean: float, pass_: float) -> None:
    # pool N(0, 1), target N(1, 1): r = exp(x - 1/2) rises with x, so the top k are the x above z = cut;
    # their mean is phi(z) / k, and P(N(1, 1) > z) of the target would pass. At 10 % the mean 1.755 overshoots 1.
    pool, x = gaussian()
    method, budget = CqfSelect(), Budget(docs=int(share * len(pool)))
    chosen = method.select(pool, budget).rows
    assert x[chosen].min() == pytest.approx(cut, abs=0.12)
    assert x[chosen].mean() == pytest.approx(mean, abs=0.12)
    assert 1 - method.self_filter(pool, budget).rejected == pytest.approx(pass_, abs=0.04)


def test_the_whole_budget_keeps_everything() -> None:
    pool, _ = gaussian(50, 20)
    assert sorted(CqfSelect().select(pool, Budget(share=1.0)).rows.tolist()) == list(range(50))


def test_swapped_kinds_turn_the_log_odds_round() -> None:
    # s becomes 1 - s, so the log-odds change their sign
    chance = np.random.default_rng(0)
    first, second = chance.normal(size=(40, 3)), chance.normal(1, 1, size=(90, 3))
    there, back = fit(first, second, 1.0), fit(second, first, 1.0)
    np.testing.assert_allclose(there(first), -back(first), atol=1e-6)


def test_the_fit_of_two_points() -> None:
    # x = 1 against x = -1, strength 1: b = 0 and w solves w = 2 (1 - sigmoid(w)), so w = .7671 (2 / (1 + e^.7671) = .7670)
    found = fit(np.array([[1.0]]), np.array([[-1.0]]), 1.0)
    assert found.bias == pytest.approx(0, abs=1e-8)
    assert found.weights[0] == pytest.approx(2 / (1 + np.exp(found.weights[0])), abs=1e-6)


def test_a_constant_feature_changes_no_rank() -> None:
    chance = np.random.default_rng(0)
    first, second = chance.normal(size=(40, 3)), chance.normal(1, 1, size=(90, 3))
    longer = [np.hstack([part, np.full((len(part), 1), 0.5)]) for part in (first, second)]
    np.testing.assert_array_equal(np.argsort(fit(first, second, 1.0)(second)), np.argsort(fit(*longer, 1.0)(longer[1])))


def test_few_target_texts_and_a_pool_of_one_are_classified_too() -> None:
    pool, _ = gaussian(200, 2)
    assert len(CqfSelect().select(pool, Budget(docs=5))) == 5
    assert len(CqfSelect().select(pool.take(np.array([3])), Budget(docs=5))) == 1


def test_negatives_belong_to_documents_and_not_to_places() -> None:
    pool, _ = gaussian(500, 30)
    method = dataclasses.replace(CqfSelect(), negatives=60)
    turned = pool.take(np.random.default_rng(1).permutation(500))
    first, second = method.rank(pool, Draw(pool, 0)), method.rank(turned, Draw(turned, 0))
    np.testing.assert_array_equal(first[turned.doc_ids], second)


def test_the_length_of_a_vector_is_no_cue() -> None:
    # trap: a classifier that can see how long a text is learns that; sums of word vectors grow with it
    pool, _ = gaussian(300, 30)
    stretch = np.random.default_rng(1).uniform(1, 50, size=(300, 1))
    longer = dataclasses.replace(pool, vectors={"static": pool.vectors["static"] * stretch})
    ranks = [CqfSelect().select(p, Budget(docs=100)).rows.tolist() for p in (pool, longer)]
    assert set(ranks[0]) == set(ranks[1])
