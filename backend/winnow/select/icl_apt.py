"""Selection by growth: a small set of texts that takes in its nearest neighbours, and theirs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, Selector, ordered
from winnow.select.nearness import Nearness

MOST_COSINES = 2_000_000_000
"""How many cosines a later round computes at most: half a minute at 384 dimensions on two cores."""

THE_SAME = 1 - 1e-4
"""A document as near as this to a seed is a copy of it."""


@dataclass(frozen=True, kw_only=True)
class IclApt(Selector):
    """A seed set grown by nearest neighbours: the nearest documents of each target text, then those of what was taken.

    Round 1 gives each target text its `neighbours` nearest documents by cosine, none below `similarity`; a round takes
    first what is somebody's first neighbour, then second ones, at equal rank the higher cosine, then chance. Round t
    asks the same for each document that round t - 1 took, among those not taken yet; in a large pool only for the first
    of them, as many as make 2e9 cosines. Copies of seeds count as taken
    from the start, so that a seed which stands in the pool is not its own neighbour. Growth ends when the budget is met,
    the rounds are over or nothing is near enough: it may spend less than was asked. Source: arXiv 2504.19856.

    A reconstruction: the paper joins each text's neighbours to it as context for masked language modelling and retrieves
    once (`rounds` 1); here they are documents of their own, and later rounds are an extension.
    """

    name: ClassVar[str] = "icl_apt"
    pace: ClassVar[float] = 58
    paper: ClassVar[Paper] = Paper(
        "Efficient Domain-adaptive Continual Pretraining for the Process Industry in the German Language",
        "2504.19856",
        2025,
    )
    reconstruction: ClassVar[bool] = True

    model: str = param("static", "The encoder whose vectors are compared.")
    neighbours: int = param(10, "How many nearest documents each text brings in.", low=1)
    rounds: int = param(3, "How often the set grows; 1 takes the neighbours of the target alone.", low=1)
    similarity: float = param(0.4, "The lowest cosine at which a document is a neighbour.", low=-1, high=1)
    include_seeds: bool = param(False, "Take first the documents of the pool that are target texts themselves.")

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}"})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        near, amount = Nearness.of(pool, "icl_apt", self.model), budget.amount(pool)
        costs, keys = budget.costs(pool)[near.order], draw.order("ties")[near.order]
        seeds = self._copies(near)
        used = np.zeros(len(pool), dtype=bool)
        used[seeds] = True
        taken = [seeds[np.argsort(keys[seeds])]] if self.include_seeds else []
        for _ in range(self.rounds):
            if sum(int(costs[part].sum()) for part in taken) >= amount or used.all():
                break
            grown = self._grow(near, used, keys)
            if len(grown) == 0:
                break
            used[grown] = True
            taken.append(grown)
            seeds = grown[: max(1, MOST_COSINES // len(pool))]
            near = dataclasses.replace(near, target=near.space.take(near.order[seeds]), examples=seeds)
        rows = near.order[np.concatenate([np.empty(0, np.int64), *taken])]
        return Selection.once(rows[: budget.cut(budget.costs(pool)[rows], amount)])

    def _copies(self, near: Nearness) -> Rows:
        """Return the places of documents whose vector is a seed's."""
        highest = [cosines.max(axis=0) for _, cosines in near.blocks()]
        return np.flatnonzero(np.concatenate(highest) >= THE_SAME)

    def _grow(self, near: Nearness, used: NDArray[np.bool_], keys: NDArray[np.uint64]) -> Rows:
        """Return the places of the neighbours that the set takes in, in order."""
        scores: Floats = near.best_ranks(self.neighbours, used, self.similarity)
        found = np.flatnonzero(scores > -np.inf)
        return found[ordered(-scores[found], keys[found])]
