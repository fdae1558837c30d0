"""Exact nearest neighbours, every row looked at: the truth that approximate indexes are held against."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from winnow.device import device as best_device
from winnow.embed.matrix import Matrix, Parts
from winnow.errors import SettingError
from winnow.index.resident import Resident
from winnow.index.scan import best_rows, scannable

Queries = NDArray[np.float32]
Found = tuple[NDArray[np.int64], NDArray[np.float32]]

EXACT_ROWS = 1_000_000
"""Up to this many rows exact search on a processor answers well within a second and needs no index."""
BLOCK_BYTES = 64 << 20
FEW_QUERIES = 8
"""Up to so many queries are asked one by one, without widening the matrix; more share one product with it."""


class ExactIndex:
    """Finds the rows of largest inner product (cosine, for unit vectors); among equals the lowest row comes first.

    `matrix` float16 or float32 [n, d], or a list of such parts; it is read in blocks and never copied whole.
    `device` is "auto" (a GPU when torch sees one, else the processor), "cpu", or a torch device.
    """

    def __init__(self, matrix: Matrix | Parts, *, device: str = "auto") -> None:
        self.matrix = matrix if isinstance(matrix, Matrix) else Matrix(matrix)
        self.device = best_device() if device == "auto" else device
        self._resident = None if self.device == "cpu" else Resident(self.matrix, self.device)

    def nearest(
        self, queries: Queries, k: int, *, allowed: NDArray[np.bool_] | NDArray[np.integer] | None = None
    ) -> Found:
        """Return (rows int64 [q, k], scores float32 [q, k]), best first.

        `allowed` is a mask [n] or an array of rows; where fewer than k rows are left, row -1 with score -inf fills up.
        Raises SettingError for queries of another width.
        """
        queries, rows = as_queries(queries, self.matrix.shape[1]), allowed_rows(allowed, len(self.matrix))
        if rows is None and self._resident is None and len(queries) <= FEW_QUERIES and 0 < k < len(self.matrix):
            found = self._scanned(queries, k)
            if found is not None:
                return found
        best = _Best(len(queries), k)
        for some, scores in self._candidates(queries, k, rows):
            best.offer(some, scores)
        return best.rows, best.scores

    def _scanned(self, queries: Queries, k: int) -> Found | None:
        if not scannable(self.matrix.parts):
            return None
        found = [best_rows(self.matrix.parts, query, k) for query in queries]
        whole = [one for one in found if one is not None]
        if len(whole) < len(found):
            return None
        return np.stack([rows for rows, _ in whole]), np.stack([scores for _, scores in whole])

    def _candidates(
        self, queries: Queries, k: int, allowed: NDArray[np.int64] | None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        if self._resident is not None:
            return self._resident.candidates(queries, k, allowed) if k > 0 else iter(())
        blocks = self._blocks(len(queries), allowed)
        return ((rows, queries @ block.astype(np.float32, copy=False).T) for rows, block in blocks)

    def _blocks(
        self, queries: int, allowed: NDArray[np.int64] | None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.floating]]]:
        total, width = self.matrix.shape
        size = max(1024, BLOCK_BYTES // (4 * max(width, queries)))
        for start in range(0, total if allowed is None else len(allowed), size):
            if allowed is None:
                block = self.matrix[start : start + size]
                yield np.arange(start, start + len(block)), block
            else:
                rows = allowed[start : start + size]
                yield rows, self.matrix[rows]


class _Best:
    """The best k of all blocks offered so far, kept sorted by (score descending, row ascending)."""

    def __init__(self, queries: int, k: int) -> None:
        self.k = max(k, 0)
        self.rows = np.full((queries, self.k), -1, dtype=np.int64)
        self.scores = np.full((queries, self.k), -np.inf, dtype=np.float32)

    def offer(self, rows: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        """Take a block's scores [q, b]; its rows are higher than every row offered before."""
        if not self.k or not len(rows):
            return
        # Rows ascend from block to block, so an equal score never displaces an earlier row.
        floor = self.scores[:, -1:]
        query, column = np.nonzero(scores > floor)
        if len(query) > 4 * len(scores) * self.k and scores.shape[1] > self.k:
            kth = np.partition(scores, -self.k, axis=1)[:, -self.k, None]
            query, column = np.nonzero((scores >= kth) & (scores > floor))
        known, place = np.nonzero(self.rows >= 0)
        every_query = np.concatenate([known, query])
        every_row = np.concatenate([self.rows[known, place], rows[column]])
        every_score = np.concatenate([self.scores[known, place], scores[query, column]])
        order = np.lexsort((every_row, -every_score, every_query))
        every_query = every_query[order]
        rank = np.arange(len(order)) - np.searchsorted(every_query, every_query)
        kept = rank < self.k
        order, rank, every_query = order[kept], rank[kept], every_query[kept]
        self.rows[every_query, rank] = every_row[order]
        self.scores[every_query, rank] = every_score[order]


def as_queries(queries: NDArray[np.floating], width: int) -> Queries:
    """Return float32 [q, d]; raises SettingError for another width."""
    found = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
    if found.shape[1] != width:
        raise SettingError(
            f"this index holds vectors of {width} dimensions",
            f"the query has {found.shape[1]}",
            "use the encoder that made the vectors",
        )
    return found


def allowed_rows(allowed: NDArray[np.bool_] | NDArray[np.integer] | None, total: int) -> NDArray[np.int64] | None:
    """Return ascending unique rows from a mask or from rows; None allows every row."""
    if allowed is None:
        return None
    allowed = np.asarray(allowed)
    if allowed.dtype == bool:
        if len(allowed) != total:
            raise ValueError(f"a mask of {len(allowed)} rows was given for a matrix of {total}")
        return np.flatnonzero(allowed).astype(np.int64)
    rows = np.unique(allowed.astype(np.int64))
    if len(rows) and (rows[0] < 0 or rows[-1] >= total):
        raise ValueError(f"rows lie in 0..{total - 1}, found {rows[0]}..{rows[-1]}")
    return rows
