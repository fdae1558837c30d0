"""Selection by a bandit over clusters: those whose samples are influential are drawn from, the others still tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.pool import Floats, Pool, Rows
from winnow.select.base import Draw, Picker, ordered
from winnow.select.geometry import Space
from winnow.select.layers import cells, standardized


@dataclass(frozen=True, kw_only=True)
class Quad(Picker):
    """Batches of documents from the clusters that look most influential, found without scoring every document.

    Clusters are the arms of a bandit. Each round takes the `arms` clusters with the largest mean reward
    + alpha · sqrt(2 ln N / (T + 1)), T visits of N in all; draws `sample` documents with an influence from each; the
    reward is their mean influence - threshold; if it is above 0, the cluster's next `batch` documents are chosen. A
    cluster at distance d < radius between centres shares reward · (1 - d / radius) and counts a visit. Documents
    without an influence may be chosen, and clusters without any are not. It ends when the clusters or the rounds do, so
    that fewer documents than the budget may be chosen.

    The released code visits the first clusters of the file first and takes their documents in file order; here both
    orders are drawn by the seed. Its alpha and threshold suit one scale of influences, so that they are brought to mean
    0 and deviation 1 first unless told otherwise. Raises SettingError for vectors that are not finite. The influence is
    a column: of the scorer "influence" for a sample alone (`influence_measured`) or for all, or, nearest to the paper, the
    cosine of "ekfac_influence" with attention. A reconstruction: how the paper factors attention's curvature is not known.
    Source: arXiv 2409.16986.
    """

    name: ClassVar[str] = "quad"
    pace: ClassVar[float] = 2.5
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Harnessing Diversity for Important Data Selection in Pretraining Large Language Models", "2409.16986", 2024
    )

    column: str = param(
        "influence", "How a document changes a model for the better, higher is better.", column="number"
    )
    cluster: str = param("cluster_name", "The column of clusters.", column="group")
    model: str = param("static", "The encoder whose vectors give distances between clusters.")
    alpha: float = param(1e-4, "How much a rarely visited cluster is favoured: 1 explores, 0 only exploits.", low=0)
    threshold: float = param(0.002, "What mean influence a sample must exceed, in deviations if standardised.")
    standardise: bool = param(True, "Bring influences to mean 0 and deviation 1 first.")
    arms: int = param(50, "How many clusters are visited in a round.", low=1)
    sample: int = param(10, "How many documents are looked at per visit.", low=1)
    batch: int = param(2000, "How many documents a visit adds when its reward is above 0.", low=1)
    radius: float = param(0.2, "How near another cluster's centre must be to share a reward; 0 for never.", low=0)
    rounds: int = param(200, "How many rounds at most.", low=1)

    def needs(self) -> frozenset[str]:
        return frozenset({self.column, self.cluster, f"vectors:{self.model}"})

    def remarks(self, pool: Pool) -> tuple[str, ...]:
        """Say when every cluster is visited in every round, so that nothing is left to choose between."""
        clusters = len(cells(pool, self.cluster).names)
        if clusters > self.arms:
            return ()
        return (f"All {clusters} clusters are visited in every round: fewer arms, or more clusters, would choose.",)

    def pick(self, pool: Pool, draw: Draw) -> Rows:
        values = pool.number(self.column)
        if self.standardise:
            values = standardized(values, np.zeros(len(pool), dtype=np.int64), 1)
        groups, chance = cells(pool, self.cluster), draw.order("quad")
        order = np.argsort(chance)
        order = order[np.argsort(groups.codes[order], kind="stable")]
        rows = np.split(order, np.flatnonzero(np.diff(groups.codes[order])) + 1)
        space = Space.of(pool, type(self).name, self.model)
        centres = np.stack([space.mean(part) for part in rows])
        known = [values[part][np.isfinite(values[part])] for part in rows]
        bandit = _Bandit(self, rows, known, centres, np.array([chance[part[0]] for part in rows]))
        return bandit.play()


class _Bandit:
    """One run: what each cluster earned, how often it was visited, and how far it is used up."""

    def __init__(
        self, method: Quad, rows: list[Rows], known: list[Floats], centres: Floats, ties: NDArray[np.uint64]
    ) -> None:
        self.method, self.rows, self.known, self.centres, self.ties = method, rows, known, centres, ties
        self.earned, self.visits = np.zeros(len(rows)), np.zeros(len(rows))
        self.looked, self.used = [0] * len(rows), [0] * len(rows)
        self.open = np.array([len(values) > 0 for values in known])

    def play(self) -> Rows:
        chosen: list[Rows] = [np.empty(0, dtype=np.int64)]
        for _ in range(self.method.rounds):
            scores = upper_bounds(self.earned, self.visits, self.method.alpha)
            places = np.flatnonzero(self.open)
            if len(places) == 0:
                break
            best = places[ordered(-scores[places], self.ties[places])[: self.method.arms]]
            chosen += [self._visit(int(place)) for place in best]
        return np.concatenate(chosen)

    def _visit(self, place: int) -> Rows:
        """Look at a sample of a cluster, share what it earned, and return what is accepted."""
        method, values = self.method, self.known[place]
        seen = values[(self.looked[place] + np.arange(min(method.sample, len(values)))) % len(values)]
        self.looked[place] += len(seen)
        reward = float(seen.mean()) - method.threshold
        share = self._nearness(place)
        self.earned += reward * share
        self.visits += share > 0
        if reward <= 0:
            return np.empty(0, dtype=np.int64)
        start = self.used[place]
        self.used[place] = start + method.batch
        self.open[place] = self.used[place] < len(self.rows[place])
        return self.rows[place][start : start + method.batch]

    def _nearness(self, place: int) -> Floats:
        """Return 1 for the cluster itself, 1 - d / radius for those nearer than the radius, and 0 for the others."""
        cosine = self.centres @ self.centres[place]
        distance = np.sqrt(np.maximum(2 - 2 * cosine, 0))
        share = np.maximum(1 - distance / self.method.radius, 0) if self.method.radius > 0 else np.zeros(len(cosine))
        share[place] = 1.0
        return np.asarray(share, dtype=np.float64)


def upper_bounds(earned: Floats, visits: Floats, alpha: float) -> Floats:
    """Return mean reward + alpha · sqrt(2 ln N / (T + 1)), N = sum of the visits T, at least 1.

    >>> upper_bounds(np.array([1.5]), np.array([5.0]), 0.0).tolist()
    [0.3]
    """
    mean = earned / np.maximum(visits, 1)
    return np.asarray(mean + alpha * np.sqrt(2 * np.log(max(float(visits.sum()), 1.0)) / (visits + 1)))
