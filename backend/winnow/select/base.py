"""The interface of every data-selection method: a pure function of (pool, budget, seed)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from winnow.method import Method, param
from winnow.pool import MISSING, Budget, Floats, Hashes, Pool, Rows, Selection

IN_TOKENS = Budget(tokens=1)
"""A budget for the sake of its unit."""


@dataclass(frozen=True, eq=False)
class Draw:
    """Randomness that belongs to documents, not to places: hash(seed, stream, doc_id)."""

    pool: Pool
    seed: int

    def uniform(self, stream: str = "") -> Floats:
        return self.pool.uniform(self.seed, stream)

    def order(self, stream: str = "") -> Hashes:
        """Return one distinct key per document; sorting by it is a random order."""
        return self.pool.hashes(self.seed, stream)

    def gumbel(self, stream: str = "") -> Floats:
        """Return standard Gumbel noise, -ln(-ln u)."""
        return -np.log(-np.log(self.uniform(stream)))


@dataclass(frozen=True, kw_only=True)
class Selector(Method):
    """Chooses documents from a pool within a budget."""

    example: ClassVar[Mapping[str, Any]] = {}
    """Settings to try the method with, for one that asks for a table and so chooses nothing by its defaults alone."""

    pace: ClassVar[float] = 0.0
    """Processor seconds for a million documents, of a method that reads texts of a thousand tokens each; 0 for a moment."""

    def select(self, pool: Pool, budget: Budget, *, seed: int = 0) -> Selection:
        """Return the chosen rows and weights; raises MissingNeed, SettingError."""
        pool.require(type(self).name, self.needs())
        if len(pool) == 0:
            return Selection.once(np.empty(0, dtype=np.int64))
        return self.choose(pool, budget, Draw(pool, seed))

    @abstractmethod
    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection: ...

    def remarks(self, pool: Pool) -> tuple[str, ...]:
        """Return sentences about what it does with this pool that its settings do not say; the default has none."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Ranker(Selector):
    """A selector that gives each document a score and takes the highest until the budget is reached.

    A score of -inf or NaN means never, so a filter is a ranker. Ties are broken by hash(seed, doc_id).
    """

    @abstractmethod
    def rank(self, pool: Pool, draw: Draw) -> Floats:
        """Return one score per row, higher is better."""

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        scores = self.rank(pool, draw)
        rows = np.flatnonzero(scores > -np.inf)
        order = rows[ordered(-scores[rows], draw.order("ties")[rows])]
        return Selection.once(order[: budget.cut(budget.costs(pool)[order], budget.amount(pool))])


@dataclass(frozen=True, kw_only=True)
class Picker(Selector):
    """A selector that names documents one by one, in order, until the budget is reached."""

    @abstractmethod
    def pick(self, pool: Pool, draw: Draw) -> Rows:
        """Return distinct rows, best first."""

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        order = self.pick(pool, draw)
        return Selection.once(order[: budget.cut(budget.costs(pool)[order], budget.amount(pool))])


@dataclass(frozen=True, kw_only=True)
class Mixer(Selector):
    """A selector that gives each group a share of the budget and draws inside groups at random.

    Groups fill like vessels of width `share` under one water level; a full group stays full and the others rise on. In
    a group's random order a document stands at level (cost before it + half its own cost) / share, and documents are
    taken from the lowest level upwards. For equal costs this is Sainte-Laguë's apportionment, and a smaller budget
    takes a part of what a larger one takes.

    With `max_epochs` above 1 a group is poured in again when it is used up: the copy k of a document, k = 0, 1, ...,
    stands at level (k · cost of the group + cost before it + half its own cost) / share. A document's weight is how
    many of its copies are taken, and the budget counts every copy. Documents that cost nothing are never repeated.
    """

    max_epochs: int = param(
        1, "How often a document may be seen, at most; a group is repeated only when it is used up.", low=1
    )

    by: str = param("source", "The column whose groups share the budget.", column="group")

    @abstractmethod
    def shares(self, pool: Pool, budget: Budget = IN_TOKENS) -> Mapping[str, float]:
        """Return each group's share of a budget, of which only the unit counts; they are normalised to sum to 1."""

    def needs(self) -> frozenset[str]:
        return frozenset({self.by})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, noise, amount = budget.costs(pool), draw.order("mix"), budget.amount(pool)
        rows, copies = self._copies(pool, budget, noise)
        if self.max_epochs == 1:
            return Selection.once(rows[: budget.cut(costs[rows], amount)])
        times = copies.up_to(amount, noise[rows])
        taken = int((times > 0).sum())
        return Selection(rows[:taken], times[:taken].astype(np.float64))

    def _copies(self, pool: Pool, budget: Budget, noise: Hashes) -> tuple[Rows, Copies]:
        """Return the rows of groups with a share in the order of their first copies, and those copies."""
        costs, groups = budget.costs(pool), pool.group(self.by)
        shares = self.shares(pool, budget)
        width = np.array([max(shares.get(name, 0.0), 0.0) for name in (*groups.names, MISSING)])[groups.codes]
        shuffled = np.argsort(noise)
        grouped = shuffled[np.argsort(groups.codes[shuffled], kind="stable")]
        after = np.cumsum(costs[grouped])
        starts = np.flatnonzero(np.diff(groups.codes[grouped], prepend=-2))
        counts = np.diff(starts, append=len(pool))
        before_group = np.repeat((after - costs[grouped])[starts], counts)
        whole = np.repeat(np.add.reduceat(costs[grouped], starts), counts)
        middle, open_to = after - before_group - costs[grouped] / 2, width[grouped] > 0
        rows = grouped[open_to]
        first, rise = middle[open_to] / width[rows], whole[open_to] / width[rows]
        order = ordered(first, noise[rows])
        limit = np.where(rise > 0, self.max_epochs, 1)
        return rows[order], Copies(first[order], rise[order], limit[order], costs[rows[order]])

    def plan(self, pool: Pool, budget: Budget) -> dict[str, float]:
        """Return how much of the budget, in its unit and counting repeats, each group is to get."""
        shares, sizes = self.shares(pool, budget), group_sizes(pool, self.by, budget)
        wanted = np.array([max(shares.get(name, 0.0), 0.0) for name in sizes])
        room = np.array(list(sizes.values())) * self.max_epochs
        amounts = spread(min(budget.amount(pool), float(room.sum())), wanted, room)
        return dict(zip(sizes, amounts.tolist(), strict=True))

    def epochs(self, pool: Pool, budget: Budget) -> dict[str, float]:
        """Return how often each group is to be seen: its part of the budget divided by its size."""
        sizes = group_sizes(pool, self.by, budget)
        return {name: part / sizes[name] if sizes[name] else 0.0 for name, part in self.plan(pool, budget).items()}


