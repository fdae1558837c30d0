"""Groups that fill side by side, each in its own order: what stratified, tiered and clustered methods share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from winnow.pool import MISSING, Budget, Floats, Hashes, Pool, Rows, Selection
from winnow.select.base import Copies, ordered


@dataclass(frozen=True, eq=False)
class Cells:
    """The groups of a column, or the crossings of several: document `row` is in the cell `names[codes[row]]`."""

    codes: Rows
    names: tuple[tuple[str, ...], ...]

    def sizes(self, costs: Rows | Floats) -> Floats:
        """Return the sum of the costs in each cell; whole numbers below 2^53 add up exactly in any order."""
        return np.asarray(np.bincount(self.codes, weights=costs, minlength=len(self.names)), dtype=np.float64)

    def shares(self, costs: Rows) -> Floats:
        """Return widths by which each cell gets its share of the pool; documents that cost nothing keep a place."""
        return np.maximum(self.sizes(costs), 1.0)


def cells(pool: Pool, *columns: str) -> Cells:
    """Cross columns of names; documents without a name are in "(none)". No column gives one cell."""
    codes = np.zeros(len(pool), dtype=np.int64)
    names: tuple[tuple[str, ...], ...] = ((),)
    for column in columns:
        groups = pool.group(column)
        own = np.where(groups.codes < 0, len(groups.names), groups.codes)
        found, codes = np.unique(codes * (len(groups.names) + 1) + own, return_inverse=True)
        pairs = (divmod(code, len(groups.names) + 1) for code in found.tolist())
        names = tuple((*names[before], (*groups.names, MISSING)[place]) for before, place in pairs)
    return Cells(codes.astype(np.int64), names)


@dataclass(frozen=True, eq=False)
class Layers:
    """Documents in groups that fill like vessels of the given widths under one level, the highest key of each first.

    A document stands at level (cost before it in its group + half its own cost) / width, and documents are taken from
    the lowest level upwards: an amount divides by width (Sainte-Laguë's apportionment for equal costs), what a small
    group cannot take goes to the others by width, no remainder is lost to rounding, and a smaller amount takes a part
    of what a larger one takes. Arrays [n] but `widths` [groups]; a key of -inf or NaN, or a width of 0, means never.
    """

    codes: Rows
    widths: Floats
    keys: Floats
    ties: Hashes
    costs: Rows

    def order(self) -> Rows:
        """Return the rows in the order in which they are taken."""
        return self._copies(1)[0]

    def pour(self, budget: Budget, amount: float, repeats: int = 1) -> Selection:
        """Take an amount of the budget; a used-up group is poured in again, up to `repeats` times, as weight."""
        rows, copies = self._copies(repeats)
        if repeats == 1:
            return Selection.once(rows[: budget.cut(self.costs[rows], amount)])
        if len(rows) == 0:
            return Selection.once(rows)
        times = copies.up_to(amount, self.ties[rows])
        return Selection(rows[times > 0], times[times > 0].astype(np.float64))

    def _copies(self, repeats: int) -> tuple[Rows, Copies]:
        open_to = np.flatnonzero((self.keys > -np.inf) & (self.widths[self.codes] > 0))
        ranked = open_to[ordered(-self.keys[open_to], self.ties[open_to])]
        rows = ranked[np.argsort(self.codes[ranked], kind="stable")]
        costs, codes = self.costs[rows], self.codes[rows]
        after = np.cumsum(costs)
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        counts = np.diff(starts, append=len(rows))
        before_group = np.repeat((after - costs)[starts], counts)
        whole = np.repeat(np.add.reduceat(costs, starts) if len(rows) else costs, counts)
        first, rise = (after - before_group - costs / 2) / self.widths[codes], whole / self.widths[codes]
        order = ordered(first, self.ties[rows])
        limit = np.where(rise > 0, repeats, 1)
        return rows[order], Copies(first[order], rise[order], limit[order], costs[order])


def standardized(values: Floats, codes: Rows, groups: int) -> Floats:
    """Return (x - mean) / deviation within each group, over finite values; a constant group becomes 0, others NaN.

    Sums run over sorted values, so that the order of the pool changes no bit of the answer.

    >>> standardized(np.array([1.0, 3.0, 7.0]), np.array([0, 0, 1]), 2).tolist()
    [-1.0, 1.0, 0.0]
    """
    rows = np.flatnonzero(np.isfinite(values))
    rows = rows[np.lexsort((values[rows], codes[rows]))]
    values = squarable(values, rows)
    own, count = codes[rows], np.maximum(np.bincount(codes[rows], minlength=groups), 1)
    mean = np.bincount(own, weights=values[rows], minlength=groups) / count
    off = values[rows] - mean[own]
    deviation = np.sqrt(np.bincount(own, weights=off**2, minlength=groups) / count)
    answer = np.full(len(values), np.nan)
    answer[rows] = off / np.where(deviation > 0, deviation, 1.0)[own]
    return answer


def squarable(values: Floats, rows: Rows) -> Floats:
    """Return the values, scaled down if the squares of those in the rows would overflow.

    >>> squarable(np.array([1e300, 0.0]), np.array([0, 1])).tolist()
    [1.0, 0.0]
    """
    largest = float(np.abs(values[rows]).max(initial=0.0))
    return np.asarray(values / largest) if largest > 1e100 else values
