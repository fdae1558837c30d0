"""Selection by influence: how a step on a document changes a model's loss on a target, alone and beside its like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, Ranker, Selector
from winnow.select.geometry import Space
from winnow.select.layers import Cells, Layers, cells, standardized
from winnow.select.products import Matrix


@dataclass(frozen=True, kw_only=True)
class Mates(Ranker):
    """Documents drawn with a chance that grows with their predicted influence on a target.

    Takes the largest I / temperature + g, with I the influence in deviations, higher for what helps, and g = -ln(-ln u)
    standard Gumbel noise from hash(seed, doc_id): the first document drawn is i with probability exp(I_i / temperature) /
    sum_j exp(I_j / temperature), and none is drawn twice. The paper keeps a fifth, at temperature 0.5, and 0 takes the
    highest. The released code takes the smallest of loss / temperature + g instead: Gumbel noise is not symmetric, and
    that is greedier than what it says (.69 where the stated chance is .45). Documents without an influence are never
    chosen. The influence is a column that the scorer "influence" makes, for the model as it is at that stage. Source:
    arXiv 2406.06046.
    """

    name: ClassVar[str] = "mates"
    paper: ClassVar[Paper] = Paper(
        "MATES: Model-Aware Data Selection for Efficient Pretraining with Data Influence Models", "2406.06046", 2024
    )

    column: str = param("influence", "Predicted influence in deviations, higher is better.", column="number")
    temperature: float = param(0.5, "How much chance decides; 0 takes the highest, the paper uses 0.5.", low=0)
    standardise: bool = param(False, "Bring the column to mean 0 and deviation 1 first, if it is not in deviations.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        influence = _influence(pool, self.column, self.standardise)
        # The same order as influence / temperature + g, and defined at 0.
        return influence + self.temperature * draw.gumbel("mates")


@dataclass(frozen=True, kw_only=True)
class GroupMates(Selector):
    """Documents that help a model, each counted the less the more it resembles those taken before it.

    Cluster by cluster: the document with the largest influence I first, then always the one with the largest I · relation,
    where relation is the mean over documents j taken in the cluster of α · (1 - h · h_j / τ), h the unit vectors. Every
    cluster gives the same share of its documents or tokens, so that a cluster of one is not dropped, as the released code
    does; larger clusters are cut by k-means first. Documents with no influence above 0 come last in their cluster, by
    influence alone: the product would put harmful documents that resemble each other first. The released code leaves α and
    τ at 1; the scorer "influence" with a rollout above 1 fits them, and its table "card" tells them. α scales a cluster's
    later picks alike, and so changes no order within it. The published vectors are trained with the influence; here they are those of an
    encoder. A reconstruction. Source: arXiv 2502.14709.
    """

    name: ClassVar[str] = "group_mates"
    pace: ClassVar[float] = 32
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper("Group-Level Data Selection for Efficient Pretraining", "2502.14709", 2025)

    column: str = param("influence", "Influence of a document alone, higher is better, above 0 helps.", column="number")
    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    model: str = param("static", "The encoder whose vectors say how much documents resemble each other.")
    tau: float = param(1.0, "How large a cosine takes all of a document's worth: fitted by the scorer.", low=1e-3)
    largest: int = param(1000, "Clusters above this size are cut: each step compares with all that is left.", low=2)
    standardise: bool = param(False, "Bring the column to mean 0 and deviation 1 first.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column, self.cluster, f"vectors:{self.model}"})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        influence = _influence(pool, self.column, self.standardise)
        space = Space.of(pool, type(self).name, self.model)
        chance = draw.order("group_mates")
        known = np.flatnonzero(np.isfinite(influence))
        # In an order that documents carry with them: sums and first centres must not depend on the pool's.
        order = known[np.argsort(chance[known])]
        codes, keys = np.zeros(len(pool), dtype=np.int64), np.full(len(pool), -np.inf)
        parts = self._parts(cells(pool, self.cluster), order, space)
        for code, rows in enumerate(parts):
            codes[rows] = code
            keys[rows] = -self._places(influence[rows], space.take(rows))
        costs = budget.costs(pool)
        counted = np.where(keys > -np.inf, costs, 0)
        widths = np.maximum(np.bincount(codes, weights=counted, minlength=len(parts)), 1.0)
        layers = Layers(codes, widths, keys, draw.order("ties"), costs)
        return layers.pour(budget, budget.amount(pool))

    def _parts(self, groups: Cells, order: Rows, space: Space) -> list[Rows]:
        if len(order) == 0:
            return [order]
        grouped = order[np.argsort(groups.codes[order], kind="stable")]
        found = np.split(grouped, np.flatnonzero(np.diff(groups.codes[grouped])) + 1)
        return [part for rows in found for part in space.parts(rows, self.largest)]

    def _places(self, influence: Floats, vectors: Matrix) -> Floats:
        """Return the place of each document in its cluster's order, from 0."""
        helpful = np.flatnonzero(influence > 0)
        rest = np.flatnonzero(influence <= 0)
        order = np.concatenate(
            [
                helpful[greedy(influence[helpful], vectors[helpful], self.tau)],
                rest[np.argsort(-influence[rest], kind="stable")],
            ]
        )
        places = np.empty(len(order))
        places[order] = np.arange(len(order))
        return places


def greedy(influence: Floats, vectors: Matrix, tau: float) -> Rows:
    """Return the order in which influence · mean over those taken of (1 - cosine / tau) is largest, all influences above 0.

    >>> vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    >>> greedy(np.array([1.0, 0.9, 0.5]), vectors, 1.0).tolist()
    [0, 2, 1]
    """
    count = len(influence)
    order = np.empty(count, dtype=np.int64)
    relation, left = np.zeros(count), np.ones(count, dtype=bool)
    for step in range(count):
        scores = np.where(left, influence * (relation / step if step else 1.0), -np.inf)
        best = int(scores.argmax())
        order[step], left[best] = best, False
        relation += 1 - (vectors @ vectors[best]).astype(np.float64) / tau
    return order


def _influence(pool: Pool, column: str, standardise: bool) -> Floats:
    """Return influences, NaN, which is never chosen, for what is no finite number."""
    values = pool.number(column)
    values = np.where(np.isfinite(values), values, np.nan)
    return standardized(values, np.zeros(len(values), dtype=np.int64), 1) if standardise else values
