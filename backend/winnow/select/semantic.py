"""Selection against redundancy in meaning: SemDeDup and D4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Floats, Groups, Pool, Rows
from winnow.select.base import Draw, Ranker, ordered
from winnow.select.geometry import Space, closest_earlier, spaced

SEMDEDUP = Paper("SemDeDup: Data-efficient learning at web-scale through semantic deduplication", "2303.09540", 2023)


def sorted_parts(pool: Pool, space: Space, draw: Draw, groups: Groups | None, most: int) -> Iterator[Rows]:
    """Yield parts of at most about `most` documents, those of one group together, in an order free of the pool's."""
    order = draw.order("parts")
    everyone = [np.arange(len(pool))] if groups is None else [rows for _, rows in groups.members()]
    for rows in everyone:
        yield from space.parts(rows[np.argsort(order[rows])], most)


def by_centre(space: Space, rows: Rows, farthest_first: bool) -> Rows:
    """Return rows by cosine to their common centre, the least like it first or last; ties keep their order."""
    like = space.take(rows) @ space.mean(rows).astype(np.float32)
    return rows[np.argsort(like if farthest_first else -like, kind="stable")]


@dataclass(frozen=True, kw_only=True)
class Semdedup(Ranker):
    """Documents without a near-double in meaning in their cluster, in random order.

    Inside each cluster documents are sorted by distance from its centre, the farthest first (`hard`), and document i is
    dropped if its cosine to an earlier document is above 1 - eps. `kept` compares with earlier documents that were kept
    themselves. `earlier` compares with all, as the released code does: a chain a ~ b ~ c then drops c, which nothing
    kept resembles. A larger eps drops more (the released README says the opposite of its code). Clusters above
    `largest` are cut by k-means, so that similarities cost n · largest · d; doubles in different parts are not seen, and
    the selection says how many clusters that concerns.
    Raises SettingError for vectors that are not finite. Source: arXiv 2303.09540.
    """

    name: ClassVar[str] = "semdedup"
    pace: ClassVar[float] = 10
    paper: ClassVar[Paper] = SEMDEDUP

    model: str = param("static", "The encoder whose vectors are compared.")
    cluster: str = param("cluster_name", "The column of clusters, inside which documents are compared.", column="group")
    eps: float = param(
        0.01, "Documents with a cosine above 1 - eps are doubles; a larger eps drops more.", low=0, high=1
    )
    keep: str = param(
        "hard",
        "Which of two doubles stays: the farther from the centre, the nearer, or one by chance.",
        choices=("hard", "easy", "random"),
    )
    compare: str = param(
        "kept", "Compare with earlier documents that were kept, or with all earlier ones.", choices=("kept", "earlier")
    )
    largest: int = param(2000, "The most documents that are compared with each other, about.", low=2)

    def needs(self) -> frozenset[str]:
        return frozenset({f"vectors:{self.model}", self.cluster})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        if self.compare == "earlier":
            unique = self.redundancy(pool, draw) <= 1 - self.eps
        else:
            unique = np.zeros(len(pool), dtype=bool)
            for rows, vectors in self._parts(pool, draw):
                unique[rows] = spaced(vectors, 1 - self.eps)
        return np.where(unique, draw.uniform("semdedup"), -np.inf)

    def redundancy(self, pool: Pool, draw: Draw) -> Floats:
        """Return each document's highest cosine to an earlier one of its part, at least 0: what any eps then cuts."""
        highest = np.zeros(len(pool))
        for rows, vectors in self._parts(pool, draw):
            highest[rows] = closest_earlier(vectors)
        return highest

    def remarks(self, pool: Pool) -> tuple[str, ...]:
        """Say which clusters are larger than is compared at once."""
        sizes = np.array([len(rows) for _, rows in pool.group(self.cluster).members()])
        large = sizes[sizes > self.largest]
        if not len(large):
            return ()
        return (
            f"{len(large)} of {len(sizes)} clusters hold more than {self.largest:,} documents ({large.sum():,} together, the "
            f"largest {large.max():,}) and were cut into parts by k-means: doubles in different parts are not seen. Raise "
            "`largest` to compare more at once.",
        )

    def _parts(self, pool: Pool, draw: Draw) -> Iterator[tuple[Rows, np.ndarray]]:
        space = Space.of(pool, type(self).name, self.model)
        for part in sorted_parts(pool, space, draw, pool.group(self.cluster), self.largest):
            rows = part if self.keep == "random" else by_centre(space, part, self.keep == "hard")
            yield rows, space.take(rows)


@dataclass(frozen=True, kw_only=True)
class D4(Ranker):
    """The least prototypical documents of what semantic deduplication leaves, found by clustering twice.

    First the `dedup_share` of documents with the lowest cosine to an earlier one of their cluster stays (SemDeDup with
    the eps that leaves this share); then those are clustered afresh and taken by distance from their new centre,
    farthest first. Clusters are made by spherical k-means in parts of about `largest`. Raises SettingError for vectors
    that are not finite. Source: arXiv 2308.12284.

    A reconstruction: the order of the steps is the paper's, but the share of 0.75 and the size of clusters were not
    verified, and any encoder stands in for the paper's 125M model.
    """

    name: ClassVar[str] = "d4"
    pace: ClassVar[float] = 33
    paper: ClassVar[Paper] = Paper(
        "D4: Improving LLM Pretraining via Document De-Duplication and Diversification", "2308.12284", 2023
    )
    reconstruction: ClassVar[bool] = True

    model: str = param("static", "The encoder whose vectors are compared.")
    dedup_share: float = param(0.75, "The share of documents that deduplication leaves.", low=0.01, high=1)
    largest: int = param(2000, "The most documents in a cluster, about.", low=2)

    def needs(self) -> frozenset[str]:
        return frozenset({f"vectors:{self.model}"})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        space, highest = Space.of(pool, type(self).name, self.model), np.zeros(len(pool))
        for part in sorted_parts(pool, space, draw, None, self.largest):
            rows = by_centre(space, part, farthest_first=True)
            highest[rows] = closest_earlier(space.take(rows))
        left = ordered(highest, draw.order("d4"))[: max(1, round(self.dedup_share * len(pool)))]
        again = draw.order("d4 again")
        scores = np.full(len(pool), -np.inf)
        for part in space.parts(left[np.argsort(again[left])], self.largest):
            scores[part] = -(space.take(part) @ space.mean(part).astype(np.float32))
        return scores
