"""Set algebra of selections: which documents two or more have together, in common or for themselves, and how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from winnow.errors import SettingError, nearest
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, ordered

Weighted = tuple[Rows, Floats]
"""doc_ids, each once, and weights: how often each is seen."""

WEIGHTS = ("max", "sum")
"""How often the union sees a document: as often as the selection that sees it most, or as all of them together."""


def union(parts: Sequence[Weighted], weights: str = "max") -> Weighted:
    """Return every document of any selection, by doc_id: w(d) = max_i w_i(d), or Σ_i w_i(d) with "sum".

    >>> a, b = (np.array([3, 1]), np.array([2.0, 1.0])), (np.array([1]), np.array([1.0]))
    >>> [part.tolist() for part in union([a, b])], union([a, b], "sum")[1].tolist()
    ([[1, 3], [1.0, 2.0]], [2.0, 2.0])
    """
    if weights not in WEIGHTS:
        raise SettingError("a union's weights are max or sum", f"found '{weights}'", nearest(weights, WEIGHTS))
    ids, values, starts, _ = _grouped(parts)
    return ids, np.asarray((np.add if weights == "sum" else np.maximum).reduceat(values, starts)) if len(
        ids
    ) else values


def intersection(parts: Sequence[Weighted]) -> Weighted:
    """Return the documents that every selection has, by doc_id: w(d) = min_i w_i(d)."""
    ids, values, starts, counts = _grouped(parts)
    least = np.minimum.reduceat(values, starts) if len(ids) else values
    common = counts == len(parts)
    return ids[common], least[common]


def difference(parts: Sequence[Weighted]) -> Weighted:
    """Return the documents of the first selection that no other has, by doc_id, with the first's weights."""
    ids, values = parts[0]
    others = np.concatenate([other for other, _ in parts[1:]]) if len(parts) > 1 else np.empty(0, dtype=np.int64)
    left = np.flatnonzero(~np.isin(ids, others))
    left = left[np.argsort(ids[left], kind="stable")]
    return ids[left], values[left]


@dataclass(frozen=True)
class Operation:
    """A way to combine selections: how it is computed, the fewest that it takes, and a sentence for people."""

    combine: Callable[[Sequence[Weighted], str], Weighted]
    sentence: str
    fewest: int = 2


OPERATIONS = {
    "union": Operation(union, "Every document of any of them."),
    "intersect": Operation(lambda parts, _: intersection(parts), "The documents that all of them have."),
    "subtract": Operation(lambda parts, _: difference(parts), "The documents of the first that no other has."),
}
"""What selections can be combined by; the weights rule matters to the union alone."""


def combined(operation: str, parts: Sequence[Weighted], weights: str = "max") -> Weighted:
    """Return the documents of an operation by its name; raises SettingError."""
    if operation not in OPERATIONS:
        raise SettingError(f"no operation is called '{operation}'", "", nearest(operation, OPERATIONS))
    if len(parts) < OPERATIONS[operation].fewest:
        raise SettingError(f"{operation} takes two selections or more", f"{len(parts)} was given", "name another")
    return OPERATIONS[operation].combine(parts, weights)


def capped(
    pool: Pool, weights: Floats, budget: Budget, *, column: str = "", lowest: bool = False, seed: int = 0
) -> Selection:
    """Cut a pool to a budget: the highest values of a column first, or at random without one.

    A document costs its budget cost times its weight, so that the budget counts every copy, and a share is one of all
    copies. The last one taken is the one that reaches the amount. Documents without a value are never taken; ties fall
    by hash(seed, doc_id), so that a smaller budget takes a part of what a larger one takes.
    """
    draw = Draw(pool, seed)
    keys = pool.number(column) * (1.0 if lowest else -1.0) if column else draw.uniform("cap")
    rows = np.flatnonzero(~np.isnan(keys))
    order = rows[ordered(keys[rows], draw.order("ties")[rows])]
    costs = (budget.costs(pool) * weights)[order]
    everything = float((pool.tokens * weights).sum())
    amount = budget.amount(pool) if budget.share is None else round(budget.share * everything, 6)
    taken = order[: min(int(np.searchsorted(np.cumsum(costs), amount, side="left")) + 1, len(order))]
    return Selection(taken, weights[taken])


def _grouped(parts: Sequence[Weighted]) -> tuple[Rows, Floats, Rows, Rows]:
    """Return distinct ids in rising order, all weights by id, where each id's weights start, and how many it has."""
    ids = np.concatenate([ids for ids, _ in parts])
    values = np.concatenate([weights for _, weights in parts]).astype(np.float64)
    order = np.argsort(ids, kind="stable")
    distinct, starts, counts = np.unique(ids[order], return_index=True, return_counts=True)
    return distinct, values[order], starts, counts
