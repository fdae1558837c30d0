"""Selection by benchmarks: documents ranked by how near they come to single examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Selection
from winnow.select.base import Draw, Ranker, ordered
from winnow.select.nearness import Nearness


@dataclass(frozen=True, kw_only=True)
class Betr(Ranker):
    """Documents that come nearest to some example of the target, compared by rank and not by distance.

    Each example i ranks all documents by cosine, r_ij = 1 for the nearest. A document's score is max_i v(r_ij), which
    orders by the best rank, or mean_i v(r_ij), with v(r) = log2(1/r) or 1/r. At equal best rank the higher cosine at
    it wins, then chance. Ranks make an example that is far from everything count as much as one amid a crowd. Every
    document is ranked by its own vector, so the classifier that the paper trains to carry ranks from a sample to the
    pool is not needed. Use training examples as targets, never test examples. Source: arXiv 2507.12466.
    """

    name: ClassVar[str] = "betr"
    pace: ClassVar[float] = 13
    paper: ClassVar[Paper] = Paper(
        "Language Models Improve When Pretraining Data Matches Target Tasks", "2507.12466", 2025
    )

    model: str = param("static", "The encoder whose vectors are compared.")
    combine: str = param("max", "What a document's ranks become: the best one, or the mean.", choices=("max", "mean"))
    value: str = param("log", "What a rank r is worth: log2(1/r), or 1/r.", choices=("log", "inverse"))

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}"})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        near = Nearness.of(pool, "betr", self.model)
        return near.by_row(near.best_ranks(len(pool)) if self.combine == "max" else self._mean(near))

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        """Read only the first ranks of each example where they hold enough documents: the choice is the same."""
        if self.combine == "mean":
            return super().choose(pool, budget, draw)
        near, costs, amount = Nearness.of(pool, "betr", self.model), budget.costs(pool), budget.amount(pool)
        docs = amount / max(float(costs.mean()), 1e-9)
        most = max(256, int(16 * docs / len(near.target)))
        while True:
            scores = near.by_row(near.best_ranks(most))
            rows = np.flatnonzero(scores > -np.inf)
            if most >= len(pool) or costs[rows].sum() >= amount:
                break
            most *= 8
        order = rows[ordered(-scores[rows], draw.order("ties")[rows])]
        return Selection.once(order[: budget.cut(costs[order], amount)])

    def _mean(self, near: Nearness) -> Floats:
        total: Floats = np.zeros(len(near.order))
        for places, ranks, _ in near.ranks():
            total[places] += -np.log2(ranks) if self.value == "log" else 1 / ranks
        return total / len(near.target)
