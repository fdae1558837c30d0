"""Cosines of a pool's vectors to a target's, in blocks of bounded size and the same for every order of the pool."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from winnow.errors import MissingNeed, SettingError
from winnow.pool import Floats, Pool, Rows
from winnow.select.geometry import Space
from winnow.select.products import Matrix, Products, ahead

HELD = 200_000_000
"""How many cosines are held at once: 0.8 GB."""

LISTED = 32_000_000
"""How many places the lists of all target rows hold at once, of 20 bytes each."""


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

    def blocks(self, wanted: Rows | None = None) -> Iterator[tuple[slice, Matrix]]:
        """Yield places by doc_id and the cosines of the wanted target rows, by default all, to them: [m, b]."""
        products, at = Products(self.target if wanted is None else self.target[wanted]), 0
        for _, vectors in ahead(self.space.blocks(self.order)):
            yield slice(at, at + len(vectors)), products(vectors)
            at += len(vectors)

    def cosines(self) -> Iterator[tuple[int, Matrix]]:
        """Yield the first target row of a block and the cosines of its rows to all documents by doc_id, [t, n]."""
        n, m = len(self.order), len(self.target)
        size = max(1, min(m, HELD // max(n, 1)))
        for first in range(0, m, size):
            wanted = np.arange(first, min(first + size, m))
            found = np.empty((len(wanted), n), dtype=np.float32)
            for places, part in self.blocks(wanted):
                found[:, places] = part
            yield first, found

    def ranks(
        self, most: int | None = None, used: NDArray[np.bool_] | None = None
    ) -> Iterator[tuple[Rows, Rows, Matrix]]:
        """Yield, for each target row, places among the documents that are not used, ranks and cosines of the nearest
        of them, as `ranks_of` gives them."""

        def of(cosines: Matrix) -> tuple[Rows, Rows, Matrix]:
            left = cosines if used is None else cosines[~used]
            places, ranks = ranks_of(left, most)
            return places, ranks, left[places]

        workers = os.cpu_count() or 1
        with ThreadPoolExecutor(workers) as threads:  # sorting leaves the interpreter free
            for _, block in self.cosines():
                for start in range(0, len(block), workers):  # a few at a time: an answer is as long as the pool
                    yield from threads.map(of, block[start : start + workers])

    def first(self, most: int, used: NDArray[np.bool_] | None = None, lowest: float = -np.inf) -> Lists | None:
        """Return, for each target row, the `most` documents of highest cosine that are not used, and all that equal the
        last, but none below `lowest`, in one pass over the vectors; None where these are too many to be held.

        Documents are kept that reach the `most`-th best cosine met so far.
        """
        if most * len(self.target) > LISTED // 2:
            return None
        limits = np.full((len(self.target), 1), lowest, dtype=np.float32)
        parts: list[Lists] = []
        for places, block in self.blocks():
            if used is not None:
                block[:, used[places]] = -np.inf
            if len(parts) == 0 and block.shape[1] > most:
                limits = np.maximum(limits, np.partition(block, -most, axis=1)[:, [-most]])
            at = np.flatnonzero((block >= limits).ravel())
            query, place = np.divmod(at, block.shape[1])
            parts.append(Lists(query, place + places.start, block.ravel()[at]))
            if sum(len(part.query) for part in parts) > max(2 * most * len(self.target), LISTED // 4):
                parts = [Lists.joined(parts).cut(most, limits)]
                if len(parts[0].query) > LISTED:
                    return None
        return Lists.joined(parts).cut(most, limits).unused()

    def best_ranks(self, most: int, used: NDArray[np.bool_] | None = None, lowest: float = -np.inf) -> Floats:
        """Return -(best rank) + (cosine at it) / 4 by doc_id; -inf for a document that is used, that no target row has
        among its first `most`, or only with a cosine below `lowest`. Ranks count documents that are not used."""
        best: Floats = np.full(len(self.order), -np.inf)
        lists = self.first(most, used, lowest)
        if lists is not None:
            lists, ranks = lists.ranked()
            np.maximum.at(best, lists.place, lists.cosine / 4.0 - ranks)
            return best
        left = np.arange(len(best)) if used is None else np.flatnonzero(~used)
        for places, ranks, cosines in self.ranks(most, used):
            near = cosines >= lowest
            best[left[places[near]]] = np.maximum(best[left[places[near]]], cosines[near] / 4.0 - ranks[near])
        return best

    def by_row(self, values: Floats) -> Floats:
        """Return values that stand by doc_id as they stand in the pool."""
        back = np.empty(len(values), dtype=np.float64)
        back[self.order] = values
        return back


@dataclass(frozen=True, eq=False)
class Lists:
    """Lists of documents, one for each target row: entry i says that `query[i]` is as near to `place[i]` as `cosine[i]`."""

    query: Rows
    place: Rows
    cosine: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: Sequence[Lists]) -> Lists:
        return cls(
            np.concatenate([part.query for part in parts]),
            np.concatenate([part.place for part in parts]),
            np.concatenate([part.cosine for part in parts]),
        )

    def unused(self) -> Lists:
        """Leave out the entries of cosine -inf."""
        kept = self.cosine > -np.inf
        return self if kept.all() else Lists(self.query[kept], self.place[kept], self.cosine[kept])

    def split(self) -> list[Lists]:
        """Return one list for each target row that has entries, in order of rows."""
        order = np.argsort(self.query, kind="stable")
        cuts = np.flatnonzero(np.diff(self.query[order])) + 1
        return [Lists(self.query[rows], self.place[rows], self.cosine[rows]) for rows in np.split(order, cuts)]

    def cut(self, most: int, limits: Matrix) -> Lists:
        """Leave the `most` best of each list and all that equal the last; raise `limits`, [m, 1], to the last's cosine."""
        kept = []
        for part in self.split():
            if len(part.query) > most:
                last = np.partition(part.cosine, -most)[-most]
                limits[part.query[0]] = last
                rows = np.flatnonzero(part.cosine >= last)
                part = Lists(part.query[rows], part.place[rows], part.cosine[rows])
            kept.append(part)
        return Lists.joined(kept)

    def ranked(self) -> tuple[Lists, Rows]:
        """Return the entries by target row, best first, and their ranks from 1; equal cosines share the better rank."""
        order = np.lexsort((self.place, -self.cosine, self.query))
        query, cosine = self.query[order], self.cosine[order]
        new = np.append(True, query[1:] != query[:-1])[: len(query)]
        fresh = new | np.append(True, cosine[1:] != cosine[:-1])[: len(query)]
        place = np.arange(len(query))
        start = np.maximum.accumulate(np.where(new, place, 0))
        ranks = np.maximum.accumulate(np.where(fresh, place, 0)) - start + 1
        return Lists(query, self.place[order], cosine), ranks


def ranks_of(cosines: NDArray[np.float32], most: int | None = None) -> tuple[Rows, Rows]:
    """Return the places of the highest cosines, best first, and their ranks from 1; equal cosines share the better rank.

    With `most`, only as many, and all that equal the last.

    >>> [part.tolist() for part in ranks_of(np.array([0.5, 0.9, 0.5, 0.1], dtype=np.float32))]
    [[1, 0, 2, 3], [1, 2, 2, 4]]
    """
    if most is not None and most < len(cosines):
        limit = np.partition(cosines, -most)[-most]
        places = np.flatnonzero(cosines >= limit)
        places = places[np.argsort(-cosines[places], kind="stable")]
    else:
        places = np.argsort(-cosines, kind="stable")
    values = cosines[places]
    first = np.append(True, values[1:] != values[:-1])[: len(values)]
    return places, np.maximum.accumulate(np.where(first, np.arange(1, len(values) + 1), 0))