@dataclass(frozen=True, eq=False)
class Copies:
    """Documents that may be taken several times: entry i stands at levels first + k · rise for k = 0 .. limit - 1.

    Arrays [n]; `first` rises; `costs` are whole numbers.
    """

    first: Floats
    rise: Floats
    limit: Rows
    costs: Rows

    def below(self, level: float) -> Rows:
        """Return how many copies of each document stand at or below a level."""
        rise = np.where(self.rise > 0, self.rise, 1.0)
        times = np.floor((level - self.first) / rise) + 1
        times -= self.first + (times - 1) * rise > level  # the division may round either way; the levels decide
        times += self.first + times * rise <= level
        clipped: Rows = np.clip(times, 0, self.limit).astype(np.int64)
        return clipped

    def up_to(self, amount: float, ties: Hashes) -> Rows:
        """Return how many copies of each are taken, lowest first, up to the one that reaches the amount."""
        low, high = np.zeros(len(self.first), dtype=np.int64), self.limit.astype(np.int64)
        if int(high @ self.costs) < amount:
            return high
        bottom, top = 0.0, float((self.first + (self.limit - 1) * self.rise).max()) * 2
        while int((high - low).sum()) > SORTED_AT_ONCE and bottom < (middle := (bottom + top) / 2) < top:
            times = self.below(middle)
            if int(times @ self.costs) < amount:
                bottom, low = middle, times
            else:
                top, high = middle, times
        place = np.repeat(np.arange(len(low)), high - low)
        earlier = np.repeat(np.cumsum(high - low) - (high - low), high - low)
        level = self.first[place] + (low[place] + np.arange(len(place)) - earlier) * self.rise[place]
        reached = place[ordered(level, ties[place])]
        left = amount - int(low @ self.costs)
        cut = min(int(np.searchsorted(np.cumsum(self.costs[reached]), left, side="left")) + 1, len(reached))
        taken: Rows = low + np.bincount(reached[:cut], minlength=len(low))
        return taken


SORTED_AT_ONCE = 200_000
"""How many copies are sorted; above this number the level is narrowed first."""


def group_sizes(pool: Pool, column: str, budget: Budget) -> dict[str, float]:
    """Return what all documents of each non-empty group cost, in the budget's unit; missing names come last."""
    costs = budget.costs(pool)
    return {name: float(costs[rows].sum()) for name, rows in pool.group(column).members()}


def ordered(keys: Floats, ties: Hashes) -> Rows:
    """Return the places of the keys in rising order, equal keys by their ties, which are distinct.

    >>> ordered(np.array([2.0, 1.0, 2.0]), np.array([9, 5, 3], dtype=np.uint64)).tolist()
    [1, 2, 0]
    """
    order = np.argsort(keys)
    same = keys[order[1:]] == keys[order[:-1]]
    if same.any():
        places = np.flatnonzero(np.append(same, False) | np.append(False, same))
        order[places] = order[places][_by_both(keys[order[places]], ties[order[places]])]
    return order


def _by_both(keys: Floats, ties: Hashes) -> Rows:
    """Return the order of keys that rise already, equal ones by their ties."""
    # One number of the key's rank and the tie's first bits is sorted in half the time that a sort by both takes.
    rank = np.cumsum(np.append(True, keys[1:] != keys[:-1])).astype(np.uint64)
    bits = np.uint64(int(rank[-1]).bit_length())
    both = rank << (np.uint64(64) - bits) | ties >> bits
    order = np.argsort(both)
    found = both[order]
    return np.lexsort((ties, keys)) if (found[1:] == found[:-1]).any() else order


def spread(amount: float, wanted: Floats, sizes: Floats) -> Floats:
    """Divide an amount by shares, no group above its size; what a small group cannot take goes to the others by share.

    >>> spread(9.0, np.array([1.0, 1.0, 1.0]), np.array([1.0, 10.0, 10.0])).tolist()
    [1.0, 4.0, 4.0]
    """
    given, room = np.zeros(len(sizes)), wanted > 0
    while amount > 1e-9 and room.any():
        portion = np.where(room, wanted, 0.0)
        step = np.minimum(amount * portion / portion.sum(), sizes - given)
        given += step
        amount -= float(step.sum())
        room &= sizes - given > 1e-9
    return given
