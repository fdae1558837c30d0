"""Selection that covers the space of vectors: farthest-first centres and facility location."""

from __future__ import annotations

import heapq
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, Selector
from winnow.select.geometry import Space
from winnow.select.layers import Layers, cells
from winnow.select.products import Matrix, Products


@dataclass(frozen=True, kw_only=True)
class Covering(Selector):
    """Chooses, in the whole pool or in each group by its share of it, documents that cover the others greedily."""

    model: str = param("static", "The encoder whose vectors are covered.")
    within: str = param(
        "", "A column of clusters to cover one by one, each with its share of the budget; empty for all at once.",
        column="group",
    )  # fmt: skip

    def needs(self) -> frozenset[str]:
        return frozenset({f"vectors:{self.model}"} | ({self.within} if self.within else set()))

    @abstractmethod
    def check(self, sizes: Floats, picks: Floats) -> None:
        """Raise SettingError if groups of these sizes, with so many picks in each, are too much work."""

    @abstractmethod
    def cover(self, vectors: Matrix, costs: Rows, amount: float) -> Rows:
        """Return places of unit vectors in the order of choice, until their costs reach the amount, and one more."""

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, amount = budget.costs(pool), budget.amount(pool)
        groups = cells(pool, *([self.within] if self.within else []))
        sizes, documents = groups.sizes(costs), groups.sizes(np.ones(len(pool)))
        share = min(1.0, amount / max(float(sizes.sum()), 1.0))
        parts = sizes * share if share < 1 else np.full(len(sizes), np.inf)
        self.check(documents, np.minimum(np.ceil(documents * share) + 1, documents))
        space, keys, chance = Space.of(pool, type(self).name, self.model), np.full(len(pool), np.nan), draw.order()
        order = np.argsort(chance)
        order = order[np.argsort(groups.codes[order], kind="stable")]
        for rows in np.split(order, np.flatnonzero(np.diff(groups.codes[order])) + 1):
            picked = rows[self.cover(space.take(rows), costs[rows], float(parts[groups.codes[rows[0]]]))]
            keys[picked] = -np.arange(len(picked), dtype=np.float64)
        return Layers(groups.codes, groups.shares(costs), keys, chance, costs).pour(budget, amount)


MOST_COMPARISONS = 2.5e8
"""How many times kcenter may compare a document with a chosen one: about a minute at 384 dimensions."""


@dataclass(frozen=True, kw_only=True)
class Kcenter(Covering):
    """Documents each as far as can be from those chosen before it (greedy k-center).

    The next document is argmax_i min_{j chosen} |x_i - x_j| over unit vectors, so the radius that covers the pool falls
    with every choice and is at most twice the best. The first is drawn by the seed, where a released loop takes the
    first in the file. It chases outliers: in arXiv 2409.11378 it is below random. Work is n per choice; raises
    SettingError above 2.5e8 comparisons and for vectors that are not finite. Source: arXiv 1708.00489.
    """

    name: ClassVar[str] = "kcenter"
    pace: ClassVar[float] = 5
    paper: ClassVar[Paper] = Paper(
        "Active Learning for Convolutional Neural Networks: A Core-Set Approach", "1708.00489", 2017
    )

    def check(self, sizes: Floats, picks: Floats) -> None:
        work = float(sizes @ picks)
        if work > MOST_COMPARISONS:
            few = max(1, int(MOST_COMPARISONS / float(sizes.sum())))
            other = "clusters with more parts" if self.within else "--set within=cluster_name"
            raise SettingError(
                f"kcenter makes at most {MOST_COMPARISONS:,.0f} comparisons",
                f"{int(sizes.sum()):,} documents and {int(picks.sum()):,} choices make {work:,.0f}",
                f"--docs {few}, {other}, or cluster_balanced --set inside=far",
            )

    def cover(self, vectors: Matrix, costs: Rows, amount: float) -> Rows:
        return farthest_first(vectors, costs, amount, np.zeros(1, dtype=np.int64))


def farthest_first(vectors: Matrix, costs: Rows, amount: float, starts: Rows) -> Rows:
    """Return places of unit vectors, the starts first, then each the farthest from all before it, the first of equals,
    until their costs reach the amount, and one more."""
    nearest, products = np.full(len(vectors), -2.0, dtype=np.float32), Products(vectors)
    picked: list[int] = []
    spent, last = 0.0, False
    while len(picked) < len(vectors) and not last:
        place = int(starts[len(picked)]) if len(picked) < len(starts) else int(nearest.argmin())
        last = spent >= amount
        picked.append(place)
        spent += float(costs[place])
        np.maximum(nearest, products(vectors[[place]])[:, 0], out=nearest)
        nearest[place] = np.inf
    return np.array(picked, dtype=np.int64)


LARGEST_SQUARE, MOST_PAIRS = 20_000, 2.5e9
"""How many documents facility_location takes at once (1.6 GB of similarities), and pairs in all (about 80 seconds)."""


@dataclass(frozen=True, kw_only=True)
class FacilityLocation(Covering):
    """Documents that together represent the pool best: greedily the largest sum of similarities to the nearest one.

    Maximises f(S) = sum_i max_{j in S} max(cos(x_i, x_j), 0), which is submodular, so that greedy choice reaches
    1 - 1/e of the best. Lazy evaluation recomputes a document's gain only when its old gain, an upper bound, is the
    highest. Work and memory are quadratic: raises SettingError above 20,000 documents in one group or 2.5e9 pairs in all,
    and for vectors that are not finite. Source: arXiv 1906.01827, on vectors instead of gradients.
    """

    name: ClassVar[str] = "facility_location"
    pace: ClassVar[float] = 36
    paper: ClassVar[Paper] = Paper(
        "Coresets for Data-efficient Training of Machine Learning Models", "1906.01827", 2019
    )

    def check(self, sizes: Floats, picks: Floats) -> None:
        if sizes.max() > LARGEST_SQUARE or float(sizes @ sizes) > MOST_PAIRS:
            other = "finer clusters" if self.within else "--set within=cluster_name"
            raise SettingError(
                f"facility_location takes at most {LARGEST_SQUARE:,} documents at once and {MOST_PAIRS:,.0f} pairs",
                f"the largest group has {int(sizes.max()):,} and all make {float(sizes @ sizes):,.0f} pairs",
                f"{other}, a narrower filter, or cluster_balanced --set inside=near",
            )

    def cover(self, vectors: Matrix, costs: Rows, amount: float) -> Rows:
        similar = Products(vectors)(vectors)
        np.maximum(similar, 0, out=similar)
        best = np.zeros(len(vectors), dtype=np.float32)
        heap = list(zip((-similar.sum(axis=1, dtype=np.float64)).tolist(), range(len(vectors)), strict=True))
        heapq.heapify(heap)
        picked: list[int] = []
        spent, last = 0.0, False
        while heap and not last:
            old, place = heapq.heappop(heap)
            gain = float(np.maximum(similar[place] - best, 0).sum(dtype=np.float64))
            if heap and (-gain, place) > heap[0] and gain < -old:
                heapq.heappush(heap, (-gain, place))
                continue
            last = spent >= amount
            picked.append(place)
            spent += float(costs[place])
            np.maximum(best, similar[place], out=best)
        return np.array(picked, dtype=np.int64)
