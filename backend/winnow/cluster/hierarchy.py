"""The upper level: clusters gathered into a few groups by Ward's criterion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MOST_GROUPS = 12


def default_groups(k: int) -> int:
    """Return how many groups suit k clusters: √k within [2, 12]; three clusters or fewer stay as they are.

    >>> [default_groups(k) for k in (0, 1, 3, 4, 56, 155, 500)]
    [0, 1, 3, 2, 7, 12, 12]
    """
    return k if k <= 3 else int(np.clip(round(k**0.5), 2, MOST_GROUPS))


def group(centres: NDArray[np.float32], sizes: NDArray[np.integer], groups: int | None = None) -> NDArray[np.int32]:
    """Return the group of each cluster, int32 [k], the group with most documents first.

    Merges, until `groups` are left, the pair whose union adds least to the sum of squares:
    Δ(a, b) = w_a · w_b / (w_a + w_b) · |c_a − c_b|², with w the number of documents (Ward 1963, weighted).
    """
    k = len(centres)
    wanted = default_groups(k) if groups is None else max(1, min(groups, k))
    centre = centres.astype(np.float64)
    weight = np.maximum(sizes, 1).astype(np.float64)
    member = np.arange(k)
    cost = _costs(centre, weight, np.arange(k))
    for _ in range(k - wanted):
        low, high = sorted(divmod(int(cost.argmin()), k))
        total = weight[low] + weight[high]
        centre[low] = (weight[low] * centre[low] + weight[high] * centre[high]) / total
        weight[low] = total
        member[member == high] = low
        cost[high, :] = cost[:, high] = np.inf
        alive = np.unique(member)
        fresh = _costs(centre, weight, alive, low)
        cost[low, alive] = cost[alive, low] = fresh
    return _by_size(member, sizes)


def _costs(
    centre: NDArray[np.float64], weight: NDArray[np.float64], alive: NDArray[np.int64], row: int | None = None
) -> NDArray[np.float64]:
    """Return the cost of merging every pair, or one row with each of those alive; infinite with itself."""
    rows = alive if row is None else np.array([row])
    squares = (centre**2).sum(axis=1)
    apart = squares[rows, None] + squares[None, alive] - 2 * centre[rows] @ centre[alive].T
    cost = weight[rows, None] * weight[None, alive] / (weight[rows, None] + weight[None, alive]) * np.maximum(apart, 0)
    cost[rows[:, None] == alive[None, :]] = np.inf
    found: NDArray[np.float64] = cost if row is None else cost[0]
    return found


def _by_size(member: NDArray[np.int64], sizes: NDArray[np.integer]) -> NDArray[np.int32]:
    names, label = np.unique(member, return_inverse=True)
    order = np.argsort(-np.bincount(label, weights=sizes, minlength=len(names)), kind="stable")
    place = np.empty(len(names), dtype=np.int32)
    place[order] = np.arange(len(names), dtype=np.int32)
    return place[label]
