"""Cosines of a pool's vectors to a target's, in blocks of bounded size and the same for every order of the pool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.errors import MissingNeed, SettingError
from winnow.pool import Floats, Pool, Rows
from winnow.select.geometry import Matrix, Space

HELD = 64_000_000
"""How many cosines are held at once: 256 MB."""


@dataclass(frozen=True, eq=False)
class Nearness:
    """Unit vectors of a target, float32 [m, d], and of a pool; `examples` names the target text of each.

    `order` is the pool by doc_id: products of blocks depend in their last bit on where a row stands, so rows always
    stand in this order. A document or target text without a vector, all zeros, has cosine 0; such target texts are
    left out.
    """

    space: Space
    order: Rows
    target: Matrix
    examples: Rows

    @classmethod
    def of(cls, pool: Pool, who: str, model: str) -> Nearness:
        """Check both sides; raises MissingNeed, and SettingError for vectors that are not finite or of no text."""
        assert pool.target is not None
        if model not in pool.target.vectors:
            raise MissingNeed(f"{who} needs vectors of '{model}' of the target", "it has none", "--target FILE")
        raw = np.asarray(pool.target.vectors[model], dtype=np.float32)
        if not np.isfinite(raw).all():
            raise SettingError(f"{who} needs whole vectors of the target", "some are not finite", "--target FILE")
        lengths = np.linalg.norm(raw, axis=1) if len(raw) else np.zeros(0, np.float32)
        examples = np.flatnonzero(lengths > 0)
        if len(examples) == 0:
            found = f"none of its {len(raw):,} has words that '{model}' knows"
            raise SettingError(f"{who} needs a target with text", found, "--target FILE with text")
        if len(pool) and raw.shape[1] != pool.vectors[model].shape[1]:
            found = f"{raw.shape[1]} and {pool.vectors[model].shape[1]} numbers a vector"
            raise SettingError(f"{who} needs target and pool of one encoder", found, f"winnow embed --model {model}")
        target = raw[examples] / lengths[examples, None]
        return cls(Space.of(pool, who, model), np.argsort(pool.doc_ids, kind="stable"), target, examples)

    def cosines(self) -> Iterator[tuple[int, Matrix]]:
        """Yield the first target row of a block and the cosines of its rows to all documents by doc_id, [t, n]."""
        n, m = len(self.order), len(self.target)
        size = max(1, min(m, HELD // max(n, 1)))
        for first in range(0, m, size):
            part = self.target[first : first + size]
            found = np.empty((len(part), n), dtype=np.float32)
            at = 0
            for _, vectors in self.space.blocks(self.order):
                found[:, at : at + len(vectors)] = part @ vectors.T
                at += len(vectors)
            yield first, found

    def by_row(self, values: Floats) -> Floats:
        """Return values that stand by doc_id as they stand in the pool."""
        back = np.empty(len(values), dtype=np.float64)
        back[self.order] = values
        return back


def ranks_of(cosines: NDArray[np.float32], most: int | None = None) -> tuple[Rows, Rows]:
    """Return the places of the highest cosines, best first, and their ranks from 1; equal cosines share the better rank.

    With `most`, only as many, and all that equal the last.

    >>> [part.tolist() for part in ranks_of(np.array([0.5, 0.9, 0.5, 0.1], dtype=np.float32))]
    [[1, 0, 2, 3], [1, 2, 2, 4]]
    """
    if most is not None and most < len(cosines):
        limit = np.partition(cosines, len(cosines) - most)[len(cosines) - most]
        places = np.flatnonzero(cosines >= limit)
        places = places[np.argsort(-cosines[places], kind="stable")]
    else:
        places = np.argsort(-cosines, kind="stable")
    values = cosines[places]
    first = np.append(True, values[1:] != values[:-1])[: len(values)]
    return places, np.maximum.accumulate(np.where(first, np.arange(1, len(values) + 1), 0))
