"""Inner products straight from stored float16 rows: nothing is widened, copied or joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

ROWS = 65_536
"""Rows that one thread scans at a time."""


def scannable(parts: Sequence[NDArray[np.floating]]) -> bool:
    """Whether every part is float16 and lies row by row in memory or in a mapped file."""
    return all(part.dtype == np.float16 and part.flags.c_contiguous for part in parts)


def best_rows(
    parts: Sequence[NDArray[np.floating]], query: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
    """Return (rows, scores) of the k largest inner products with one query [d], best first and low rows first.

    None where the k-th score is also the next one's: which of the equal rows belong is then for a full sort to say.
    Vector instructions multiply float16 by float32 as they read, some ten times as fast as NumPy, which widens first.
    """
    spans = list(_spans(parts))
    with ThreadPoolExecutor(min(faiss.omp_get_max_threads(), max(len(spans), 1))) as pool:
        found = list(pool.map(lambda span: _scan(span[0], span[1], query, k + 1), spans))
    rows = np.concatenate([rows for rows, _ in found])
    scores = np.concatenate([scores for _, scores in found])
    order = np.lexsort((rows, -scores))[: k + 1]
    if len(order) > k and scores[order[k - 1]] == scores[order[k]]:
        return None
    return rows[order[:k]], scores[order[:k]]


def every_row(parts: Sequence[NDArray[np.floating]], query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the inner product of every row with one query [d]: float32 [n]."""
    if not scannable(parts):
        return np.concatenate(
            [np.empty(0, np.float32), *(part.astype(np.float32, copy=False) @ query for part in parts)]
        )
    scores = np.full(sum(map(len, parts)), -np.inf, dtype=np.float32)

    def fill(span: tuple[int, NDArray[np.floating]]) -> None:
        rows, found = _scan(span[0], span[1], query, len(span[1]))
        scores[rows] = found

    spans = list(_spans(parts))
    with ThreadPoolExecutor(min(faiss.omp_get_max_threads(), max(len(spans), 1))) as pool:
        list(pool.map(fill, spans))
    return scores


def _spans(parts: Sequence[NDArray[np.floating]]) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """Yield (first row, rows) of every piece of work."""
    first = 0
    for part in parts:
        for start in range(0, len(part), ROWS):
            yield first + start, part[start : start + ROWS]
        first += len(part)


def _scan(
    first: int, rows: NDArray[np.floating], query: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    quantizer: Any = faiss.ScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_fp16)
    # Without names the scanner numbers rows by their place in the list, of which there is one.
    scanner: Any = quantizer.select_InvertedListScanner(faiss.METRIC_INNER_PRODUCT, None, True, None, False)
    scores = np.full(k, -np.inf, dtype=np.float32)
    found = np.full(k, -1, dtype=np.int64)
    query = np.ascontiguousarray(query, dtype=np.float32)
    codes = rows.view(np.uint8).reshape(-1)
    scanner.set_query(faiss.swig_ptr(query))
    scanner.set_list(0, 0.0)
    scanner.scan_codes(len(rows), faiss.swig_ptr(codes), None, faiss.swig_ptr(scores), faiss.swig_ptr(found), k)
    real = found >= 0
    return found[real] + first, scores[real]
