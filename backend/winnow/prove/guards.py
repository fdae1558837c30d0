"""What makes a comparison fair: which documents hold a text of the evaluation, and which arms attract them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import binomtest

from winnow.pool import Pool, Rows
from winnow.score.folded import FoldedWords
from winnow.score.overlap import Pairs, build, find, pairs

RUN, COVERED = 8, 0.5


def holding(batches: Iterable[pa.LargeStringArray], items: Sequence[str]) -> NDArray[np.bool_]:
    """Return which documents cover more than half of an item by shared runs of 8 words (TÜLU 3, arXiv 2411.15124)."""
    found = [np.zeros(0, dtype=bool)]
    for size, hits in _hits(batches, items):
        mask = np.zeros(size, dtype=bool)
        mask[hits.rows[hits.coverage > COVERED]] = True
        found.append(mask)
    return np.concatenate(found)


def covered(batches: Iterable[pa.LargeStringArray], items: Sequence[str]) -> NDArray[np.bool_]:
    """Return which items a single document covers so: the same join, seen from the items."""
    found = np.zeros(len(items), dtype=bool)
    for _, hits in _hits(batches, items):
        found[hits.items[hits.coverage > COVERED]] = True
    return found


def _hits(batches: Iterable[pa.LargeStringArray], items: Sequence[str]) -> Iterator[tuple[int, Pairs]]:
    """Yield how many documents a batch has, and which of them share runs with which items."""
    index = build(tuple(items), RUN)
    for batch in batches:
        yield len(batch), pairs(find(FoldedWords.of(batch), index), index)


@dataclass(frozen=True)
class Amplification:
    """How much more often a selection keeps a leaking document than any other: 1 is by chance (the audit of Gaperon, 2025).

    rate = share of leaking documents kept / share of all documents kept; `low` and `high` its 95 % interval (exact
    binomial, the share of all taken as known). A leaking document counts once for every draw.
    """

    leaking: int
    kept: int
    rate: float
    low: float
    high: float


def amplification(pool: Pool, leaking: NDArray[np.bool_], draws: Sequence[Rows]) -> Amplification | None:
    """Return the amplification of leakage of a selection, or of all draws of a control; None where nothing leaks."""
    chosen = np.array([np.isin(pool.doc_ids, doc_ids) for doc_ids in draws])
    share, of = float(chosen.mean()), int(leaking.sum()) * len(draws)
    if share == 0 or of == 0:
        return None
    kept = int((chosen & leaking).sum())
    interval = binomtest(kept, of).proportion_ci(method="exact")
    return Amplification(of, kept, kept / of / share, float(interval.low) / share, float(interval.high) / share)
