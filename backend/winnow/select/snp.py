"""Selection by search and prune: clusters that together resemble the target, then documents that lie far apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Hashes, Pool, Rows, Selection
from winnow.select.base import Draw, Selector
from winnow.select.coverage import MOST_COMPARISONS, farthest_first
from winnow.select.frechet import Moments, distances, principal, square_root
from winnow.select.nearness import Nearness

MOST_CLUSTERS = 10_000
"""How many clusters may be searched: their covariances of 64 dimensions take 0.3 GB."""

SAMPLE = 20_000
"""How many documents decide, with the target, which dimensions are kept."""


@dataclass(frozen=True)
class Search:
    """Clusters by their own distance to the target, nearest first; the distance of the first k together; and how many of
    them are kept, which is where that is least."""

    names: tuple[str, ...]
    alone: tuple[float, ...]
    together: tuple[float, ...]
    kept: int


@dataclass(frozen=True, kw_only=True)
class Snp(Selector):
    """Documents from the clusters that together come nearest to the target, chosen to lie far apart.

    Search: clusters are sorted by FD(cluster, target), FD = |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)) with means m and
    covariances S of unit vectors, and joined one by one; kept are the first k, for the k whose union has the lowest FD of
    all. Prune: one document of every cluster, then the one farthest from all before it, until the budget is met; or, with
    `prune` random, by chance. At most `clusters` of them, drawn by chance, are used. Vectors are first projected onto the
    `dimensions` in which pool and target vary most, since FD of a few documents in many dimensions is noise.

    Unlike the released code, the documents that stand for clusters are centres of the farthest-first choice (there a copy
    of an empty mask leaves them out), the union is measured whole, and clusters need not be of equal size. Quality plays
    no part. May spend less than was asked. Raises SettingError above 10,000 clusters, and for `far` above 2.5e8
    comparisons. Source: arXiv 2303.16186, on images of people there.
    """

    name: ClassVar[str] = "snp"
    pace: ClassVar[float] = 3
    paper: ClassVar[Paper] = Paper("Large-scale Training Data Search for Object Re-identification", "2303.16186", 2023)

    model: str = param("static", "The encoder whose vectors are compared.")
    cluster: str = param("cluster_name", "The column of clusters that are searched.", column="group")
    dimensions: int = param(64, "How many dimensions are compared.", low=1, high=512)
    clusters: int = param(0, "How many of the clusters found are used at most, drawn by chance; 0 means all.", low=0)
    prune: str = param(
        "far", "Inside the clusters found take documents that lie far apart, or by chance.", choices=("far", "random")
    )

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}", self.cluster})

    def search(self, pool: Pool) -> Search:
        """Return the distances that decide which clusters are kept; raises MissingNeed, SettingError."""
        pool.require("snp", self.needs())
        return self._search(Nearness.of(pool, "snp", self.model), self._members(pool), Draw(pool, 0))

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        near, members, keys = Nearness.of(pool, "snp", self.model), self._members(pool), draw.order("snp")
        search = self._search(near, members, Draw(pool, 0))
        groups = [members[name][np.argsort(keys[members[name]])] for name in search.names[: search.kept]]
        if 0 < self.clusters < len(groups):
            chance = draw.order("snp clusters")
            groups = [groups[k] for k in np.argsort([chance[rows].min() for rows in groups])[: self.clusters]]
        costs, amount = budget.costs(pool), budget.amount(pool)
        order = self._pruned(near, groups, keys, costs, amount)
        return Selection.once(order[: budget.cut(costs[order], amount)])

    def _members(self, pool: Pool) -> dict[str, Rows]:
        members = dict(pool.group(self.cluster).members())
        if len(members) > MOST_CLUSTERS:
            raise SettingError(
                f"snp searches at most {MOST_CLUSTERS:,} clusters",
                f"column '{self.cluster}' has {len(members):,}",
                "--set cluster=cluster_name, or another column of fewer groups",
            )
        return members

    def _search(self, near: Nearness, members: dict[str, Rows], fixed: Draw) -> Search:
        sample = np.argsort(fixed.order("snp sample"))[:SAMPLE]
        basis = principal(near.target, near.space.take(sample), self.dimensions)
        aim = Moments.of([near.target @ basis])
        mean, covariance = aim.gaussian()
        root = square_root(covariance)
        place = np.argsort(near.order)  # sums run by doc_id, so that the order of the pool changes no bit of them
        own = []
        for rows in members.values():
            blocks = near.space.blocks(rows[np.argsort(place[rows])])
            own.append(Moments.of([vectors @ basis for _, vectors in blocks]))
        parts = Moments.stacked(own)
        alone = distances(parts, mean, root)
        names = list(members)
        order = sorted(range(len(names)), key=lambda k: (alone[k], names[k]))
        together = distances(parts.running(np.array(order)), mean, root)
        return Search(
            tuple(names[k] for k in order),
            tuple(float(alone[k]) for k in order),
            tuple(together.tolist()),
            int(together.argmin()) + 1,
        )

    def _pruned(self, near: Nearness, groups: list[Rows], keys: Hashes, costs: Rows, amount: float) -> Rows:
        firsts, rest = np.array([rows[0] for rows in groups]), np.concatenate([rows[1:] for rows in groups])
        rows = np.concatenate([firsts, rest[np.argsort(keys[rest])]])
        if self.prune == "random":
            return rows
        picks = min(len(rows), int(amount / max(float(costs[rows].mean()), 1e-9)) + 1)
        if float(picks) * len(rows) > MOST_COMPARISONS:
            raise SettingError(
                f"snp makes at most {MOST_COMPARISONS:,.0f} comparisons",
                f"{len(rows):,} documents in {len(groups):,} clusters and {picks:,} choices make more",
                f"--set prune=random, --docs {max(1, int(MOST_COMPARISONS / len(rows)))}, or --set clusters=N",
            )
        return rows[farthest_first(near.space.take(rows), costs[rows], amount, np.arange(len(firsts)))]
