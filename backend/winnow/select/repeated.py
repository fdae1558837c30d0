"""Selection by a fresh random subset for every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Budget, Pool, Selection
from winnow.select.base import Draw, Selector


@dataclass(frozen=True, kw_only=True)
class Rs2(Selector):
    """The random subset of one epoch: every epoch draws its own, so that training sees more than any fixed subset.

    The budget is that of one epoch; select with epoch 0, 1, 2, ... and the same seed. With replacement across epochs
    E draws of a share r reach 1 - (1 - r)^E of the documents. Without, the epochs walk one shuffled round of the pool
    and reach min(1, r · E). It is the control that a selection repeated over epochs must beat. Source: arXiv 2305.18424.
    """

    name: ClassVar[str] = "rs2"
    paper: ClassVar[Paper] = Paper(
        "Repeated Random Sampling for Minimizing the Time-to-Accuracy of Learning", "2305.18424", 2023
    )

    epoch: int = param(0, "Which epoch's subset to draw, counted from 0.", low=0)
    replacement: bool = param(True, "Draw each epoch from the whole pool, rather than from what earlier epochs left.")

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, amount = budget.costs(pool), budget.amount(pool)
        order = np.argsort(draw.order(f"rs2 {self.epoch}" if self.replacement else "rs2"))
        if not self.replacement:
            after = np.cumsum(costs[order])
            begin = (self.epoch * amount) % max(float(after[-1]), 1.0)
            order = np.roll(order, -int(np.searchsorted(after - costs[order], begin, side="left")))
        return Selection.once(order[: budget.cut(costs[order], amount)])
