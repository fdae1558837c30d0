"""Measures of selections as functions of arrays: each is one formula."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from winnow.pool import Floats, Rows

Mask = NDArray[np.bool_]
BLOCK = 512


def overlaps(masks: NDArray[np.bool_]) -> tuple[Rows, Floats]:
    """Return |A ∩ B| and Jaccard |A ∩ B| / |A ∪ B| of each two rows of [k, n]; two empty sets have Jaccard 1.

    >>> both, jaccard = overlaps(np.array([[True, True, False], [False, True, True]]))
    >>> both.tolist(), [round(x, 3) for x in jaccard[0].tolist()]
    ([[2, 1], [1, 2]], [1.0, 0.333])
    """
    both = np.array([[int((one & other).sum()) for other in masks] for one in masks], dtype=np.int64)
    sizes = np.diag(both)
    either = sizes[:, None] + sizes[None, :] - both
    return both, np.where(either > 0, both / np.maximum(either, 1), 1.0)


def effective_size(weights: Floats) -> float:
    """Return (Σ w)² / Σ w²: how many documents seen once would be as varied; 0 for none (Kish 1965).

    >>> effective_size(np.array([3.0, 1.0]))  # 16 / 10
    1.6
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def divergence(target: Floats, found: Floats, smoothing: float = 1.0) -> float:
    """Return KL(p ‖ q) = Σ p ln(p / q) in nats, p from the target's counts and q from the others, both smoothed.

    p_b = (count_b + smoothing) / Σ_b (count_b + smoothing), and q the same.

    >>> round(divergence(np.array([3.0, 1.0]), np.array([1.0, 3.0]), 0.0), 4)  # (3/4 - 1/4) ln 3
    0.5493
    """
    p, q = target + smoothing, found + smoothing
    p, q = p / p.sum(), q / q.sum()
    some = p > 0
    with np.errstate(divide="ignore"):
        return float(np.sum(p[some] * (np.log(p[some]) - np.log(q[some]))))


def nearest_distance(vectors: NDArray[np.float32]) -> float:
    """Return the mean of 1 - cos to the nearest other vector, of unit vectors [n, d]; NaN for fewer than two."""
    if len(vectors) < 2:
        return float("nan")
    highest = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), BLOCK):
        cosines = vectors[start : start + BLOCK] @ vectors.T
        cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = -np.inf
        highest[start : start + BLOCK] = cosines.max(axis=1)
    return float(np.mean(1.0 - highest, dtype=np.float64))


def vendi_score(vectors: NDArray[np.float32]) -> float:
    """Return exp(-Σ λ ln λ) of the eigenvalues λ of K / n, K the cosines of unit vectors [n, d]: 1 for n copies of one,
    n for n at right angles. X Xᵀ / n and Xᵀ X / n share their eigenvalues above 0, and the smaller one is solved.

    It grows with n and is at most d, so only samples of one size compare. Source: arXiv 2210.02410.
    """
    if not len(vectors):
        return 0.0
    x = vectors.astype(np.float64) / np.sqrt(len(vectors))
    eigenvalues = np.linalg.eigvalsh(x @ x.T if len(x) <= x.shape[1] else x.T @ x)
    some = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-np.sum(some * np.log(some))))


def chance_larger(values: Floats, chosen: Mask) -> float:
    """Return the chance that a chosen document's value is above that of one not chosen, ties half: 0.5 is no bias.

    The area under the curve (Mann-Whitney U / (n m)), from average ranks; NaN when all or none are chosen.

    >>> chance_larger(np.array([1.0, 2.0, 3.0, 3.0]), np.array([False, False, True, False]))  # (1 + 1 + ½) / 3
    0.8333333333333334
    """
    return chance_higher(rankdata(values), chosen)


def chance_higher(ranks: Floats, chosen: Mask) -> float:
    """Return `chance_larger` from average ranks, for several choices over the same values."""
    n, m = int(chosen.sum()), int((~chosen).sum())
    if not n or not m:
        return float("nan")
    return float((ranks[chosen].sum() - n * (n + 1) / 2) / (n * m))


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rho over places where both are known; NaN when either is constant or fewer than two are."""
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < 2:
        return float("nan")
    one, other = rankdata(first[known]), rankdata(second[known])
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / size if size > 0 else float("nan")
