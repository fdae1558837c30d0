"""The interface of every data-selection method: a pure function of (pool, budget, seed)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from winnow.method import Method
from winnow.pool import MISSING, Budget, Floats, Hashes, Pool, Rows, Selection


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

    def select(self, pool: Pool, budget: Budget, *, seed: int = 0) -> Selection:
        """Return the chosen rows and weights; raises MissingNeed, SettingError."""
        pool.require(type(self).name, self.needs())
        if len(pool) == 0:
            return Selection.once(np.empty(0, dtype=np.int64))
        return self.choose(pool, budget, Draw(pool, seed))

    @abstractmethod
    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection: ...


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
    """

    @property
    @abstractmethod
    def group_column(self) -> str:
        """Name the column whose groups share the budget."""

    @abstractmethod
    def shares(self, pool: Pool) -> Mapping[str, float]:
        """Return each group's share of the budget; they are normalised to sum to 1."""

    def needs(self) -> frozenset[str]:
        return frozenset({self.group_column})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, noise, groups = budget.costs(pool), draw.order("mix"), pool.group(self.group_column)
        shares = self.shares(pool)
        width = np.array([max(shares.get(name, 0.0), 0.0) for name in (*groups.names, MISSING)])[groups.codes]
        shuffled = np.argsort(noise)
        grouped = shuffled[np.argsort(groups.codes[shuffled], kind="stable")]
        after = np.cumsum(costs[grouped])
        starts = np.flatnonzero(np.diff(groups.codes[grouped], prepend=-2))
        before_group = np.repeat((after - costs[grouped])[starts], np.diff(starts, append=len(pool)))
        middle, open_to = after - before_group - costs[grouped] / 2, width[grouped] > 0
        rows = grouped[open_to]
        order = rows[ordered(middle[open_to] / width[rows], noise[rows])]
        return Selection.once(order[: budget.cut(costs[order], budget.amount(pool))])

    def plan(self, pool: Pool, budget: Budget) -> dict[str, float]:
        """Return how much of the budget, in its unit, each group is to get."""
        costs, shares = budget.costs(pool), self.shares(pool)
        members = list(pool.group(self.group_column).members())
        wanted = np.array([max(shares.get(name, 0.0), 0.0) for name, _ in members])
        sizes = np.array([float(costs[rows].sum()) for _, rows in members])
        amounts = spread(min(budget.amount(pool), float(sizes.sum())), wanted, sizes)
        return dict(zip((name for name, _ in members), amounts.tolist(), strict=True))


def ordered(keys: Floats, ties: Hashes) -> Rows:
    """Return the places of the keys in rising order, equal keys by their ties, which are distinct.

    >>> ordered(np.array([2.0, 1.0, 2.0]), np.array([9, 5, 3], dtype=np.uint64)).tolist()
    [1, 2, 0]
    """
    order = np.argsort(keys)
    same = keys[order[1:]] == keys[order[:-1]]
    if same.any():  # sorting by both keys at once takes four times as long
        places = np.flatnonzero(np.append(same, False) | np.append(False, same))
        tied = order[places]
        order[places] = tied[np.lexsort((ties[tied], keys[tied]))]
    return order


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
