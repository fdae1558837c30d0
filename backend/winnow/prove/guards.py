"""What makes a comparison fair: which documents hold a text of the evaluation, and which arms attract them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import binomtest

from winnow.pool import Pool, Rows
from winnow.score.folded import FoldedWords
from winnow.score.overlap import build, find, pairs

RUN, COVERED = 8, 0.5


def holding(batches: Iterable[pa.LargeStringArray], items: Sequence[str]) -> NDArray[np.bool_]:
    """Return which documents cover more than half of an item by shared runs of 8 words (TÜLU 3, arXiv 2411.15124)."""
    index = build(tuple(items), RUN)
    found = []
    for batch in batches:
        mask = np.zeros(len(batch), dtype=bool)
        hits = pairs(find(FoldedWords.of(batch), index), index)
        mask[hits.rows[hits.coverage > COVERED]] = True
        found.append(mask)
    return np.concatenate(found) if found else np.zeros(0, dtype=bool)


@dataclass(frozen=True)
class Amplification:
    """How much more often a selection keeps a leaking document than any other: 1 is by chance (the audit of Gaperon, 2025).

    rate = share of leaking documents kept / share of all documents kept; `low` and `high` its 95 % interval (exact
    binomial, the share of all taken as known).
    """

    leaking: int
    kept: int
    rate: float
    low: float
    high: float


def amplification(pool: Pool, leaking: NDArray[np.bool_], doc_ids: Rows) -> Amplification | None:
    """Return a selection's amplification of leakage, or None where nothing leaks."""
    if not leaking.any() or not len(doc_ids):
        return None
    chosen = np.isin(pool.doc_ids, doc_ids)
    share = float(chosen.mean())
    kept, of = int((chosen & leaking).sum()), int(leaking.sum())
    if share == 0:
        return None
    interval = binomtest(kept, of).proportion_ci(method="exact")
    return Amplification(of, kept, kept / of / share, float(interval.low) / share, float(interval.high) / share)
