"""Selection by example: each query of the target takes its nearest documents in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.pool import Budget, Pool, Rows, Selection
from winnow.select.base import Draw, Selector, ordered
from winnow.select.nearness import LISTED as LISTED_AT_ONCE
from winnow.select.nearness import Nearness, ranks_of
from winnow.select.products import Matrix

LISTED = LISTED_AT_ONCE // 2
"""How many places all lists of queries hold, so that they are made in one pass over the vectors."""


@dataclass(frozen=True, kw_only=True)
class Rds(Selector):
    """Documents nearest to the target's texts, which take turns to pick their best one left.

    S[v, d] is the cosine of query v and document d. `round_robin`: queries pick in turn, each its best document that
    nobody has picked. `max`: documents by max_v S[v, d], which may serve one query alone. A target of several files is
    several tasks: with `by_task` S[t, d] = max over the queries of file t, and the tasks take turns.

    The released code has three versions that choose differently: in one a query whose best is taken loses its turn, the
    one for large pools takes turns no more but is `max`. Here a query always goes on to its next best. The paper's own
    vectors are position-weighted means of a model's last hidden states (RDS+); any stored vectors are used here, which
    the paper calls the Embed variant. Source: arXiv 2503.01807.
    """

    name: ClassVar[str] = "rds"
    pace: ClassVar[float] = 12.5
    paper: ClassVar[Paper] = Paper("Large-Scale Data Selection for Instruction Tuning", "2503.01807", 2025)

    model: str = param("static", "The encoder whose vectors are compared.")
    variant: str = param(
        "round_robin", "Queries pick in turn, or documents go by their nearest query.", choices=("round_robin", "max")
    )
    by_task: bool = param(True, "Let the files of the target take turns, and not their single texts, if it is several.")

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}"})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        near, costs, amount = Nearness.of(pool, "rds", self.model), budget.costs(pool), budget.amount(pool)
        keys = draw.order("ties")[near.order]
        tasks = self._tasks(pool, near)
        if self.variant == "max":
            order = ordered(-_highest(near, np.zeros_like(tasks))[0].astype(np.float64), keys)
        else:
            order = _Turns(near, tasks, keys, costs[near.order], amount).picks()
        rows = near.order[order]
        return Selection.once(rows[: budget.cut(costs[rows], amount)])

    def _tasks(self, pool: Pool, near: Nearness) -> NDArray[np.int64]:
        """Return which list each query belongs to."""
        assert pool.target is not None
        groups = pool.target.groups
        if not self.by_task or groups is None or len(np.unique(groups.codes)) < 2:
            return np.arange(len(near.target))
        return np.unique(groups.codes[near.examples], return_inverse=True)[1].astype(np.int64)


def _highest(near: Nearness, tasks: NDArray[np.int64]) -> Matrix:
    """Return the highest cosine of each document to a query of each task, [tasks, n] by doc_id."""
    best = np.empty((int(tasks.max()) + 1, len(near.order)), dtype=np.float32)
    by_task = np.argsort(tasks, kind="stable")
    starts = np.flatnonzero(np.diff(tasks[by_task], prepend=-1))
    for places, cosines in near.blocks(by_task):
        best[:, places] = np.maximum.reduceat(cosines, starts, axis=0)
    return best


class _Turns:
    """Queries or tasks picking in turn from lists of their best documents left, renewed when one runs out."""

    def __init__(
        self, near: Nearness, tasks: NDArray[np.int64], keys: NDArray[np.uint64], costs: Rows, amount: float
    ) -> None:
        self.near, self.tasks, self.keys, self.costs, self.amount = near, tasks, keys, costs, amount
        self.used = np.zeros(len(costs), dtype=bool)
        lists = int(tasks.max()) + 1
        docs = amount / max(float(costs.mean()), 1e-9)
        self.bound = max(1, LISTED // lists)
        self.most = min(max(64, int(16 * docs / lists)), self.bound)
        self.alone = lists == len(tasks)

    def picks(self) -> Rows:
        """Return places by doc_id in the order they are picked, until their costs reach the amount."""
        lists = self._lists()
        order: list[int] = []
        places, spent, turn = [0] * len(lists), 0.0, 0
        while spent < self.amount and len(order) < len(self.used):
            listed, place = lists[turn % len(lists)], places[turn % len(lists)]
            while place < len(listed) and self.used[listed[place]]:
                place += 1
            if place == len(listed):  # longer lists each time, so that queries that agree do not renew them without end
                self.most = min(4 * self.most, self.bound)
                lists, places = self._lists(), [0] * len(lists)
                continue
            places[turn % len(lists)] = place
            order.append(int(listed[place]))
            self.used[order[-1]] = True
            spent += float(self.costs[order[-1]])
            turn += 1
        return np.array(order, dtype=np.int64)

    def _lists(self) -> list[Rows]:
        """Return the best places that are left of each query or task, equal cosines by their keys."""
        found = self.near.first(self.most, self.used) if self.alone else None
        if found is not None:
            return [self._best(part.place, part.cosine) for part in found.split()]
        rows = (
            (row for _, block in self.near.cosines() for row in block)
            if self.alone
            else _highest(self.near, self.tasks)
        )
        left = np.flatnonzero(~self.used)
        return [self._best(left[places := ranks_of(row[left], self.most)[0]], row[left[places]]) for row in rows]

    def _best(self, places: Rows, cosines: Matrix) -> Rows:
        return places[ordered(-cosines.astype(np.float64), self.keys[places])[: self.most]]
