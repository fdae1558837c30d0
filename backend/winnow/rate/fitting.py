"""Fitting a linear head: closed for numbers, L-BFGS on the principal axes for the rest; sparse n-grams too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.optimize import minimize

from winnow.rate.evidence import Evidence, Floats
from winnow.rate.objectives import Numbers, Objective

STEPS, SPARSE_STEPS = 200, 25
"""On principal axes L-BFGS ends long before; thousands of sparse weights are stopped early, as fastText's few epochs do."""


RARE = 3
"""A sparse feature of fewer documents is left out."""


@dataclass(frozen=True, eq=False)
class Linear:
    """Scores z = x w + b: w is float64 [d, k], b [k]."""

    weights: Floats
    bias: Floats

    def __call__(self, x: Any) -> Floats:
        return np.asarray(x @ self.weights + self.bias, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Axes:
    """Documents turned to their principal axes, where a fit takes a fraction of the steps and finds the same head.

    A rotation about the mean changes neither |w| nor, with a free bias, the scores. Of sparse features those that
    stand in three documents or more are kept, and get weights; the others say nothing about further documents.
    """

    x: Any
    centre: Floats
    turn: Floats | None = None
    kept: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, features: Any) -> Axes:
        if hasattr(features, "tocsr"):
            kept = np.flatnonzero(np.bincount(features.indices, minlength=features.shape[1]) >= RARE)
            return cls(features[:, kept], np.zeros(features.shape[1]), kept=kept)
        wide = np.asarray(features, dtype=np.float64)
        centre = wide.mean(axis=0) if len(wide) else np.zeros(wide.shape[1])
        wide = wide - centre
        turn = eigh(wide.T @ wide)[1]
        return cls(wide @ turn, centre, turn)

    def back(self, head: Linear) -> Linear:
        """Return the head for the features as they were given."""
        if self.turn is None:
            spread = np.zeros((len(self.centre), head.weights.shape[1]))
            spread[self.kept] = head.weights
            return Linear(spread, head.bias)
        weights = self.turn @ head.weights
        return Linear(weights, head.bias - self.centre @ weights)


def fit(x: Any, evidence: Evidence, objective: Objective, penalty: float, start: Linear | None = None) -> Linear:
    """Minimise the objective's loss + penalty |w|² / 2; the bias is not penalised.

    x is [n, d], an array or a sparse matrix; `start` is where the search begins, which changes its time alone.
    """
    known = evidence.known()
    if isinstance(objective, Numbers) and not hasattr(x, "tocsr"):
        return _ridge(x[known], objective.targets(evidence)[known], penalty)
    if not len(evidence):
        return Linear(np.zeros((x.shape[1], objective.width)), np.zeros(objective.width))
    rows, narrowed = x[known], evidence.narrowed(known)
    squares = rows.multiply(rows).sum(axis=0) if hasattr(rows, "tocsr") else np.einsum("ij,ij->j", rows, rows)
    # The curvature of a logistic loss is at most a quarter of the squares: this makes the search nearly round.
    scale = np.append(1 / np.sqrt(np.asarray(squares).ravel() / 4 + penalty), 1 / np.sqrt(len(narrowed) / 4))[:, None]
    first = np.zeros((x.shape[1] + 1, objective.width))
    if start is not None:
        first = np.vstack([start.weights, start.bias]) / scale
    turned = rows.T.tocsr() if hasattr(rows, "tocsr") else rows.T

    def value(flat: Floats) -> tuple[float, Floats]:
        w = flat.reshape(first.shape) * scale
        loss, slope = objective.loss(np.asarray(rows @ w[:-1] + w[-1]), narrowed)
        down = np.vstack([turned @ slope + penalty * w[:-1], objective.intercept * slope.sum(axis=0)])
        return loss + penalty / 2 * float((w[:-1] ** 2).sum()), (down * scale).ravel()

    told: Any = {"maxiter": SPARSE_STEPS if hasattr(x, "tocsr") else STEPS, "ftol": 1e-8, "gtol": 1e-4}
    ended = minimize(value, first.ravel(), jac=True, method="L-BFGS-B", options=told)
    found = ended.x.reshape(first.shape) * scale
    return Linear(found[:-1], found[-1])


def _ridge(rows: Floats, y: Floats, penalty: float) -> Linear:
    """Solve (X'X + penalty I) w = X'y on centred values; the smaller of the two systems when there are few rows."""
    if not len(y):
        return Linear(np.zeros((rows.shape[1], 1)), np.zeros(1))
    centre, mean = rows.mean(axis=0), float(y.mean())
    rows = rows - centre
    if len(rows) < rows.shape[1]:
        w = rows.T @ cho_solve(cho_factor(rows @ rows.T + penalty * np.eye(len(rows))), y - mean)
    else:
        w = cho_solve(cho_factor(rows.T @ rows + penalty * np.eye(rows.shape[1])), rows.T @ (y - mean))
    return Linear(w[:, None], np.array([mean - float(centre @ w)]))
