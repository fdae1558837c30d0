"""Selection spread over clusters: balanced, k-means with quality, and its iterative form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, Selector
from winnow.select.geometry import Space
from winnow.select.layers import Cells, Layers, cells

DIVERSIFY = Paper(
    "Diversify and Conquer: Diversity-Centric Data Selection with Iterative Refinement", "2409.11378", 2024
)


@dataclass(frozen=True, kw_only=True)
class ClusterBalanced(Selector):
    """Every cluster gets the same part of the budget, filled by chance or by nearness to the cluster's centre.

    Cluster c gets a part ∝ size_c^exponent: 0 is the balance of the paper, 1 the pool's own mix. Small clusters are
    taken whole and the others share what they leave: sizes (5, 50, 500) and 120 documents give (5, 50, 65). `near`
    takes the most typical documents first, `far` the least typical. Documents without a cluster form one. Raises
    SettingError for vectors that are not finite. Source: arXiv 2405.15613, with one level of clusters.
    """

    name: ClassVar[str] = "cluster_balanced"
    paper: ClassVar[Paper] = Paper(
        "Automatic Data Curation for Self-Supervised Learning: A Clustering-Based Approach", "2405.15613", 2024
    )

    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    exponent: float = param(0.0, "How a cluster's size counts: 0 for equal parts, 1 for the pool's mix.", low=0, high=1)
    inside: str = param(
        "chance",
        "What decides inside a cluster: chance, nearness to the centre, or distance from it.",
        choices=("chance", "near", "far"),
    )
    model: str = param("static", "The encoder whose vectors give nearness.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.cluster} if self.inside == "chance" else {self.cluster, f"vectors:{self.model}"})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, clusters = budget.costs(pool), cells(pool, self.cluster)
        widths = clusters.shares(costs) ** self.exponent
        layers = Layers(clusters.codes, widths, self._keys(pool, clusters, draw), draw.order("balanced"), costs)
        return layers.pour(budget, budget.amount(pool))

    def _keys(self, pool: Pool, clusters: Cells, draw: Draw) -> Floats:
        if self.inside == "chance":
            return draw.uniform("balanced")
        space, keys = Space.of(pool, type(self).name, self.model), np.empty(len(pool))
        for rows in members(pool, clusters):
            centre = space.mean(rows).astype(np.float32)
            for part, block in space.blocks(rows):
                keys[part] = block @ centre
        return keys if self.inside == "near" else -keys


def members(pool: Pool, clusters: Cells) -> Iterator[Rows]:
    """Yield the rows of each cluster by doc_id, so that sums over them do not depend on the order of the pool."""
    by_id = np.argsort(pool.doc_ids)
    order = by_id[np.argsort(clusters.codes[by_id], kind="stable")]
    yield from np.split(order, np.flatnonzero(np.diff(clusters.codes[order])) + 1)


@dataclass(frozen=True, kw_only=True)
class Kmq(Selector):
    """Every cluster gets its share of the pool, and quality decides by chance inside it.

    Cluster j gets b_j = |X_j| / |X| · b, drawn with chances ∝ exp(quality / temperature) inside the cluster; equal
    qualities make it a stratified random draw. Sampling is without replacement (Gumbel noise), and no share is rounded
    down: the released code takes int(b / k) from each of k clusters and so chooses nothing when b < k; here the largest
    clusters then give one each. Documents without a quality are never chosen. Source: arXiv 2409.11378.
    """

    name: ClassVar[str] = "kmq"
    paper: ClassVar[Paper] = DIVERSIFY

    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    column: str = param("quality", "The quality, used as a logit.", column="number")
    temperature: float = param(1.0, "How much chance decides inside a cluster; near 0 the best win.", low=1e-6)

    def needs(self) -> frozenset[str]:
        return frozenset({self.cluster, self.column})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, clusters = budget.costs(pool), cells(pool, self.cluster)
        keys = quality_keys(pool, self.column, self.temperature, draw)
        layers = Layers(clusters.codes, clusters.shares(costs), keys, draw.order("kmq ties"), costs)
        return layers.pour(budget, budget.amount(pool))


def quality_keys(pool: Pool, column: str, temperature: float, draw: Draw) -> Floats:
    """Return quality / temperature + Gumbel noise: the largest are a draw without replacement by softmax."""
    values = pool.number(column)
    return np.where(np.isfinite(values), values, np.nan) / temperature + draw.gumbel("kmq")


@dataclass(frozen=True, kw_only=True)
class KmqIterative(Selector):
    """Clusters get the budget in rounds, and those whose documents proved useful so far get more of the next.

    Weights begin at 1 / k. Each of the rounds spends an equal part of the budget by these weights, among documents not
    yet chosen and by quality as in kmq; then w_j ← s_j / sum_c s_c · w_j, normalised, where s_j is the mean `signal` of
    what the round took from cluster j. A negative mean counts as 0 (its cluster gets nothing more while others do); a
    cluster without a signal keeps its weight's proportion; if no mean is above 0 the weights stay. The released code
    forgets earlier weights and shrinks later rounds to a handful of documents; here every round spends its part. Source:
    arXiv 2409.11378.

    A reconstruction for pretraining text: the paper scores what a model fine-tuned on the round generates against gold
    answers; here a column that was measured before, such as an influence or a drop of loss, stands in for it.
    """

    name: ClassVar[str] = "kmq_iterative"
    paper: ClassVar[Paper] = DIVERSIFY
    reconstruction: ClassVar[bool] = True

    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    column: str = param("quality", "The quality, used as a logit inside a cluster.", column="number")
    signal: str = param("influence", "How useful a document proved to be, higher is better.", column="number")
    temperature: float = param(1.0, "How much chance decides inside a cluster; near 0 the best win.", low=1e-6)
    rounds: int = param(3, "In how many rounds the budget is spent.", low=1)

    def needs(self) -> frozenset[str]:
        return frozenset({self.cluster, self.column, self.signal})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        return Selection.once(np.concatenate([rows for rows, _ in self.play(pool, budget, draw)]))

    def play(self, pool: Pool, budget: Budget, draw: Draw) -> list[tuple[Rows, dict[str, float]]]:
        """Return what each round chose, and the clusters' weights after it."""
        costs, amount, clusters = budget.costs(pool), budget.amount(pool), cells(pool, self.cluster)
        keys, ties = quality_keys(pool, self.column, self.temperature, draw), draw.order("kmq ties")
        weights, played = np.full(len(clusters.names), 1 / len(clusters.names)), []
        spent, left = 0.0, keys.copy()
        for turn in range(1, self.rounds + 1):
            part = (amount * turn // self.rounds if budget.unit == "docs" else amount * turn / self.rounds) - spent
            rows = self._round(Layers(clusters.codes, weights, left, ties, costs), budget, part)
            left[rows] = np.nan
            spent += float(costs[rows].sum())
            weights = reweighted(weights, self._means(pool, clusters, rows))
            played.append((rows, {name: float(w) for (name,), w in zip(clusters.names, weights, strict=True)}))
        return played

    @staticmethod
    def _round(layers: Layers, budget: Budget, part: float) -> Rows:
        """Take a part of the budget by the weights, and from clusters that weigh nothing when the others are empty."""
        if part <= 0:
            return np.empty(0, dtype=np.int64)
        rows = layers.pour(budget, part).rows
        missing = part - float(layers.costs[rows].sum())
        closed = layers.widths == 0
        if missing <= 0 or not closed.any():
            return rows
        rest = Layers(layers.codes, closed.astype(np.float64), layers.keys, layers.ties, layers.costs)
        return np.concatenate([rows, rest.pour(budget, missing).rows])

    def _means(self, pool: Pool, clusters: Cells, rows: Rows) -> Floats:
        """Return the mean signal of the rows in each cluster; NaN where there is none."""
        values = pool.number(self.signal)
        known = rows[np.isfinite(values[rows])]
        count = np.bincount(clusters.codes[known], minlength=len(clusters.names))
        total = np.bincount(clusters.codes[known], weights=values[known], minlength=len(clusters.names))
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def reweighted(weights: Floats, means: Floats) -> Floats:
    """Return w_j · s_j / sum_c s_c, normalised to sum 1, with negative s as 0 and missing s as the mean of the others.

    >>> reweighted(np.array([1, 1, 1]) / 3, np.array([2.0, 1.0, 1.0])).tolist()
    [0.5, 0.25, 0.25]
    """
    known = ~np.isnan(means)
    if not (known & (means > 0)).any():
        return weights
    useful = np.maximum(means, 0.0)
    products = weights * np.where(known, useful, useful[known].mean())
    total = float(products.sum())
    return np.asarray(products / total) if total > 0 else weights
