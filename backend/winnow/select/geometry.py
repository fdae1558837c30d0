"""Vectors of documents as spread selectors use them: checked once, read in blocks, cut into parts of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.pool import Floats, Pool, Rows, Vectors
from winnow.select.products import Matrix

BLOCK = 16_384
"""How many vectors are read at once."""

BRANCHES = 32
"""How many ways k-means cuts at once: a tree of cuts costs n · (32 + 32), not n · 1000, to reach 1000 parts."""

ROUNDS = 6
"""How often k-means moves its centres; a partition needs no fine optimum."""


@dataclass(frozen=True, eq=False)
class Space:
    """Vectors of a pool, [n, d], and one over the length of each, float32 [n]; 0 for a vector of zeros."""

    vectors: Vectors
    scale: NDArray[np.float32]

    @classmethod
    def of(cls, pool: Pool, who: str, model: str) -> Space:
        """Check the vectors of an encoder; raises SettingError if some are not finite."""
        vectors = pool.vectors[model]
        lengths = np.empty(len(vectors), dtype=np.float32)
        for start in range(0, len(vectors), BLOCK):
            block = vectors[start : start + BLOCK].astype(np.float32)
            lengths[start : start + BLOCK] = np.sqrt(np.einsum("nd,nd->n", block, block))
        broken = int((~np.isfinite(lengths)).sum())
        if broken:
            raise SettingError(
                f"{who} needs whole vectors of '{model}'",
                f"{broken:,} of {len(vectors):,} documents have one that is not finite",
                f"winnow embed --model {model}",
            )
        return cls(vectors, np.where(lengths > 0, 1 / np.maximum(lengths, 1e-30), 0).astype(np.float32))

    def take(self, rows: Rows) -> Matrix:
        """Return the vectors of some rows at unit length, float32 [m, d]."""
        taken = self.vectors[rows].astype(np.float32)
        taken *= self.scale[rows, None]
        return taken

    def blocks(self, rows: Rows) -> Iterator[tuple[Rows, Matrix]]:
        for start in range(0, len(rows), BLOCK):
            part = rows[start : start + BLOCK]
            yield part, self.take(part)

    def mean(self, rows: Rows) -> Floats:
        """Return the unit vector along the sum of the vectors of some rows, float64 [d]; zeros if they cancel out."""
        total = np.zeros(self.vectors.shape[1])
        for _, block in self.blocks(rows):
            total += block.sum(axis=0, dtype=np.float64)
        length = float(np.sqrt(total @ total))
        return total / length if length > 1e-12 else total * 0

    def parts(self, rows: Rows, most: int) -> list[Rows]:
        """Cut rows into parts of about `most` by spherical k-means, at most `BRANCHES` ways at a time.

        Rows keep their order inside a part, and the order decides the first centres: give them in an order that does
        not depend on the pool. Vectors that k-means cannot tell apart stay in one part, whatever its size.
        """
        if len(rows) <= most:
            return [rows]
        labels = self._nearest(rows, self._centres(rows, min(BRANCHES, -(-len(rows) // most))))
        order = np.argsort(labels, kind="stable")
        found = np.split(rows[order], np.flatnonzero(np.diff(labels[order])) + 1)
        if len(found) == 1:
            return found
        return [part for one in found for part in (self.parts(one, most) if len(one) > 1.5 * most else [one])]

    def _centres(self, rows: Rows, k: int) -> Matrix:
        sample = self.take(rows[: max(BLOCK, 32 * k)])
        centres = sample[:k]
        for _ in range(ROUNDS):
            labels = (sample @ centres.T).argmax(axis=1)
            order = np.argsort(labels, kind="stable")
            used, starts = np.unique(labels[order], return_index=True)
            moved = centres.copy()
            moved[used] = np.add.reduceat(sample[order], starts, axis=0)
            lengths = np.linalg.norm(moved, axis=1, keepdims=True)
            centres = np.where(lengths > 1e-6, moved / np.maximum(lengths, 1e-6), centres).astype(np.float32)
        return centres

    def _nearest(self, rows: Rows, centres: Matrix) -> Rows:
        labels = [(block @ centres.T).argmax(axis=1) for _, block in self.blocks(rows)]
        return np.concatenate(labels).astype(np.int64)


def closest_earlier(vectors: Matrix, block: int = 512) -> NDArray[np.float32]:
    """Return the highest cosine of each unit vector to one before it, float32 [n], at least 0, and 0 for the first."""
    highest = np.zeros(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), block):
        own = vectors[start : start + block]
        cosines = own @ vectors[: start + len(own)].T
        later = np.arange(start + len(own)) >= np.arange(start, start + len(own))[:, None]
        cosines[later] = 0
        highest[start : start + block] = np.maximum(cosines.max(axis=1), 0)
    return highest


def spaced(vectors: Matrix, limit: float, block: int = 512) -> NDArray[np.bool_]:
    """Return which unit vectors are kept when each, in order, is kept if no kept one before has a cosine above limit."""
    kept = np.zeros(len(vectors), dtype=bool)
    for start in range(0, len(vectors), block):
        own = vectors[start : start + block]
        free = np.ones(len(own), dtype=bool)
        earlier = np.flatnonzero(kept[:start])
        for first in range(0, len(earlier), BLOCK):
            free &= (own @ vectors[earlier[first : first + BLOCK]].T).max(axis=1) <= limit
        near = np.tril(own @ own.T > limit, -1)
        near[:, ~free] = False
        for place in np.flatnonzero(free & near.any(axis=1)):  # one by one, as each decision rests on those before
            free[place] = not (near[place] & free).any()
        kept[start : start + block] = free
    return kept
