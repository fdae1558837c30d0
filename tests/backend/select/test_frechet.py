"""Fréchet distance: Gaussians by hand, running sums, invariances."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from scipy.linalg import sqrtm

from winnow.select import frechet as module
from winnow.select.frechet import Moments, distances, principal, square_root


def cloud(mean: list[float], covariance: list[list[float]]) -> Moments:
    m, s = np.array(mean), np.array(covariance)
    return Moments(np.array([1.0]), m[None], (s + np.outer(m, m))[None])


def between(first: Moments, second: Moments) -> float:
    mean, covariance = second.gaussian()
    return float(distances(first, mean, square_root(covariance))[0])


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # (0 - 1)^2 + 1 + 1 - 2 · 1 = 1
        (cloud([0], [[1]]), cloud([1], [[1]]), 1.0),
        # 0 + 1 + 4 - 2 · sqrt(1 · 4) = 1
        (cloud([0], [[1]]), cloud([0], [[4]]), 1.0),
        (cloud([2], [[3]]), cloud([2], [[3]]), 0.0),
        # a single point has no covariance: (0 - 2)^2 + 0 + 9 - 0 = 13
        (cloud([0], [[0]]), cloud([2], [[9]]), 13.0),
        # independent directions add: 1 + (1 + 4 - 4) = 2
        (cloud([0, 0], [[1, 0], [0, 1]]), cloud([1, 0], [[1, 0], [0, 4]]), 2.0),
    ],
)
def test_distances_of_gaussians_by_hand(first: Moments, second: Moments, expected: float) -> None:
    assert between(first, second) == pytest.approx(expected, abs=1e-9)
    assert between(second, first) == pytest.approx(expected, abs=1e-9)


def test_it_is_the_formula_with_the_root_of_the_product_and_moving_or_turning_both_changes_nothing() -> None:
    chance = np.random.default_rng(0)
    a, b = chance.normal(size=(50, 4)), 2 + chance.normal(size=(60, 4)) @ chance.normal(size=(4, 4))
    s1, s2 = np.cov(a.T, bias=True), np.cov(b.T, bias=True)
    gap = a.mean(axis=0) - b.mean(axis=0)
    expected = gap @ gap + np.trace(s1 + s2 - 2 * sqrtm(s1 @ s2).real)
    assert between(Moments.of([a]), Moments.of([b])) == pytest.approx(expected)
    turn = np.linalg.qr(chance.normal(size=(4, 4)))[0]
    turned = [Moments.of([part @ turn + 7]) for part in (a, b)]
    assert between(*turned) == pytest.approx(expected)


def test_running_sums_are_those_of_the_joined_clouds() -> None:
    chance = np.random.default_rng(1)
    parts = [chance.normal(size=(k, 3)) for k in (5, 1, 7)]
    running = Moments.stacked([Moments.of([part[:2], part[2:]]) for part in parts]).running(np.array([2, 0, 1]))
    means, covariances = running.gaussians(slice(None))
    joined = np.vstack([parts[2], parts[0], parts[1]])
    for k, n in enumerate((7, 12, 13)):
        np.testing.assert_allclose(means[k], joined[:n].mean(axis=0))
        np.testing.assert_allclose(covariances[k], np.cov(joined[:n].T, bias=True))


def test_fewer_points_than_dimensions_need_nothing_added() -> None:
    # trap: a covariance of 3 points in 10 dimensions is singular, and the root of the product may turn out complex
    chance = np.random.default_rng(2)
    few, many = chance.normal(size=(3, 10)), chance.normal(size=(500, 10))
    assert np.isfinite(between(Moments.of([few]), Moments.of([many])))
    assert between(Moments.of([few]), Moments.of([few])) == pytest.approx(0, abs=1e-9)


def test_principal_directions_hold_what_tells_pool_from_target() -> None:
    # both vary along axis 0, and they differ along axis 1: these two stay, axis 2 goes
    chance = np.random.default_rng(3)
    target = (chance.normal(size=(200, 3)) * [3, 0.1, 0.1] + [0, 2, 0]).astype(np.float32)
    pool = (chance.normal(size=(200, 3)) * [3, 0.1, 0.1] - [0, 2, 0]).astype(np.float32)
    basis = principal(target, pool, 2)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-5)
    assert np.abs(basis[2]).max() < 0.05
    assert principal(target, pool, 3).tolist() == np.eye(3).tolist()
