"""Smoothed optimal transport: marginals, the exact cost on a line, potentials at other points."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from winnow.select.transport import carry, chords


def test_cost_comes_near_the_exact_one() -> None:
    chance = np.random.default_rng(0)
    costs = np.abs(chance.normal(size=(40, 1)) - chance.normal(size=40)).astype(np.float32)
    rows, columns = linear_sum_assignment(costs)
    exact = costs[rows, columns].mean()
    assert exact <= carry(costs, 0.01).cost <= exact + 0.03
    # the blurrier, the dearer
    assert carry(costs, 0.01).cost < carry(costs, 0.1).cost < carry(costs, 1.0).cost <= costs.mean()


def test_masses_are_balanced() -> None:
    costs = np.random.default_rng(1).random((30, 20)).astype(np.float32)
    plan = carry(costs, 0.05)
    carried = np.exp((plan.f[:, None] + plan.h - costs) / plan.epsilon) / 600
    np.testing.assert_allclose(carried.sum(axis=1), 1 / 30, rtol=1e-3)
    np.testing.assert_allclose(carried.sum(axis=0), 1 / 20, rtol=1e-3)


def test_the_potential_at_a_point_of_the_cloud_is_the_point_s_own() -> None:
    costs = np.random.default_rng(2).random((30, 20)).astype(np.float32)
    plan = carry(costs, 0.05)
    np.testing.assert_allclose(plan.potential(costs.T), plan.f, atol=1e-3)


def test_points_that_are_all_the_same_cost_nothing() -> None:
    plan = carry(np.zeros((3, 2), np.float32), 0.02)
    assert plan.cost == 0
    assert np.isfinite(plan.f).all()


def test_one_far_point_among_near_ones_does_not_leave_the_range_of_numbers() -> None:
    costs = np.full((50, 50), 1e-4, np.float32)
    costs[0] = 2.0
    assert np.isfinite(carry(costs, 0.005).f).all()


def test_chords_by_hand() -> None:
    # cos 60 = 1/2: sqrt(2 - 1) = 1; opposite points are 2 apart; rounding above 1 is no error
    assert chords(np.array([0.5, -1, 1, 1.0000001], np.float32)).tolist() == pytest.approx([1, 2, 0, 0])
