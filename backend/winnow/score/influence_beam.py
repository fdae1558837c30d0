"""Rows of documents that a fitted influence predicts to help most and least, to be probed next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from winnow.pool import Floats, Rows
from winnow.score.influence_fit import Fit

WIDTH = 5
"""Rows that are followed from each start, as in the paper."""


def extreme_rows(vectors: NDArray[np.float32], fit: Fit, *, length: int, count: int) -> Rows:
    """Return rows of `length` distinct documents, int64 [at most count, length]: half predicted best, half worst.

    The value of a row is I(x_1) + sum over t > 1 of α · I(x_t) · mean over j < t of (1 - h_t · h_j / τ). Rows begin with the
    documents of the largest (and the smallest) I, each start is followed by a beam of `WIDTH`, and its best row is kept.
    The released search multiplies the first document by relations that are still zero, and so begins with whatever stands
    first in the file. Fewer documents than `length` give no row.
    """
    influence = fit.predict(vectors)
    if len(vectors) < length or count < 2:
        return np.empty((0, length), dtype=np.int64)
    order = np.argsort(-influence, kind="stable")
    starts = min(count // 2, len(order))
    best = [_beam(vectors, influence, fit, int(row), length) for row in order[:starts]]
    worst = [_beam(vectors, influence, fit, int(row), length, sign=-1.0) for row in order[::-1][:starts]]
    return np.array([*best, *worst], dtype=np.int64)


def value(row: Rows, vectors: NDArray[np.float32], influence: Floats, fit: Fit) -> float:
    """Return the predicted change by a whole row."""
    cosines = vectors[row].astype(np.float64) @ vectors[row].astype(np.float64).T
    factors = [1.0] + [fit.alpha * float(1 - cosines[t, :t].mean() / fit.tau) for t in range(1, len(row))]
    return float(influence[row] @ factors)


def _beam(
    vectors: NDArray[np.float32], influence: Floats, fit: Fit, start: int, length: int, *, sign: float = 1.0
) -> list[int]:
    """Return the row from a start with the largest value, or the smallest with sign -1."""
    rows, values = np.array([[start]], dtype=np.int64), np.array([sign * influence[start]])
    for _ in range(length - 1):
        means = vectors[rows].mean(axis=1, dtype=np.float64)
        gains = sign * fit.alpha * influence * (1 - means @ vectors.T.astype(np.float64) / fit.tau)
        np.put_along_axis(gains, rows, -np.inf, axis=1)
        whole = (values[:, None] + gains).ravel()
        kept = np.argsort(-whole, kind="stable")[: min(WIDTH, int(np.isfinite(whole).sum()))]
        beams, taken = np.divmod(kept, len(vectors))
        rows, values = np.concatenate([rows[beams], taken[:, None]], axis=1), whole[kept]
    return [int(one) for one in rows[0]]
