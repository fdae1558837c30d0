"""The interface of every data-selection method: a pure function of (pool, budget, seed)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from winnow.method import Method
from winnow.pool import Budget, Floats, Pool, Rows, Selection


@dataclass(frozen=True)
class Draw:
    """Randomness that belongs to documents, not to places: hash(seed, stream, doc_id)."""

    pool: Pool
    seed: int

    def uniform(self, stream: str = "") -> Floats:
        return self.pool.uniform(self.seed, stream)

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
        scores = np.where(np.isnan(scores), -np.inf, scores)
        order = np.lexsort((draw.uniform("ties"), -scores))
        order = order[: int(np.count_nonzero(scores > -np.inf))]
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
    """A selector that gives each group a share of the budget and draws inside groups at random."""

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
        costs, noise = budget.costs(pool), draw.uniform("mix")
        members = dict(pool.group(self.group_column).members())
        sizes = np.array([float(costs[rows].sum()) for rows in members.values()])
        shares = self.shares(pool)
        wanted = np.array([max(shares.get(name, 0.0), 0.0) for name in members])
        amounts = spread(min(budget.amount(pool), float(sizes.sum())), wanted, sizes)
        chosen = []
        for rows, amount in zip(members.values(), amounts, strict=True):
            if amount > 0:
                order = rows[np.argsort(noise[rows], kind="stable")]
                chosen.append(order[: budget.cut(costs[order], amount)])
        return Selection.once(np.concatenate(chosen) if chosen else np.empty(0, dtype=np.int64))


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
