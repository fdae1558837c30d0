"""Logistic regression with an L2 penalty, solved by Newton's method: small, exact, the same on every run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.pool import Floats

STEPS = 50
"""Newton's method ends long before; the bound is for safety."""


@dataclass(frozen=True, eq=False)
class Linear:
    """A score w · x + b, the log-odds that x is one of the first kind."""

    weights: Floats
    bias: float

    def __call__(self, vectors: NDArray[np.floating]) -> Floats:
        return np.asarray(vectors @ self.weights + self.bias, dtype=np.float64)


def fit(first: NDArray[np.floating], second: NDArray[np.floating], strength: float) -> Linear:
    """Fit the log-odds of the first kind against the second, both counting half whatever their numbers.

    Minimises Σ_i a_i ln(1 + exp(-y_i (w · x_i + b))) + |w|² / (2 strength), with a_i = (n1 + n2) / (2 n of its kind);
    the bias is not penalised. Both arrays are [n, d].
    """
    x = np.vstack([first, second]).astype(np.float64)
    x = np.hstack([x, np.ones((len(x), 1))])
    y = np.r_[np.ones(len(first)), np.zeros(len(second))]
    a = len(x) / 2 / np.where(y > 0, len(first), len(second))
    penalty = np.r_[np.full(x.shape[1] - 1, 1 / strength), 0.0]
    w = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = _sigmoid(x @ w)
        gradient = x.T @ (a * (p - y)) + penalty * w
        curve = (x.T * (a * p * (1 - p))) @ x + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, gradient)
        now, size = _loss(x, y, a, penalty, w), 1.0
        while size > 1e-6 and _loss(x, y, a, penalty, w - size * step) > now:
            size /= 2
        w = w - size * step
        if float(np.abs(size * step).max()) < 1e-8 or size <= 1e-6:
            break
    return Linear(w[:-1], float(w[-1]))


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(z / 2)))


def _loss(x: Floats, y: Floats, a: Floats, penalty: Floats, w: Floats) -> float:
    z = x @ w
    return float((a * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * (penalty * w * w).sum())
