"""The solvers against scikit-learn, and the turn to principal axes against none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression, Ridge

from winnow.rate.evidence import Pairs, Values
from winnow.rate.fitting import Axes, fit
from winnow.rate.objectives import Names, Numbers, Preference, YesNo

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def same_numbers_whatever_ran_before() -> None:
    RNG.bit_generator.state = np.random.default_rng(0).bit_generator.state


X = RNG.normal(size=(150, 12)) + 2
Y = (X[:, 0] + RNG.normal(size=150) > 2).astype(float)


def test_yes_or_no_is_logistic_regression() -> None:
    expected = LogisticRegression(C=1 / 3.0, tol=1e-10, max_iter=5000).fit(X, Y)
    found = fit(X, Values(Y), YesNo(), 3.0)
    assert found.weights[:, 0] == pytest.approx(expected.coef_[0], abs=2e-3)
    assert found.bias[0] == pytest.approx(expected.intercept_[0], abs=1e-2)


@pytest.mark.parametrize("rows", [150, 8])
def test_numbers_are_ridge_regression(rows: int) -> None:
    y = X @ RNG.normal(size=12) + 5
    values = np.where(np.arange(150) < rows, y, np.nan)
    expected = Ridge(alpha=2.0).fit(X[:rows], y[:rows])
    found = fit(X, Values(values), Numbers(), 2.0)
    assert found.weights[:, 0] == pytest.approx(expected.coef_)
    assert found.bias[0] == pytest.approx(expected.intercept_)


def test_pairs_are_logistic_regression_on_differences() -> None:
    first, second = RNG.integers(150, size=(2, 300))
    won = (X[second, 0] - X[first, 0] + RNG.normal(size=300) > 0).astype(float)
    expected = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10, max_iter=5000).fit(X[second] - X[first], won)
    found = fit(X, Pairs(first, second, won, 150), Preference(), 1.0)
    assert found.weights[:, 0] == pytest.approx(expected.coef_[0], abs=2e-3)


def test_names_are_told_apart() -> None:
    codes = np.digitize(X[:, 0], (1.5, 2.5)).astype(float)
    found = fit(X, Values(codes), Names(("low", "middle", "high")), 0.1)
    assert (found(X).argmax(axis=1) == codes).mean() > 0.9


@pytest.mark.parametrize("objective", [YesNo(), Numbers()], ids=repr)
def test_turning_the_axes_changes_no_score(objective: YesNo | Numbers) -> None:
    axes = Axes.of(X)
    turned = axes.back(fit(axes.x, Values(Y), objective, 1.0))
    assert turned(X) == pytest.approx(fit(X, Values(Y), objective, 1.0)(X), abs=1e-3)


def test_sparse_features_in_few_documents_get_no_weight() -> None:
    dense = (RNG.random((150, 30)) < 0.3).astype(float)
    dense[:, 7] = 0
    dense[:2, 7] = 1
    axes = Axes.of(csr_matrix(dense))
    head = axes.back(fit(axes.x, Values(Y), YesNo(), 1.0))
    assert head.weights.shape == (30, 1)
    assert head.weights[7, 0] == 0
    assert np.count_nonzero(head.weights) == 29
