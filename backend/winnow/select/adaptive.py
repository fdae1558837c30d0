"""Selection that chooses, for every cluster, the score that tells its documents apart best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, Selector, ordered
from winnow.select.geometry import Space, closest_earlier
from winnow.select.layers import Cells, Layers, cells, squarable

LARGEST = 2000
"""The most documents whose similarities are computed at once, about."""


@dataclass(frozen=True, kw_only=True)
class AdaptInfinity(Selector):
    """Equal parts for every cluster, sampled evenly over the range of the score that varies most in that cluster.

    For each cluster and score: the entropy, in bits, of the score standardised inside the cluster, in `bins` equal bins
    on [-4, 4]. The score with the highest entropy is used: its lowest and highest `tail` of documents are cut off, the
    range between them is divided into bins, and the cluster's budget is drawn equally from them. Before that, each
    cluster loses the documents that are most similar to an earlier one until `pool_share` of it is left; the first of
    two doubles stays. Clusters share the budget equally, and what a small one lacks goes to the others.

    The released code takes the bins on the scale of the score before it is standardised, and so prefers the score with
    the smallest deviation; it also overshoots by rounding up, draws one document several times, divides by zero above
    the pool's size and fails on a constant score. Here a score a · x + b, a > 0, counts as x, and the rest does not
    occur. Raises SettingError for vectors that are not finite. Source: arXiv 2410.10636.

    A reconstruction for text: the paper clusters gradients of a model and scores images with it; here given clusters,
    an encoder's vectors and columns stand in for them.
    """

    name: ClassVar[str] = "adapt_infinity"
    pace: ClassVar[float] = 10
    paper: ClassVar[Paper] = Paper(
        "Adapt-infinity: Scalable Continual Multimodal Instruction Tuning via Dynamic Data Selection",
        "2410.10636",
        2024,
    )
    reconstruction: ClassVar[bool] = True

    scores: tuple[str, ...] = param(("quality", "toxicity"), "The columns to choose among, cluster by cluster.")
    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    bins: int = param(50, "How many equal bins a score is divided into.", low=1)
    tail: float = param(0.05, "What share of a cluster is cut off at either end of its score.", low=0, high=0.49)
    pool_share: float = param(0.9, "What share of each cluster stays when similar documents go.", low=0.01, high=1)
    model: str = param("static", "The encoder whose vectors tell which documents are similar.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.scores:
            raise SettingError("adapt_infinity needs a score", "no column was named", "--set scores=quality,toxicity")

    def needs(self) -> frozenset[str]:
        vectors = {f"vectors:{self.model}"} if self.pool_share < 1 else set()
        return frozenset({self.cluster, *self.scores} | vectors)

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        costs, clusters, ties = budget.costs(pool), cells(pool, self.cluster), draw.order("adapt")
        places = np.full(len(pool), -1)
        for rows in self._pruned(pool, clusters, draw):
            values = pool.number(self._best(pool, rows))
            places[rows] = even_bins(values[rows], self.bins, self.tail)
        codes = clusters.codes * self.bins + np.maximum(places, 0)
        chance = np.where(places >= 0, draw.uniform("adapt bins"), np.nan)
        widths = np.ones(len(clusters.names) * self.bins)
        order = Layers(codes, widths, chance, ties, costs).order()
        keys = np.full(len(pool), np.nan)
        keys[order] = -np.arange(len(order), dtype=np.float64)
        layers = Layers(clusters.codes, np.ones(len(clusters.names)), keys, ties, costs)
        return layers.pour(budget, budget.amount(pool))

    def entropies(self, pool: Pool) -> dict[str, dict[str, float]]:
        """Return the entropy of each score in each cluster before pruning, in bits; the highest is the one used."""
        pool.require(type(self).name, self.needs())
        clusters, draw = cells(pool, self.cluster), Draw(pool, 0)
        return {
            clusters.names[clusters.codes[rows[0]]][0]: {
                score: entropy(pool.number(score)[rows], self.bins) for score in self.scores
            }
            for rows in _members(clusters, draw)
        }

    def _best(self, pool: Pool, rows: Rows) -> str:
        return max(self.scores, key=lambda score: entropy(pool.number(score)[rows], self.bins))

    def _pruned(self, pool: Pool, clusters: Cells, draw: Draw) -> list[Rows]:
        """Return each cluster's documents without those most similar to an earlier one."""
        groups = _members(clusters, draw)
        if self.pool_share == 1:
            return groups
        space, chance = Space.of(pool, type(self).name, self.model), draw.order("adapt prune")
        highest, kept = np.empty(len(pool)), []
        for rows in groups:
            for part in space.parts(rows, LARGEST):
                highest[part] = closest_earlier(space.take(part))
            least = ordered(highest[rows], chance[rows])[: max(1, round(self.pool_share * len(rows)))]
            kept.append(rows[np.sort(least)])
        return kept


def _members(clusters: Cells, draw: Draw) -> list[Rows]:
    order = np.argsort(draw.order("adapt members"))
    order = order[np.argsort(clusters.codes[order], kind="stable")]
    return np.split(order, np.flatnonzero(np.diff(clusters.codes[order])) + 1) if len(order) else []


def entropy(values: Floats, bins: int) -> float:
    """Return the entropy in bits of the finite values, standardised, in equal bins on [-4, 4]; 0 for a constant.

    >>> entropy(np.array([0.0, 0.0, 10.0, 10.0]), 8)
    1.0
    """
    finite = values[np.isfinite(values)]
    if len(finite) == 0 or finite.min() == finite.max():
        return 0.0
    finite = squarable(finite, np.arange(len(finite)))
    standard = (finite - finite.mean()) / finite.std()
    counts = np.histogram(np.clip(standard, -4, 4), bins=bins, range=(-4, 4))[0]
    share = counts[counts > 0] / len(finite)
    return float(-(share * np.log2(share)).sum())


def even_bins(values: Floats, bins: int, tail: float) -> Rows:
    """Return the bin of each value between its tails, and -1 for the tails and for what is missing.

    Of n sorted values those at most the one at place int(n · tail), and above the one at int(n · (1 - tail)), are
    tails; where a tail holds no document or no range is left, nothing is cut.
    """
    values = squarable(values, np.flatnonzero(np.isfinite(values)))
    finite = np.sort(values[np.isfinite(values)])
    places = np.full(len(values), -1)
    if len(finite) == 0:
        return places
    first, last = int(len(finite) * tail), min(int(len(finite) * (1 - tail)), len(finite) - 1)
    low, high = finite[first], finite[last]
    cut = first > 0 and low < high
    low, high = (low, high) if cut else (finite[0], finite[-1])
    inside = np.isfinite(values) & ((values > low) | ~np.array(cut)) & (values <= high)
    steps = (values[inside] - low) / ((high - low) / bins or 1.0)
    place = np.ceil(steps) - 1 if cut else np.floor(steps)
    places[inside] = np.clip(place, 0, bins - 1).astype(np.int64)
    return places
