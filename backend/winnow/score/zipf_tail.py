"""How much of a document is made of rare words, and how steeply its own words fall off in frequency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.method import Paper, param
from winnow.score.base import SketchScorer, Values
from winnow.score.causal import Floats, columns_of, quotient
from winnow.score.folded import FoldedWords

BITS = 20
"""Words are counted in 2**BITS buckets: a rare word that shares one with a frequent word passes for frequent."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ZipfTail(SketchScorer):
    """Measures how much of a document stands in the long tail of the corpus's words, and the Zipf slope of its own.

    The most frequent words of the corpus that make up `head` of all its words are its head, the rest its tail:
    `zipf_tail` is the share of the document's words that are in the tail, 1 - head on average. `zipf_coefficient` is s in
    count ∝ rank^-s, the slope of ln count over ln rank by least squares over the document's own words, 0 when all are
    equally frequent; `zipf_fit` its R². Both are null below `least` words: short texts have no slope to speak of. Words
    are folded (case, punctuation). Documents that teach in-context learning have more tail and a smaller coefficient:
    arXiv 2306.15091, section 4, which counts subword tokens; the tail's mass in this form is a reconstruction.
    """

    name: ClassVar[str] = "zipf_tail"
    default: ClassVar[bool] = False
    whole_corpus: ClassVar[bool] = True
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Understanding In-Context Learning via Supportive Pretraining Data", "2306.15091", 2023
    )

    head: float = param(0.8, "Share of all the corpus's words that its most frequent words make up.", low=0.0, high=1.0)
    least: int = param(500, "Fewest words of a document that has a coefficient.", low=3)

    def columns(self) -> Mapping[str, pa.DataType]:
        return {"zipf_tail": pa.float32(), "zipf_coefficient": pa.float32(), "zipf_fit": pa.float32()}

    def sketch(self, batch: pa.RecordBatch) -> tuple[Ints, Ints]:
        buckets = _buckets(FoldedWords.of(batch.column("text")))
        return np.unique(buckets, return_counts=True)

    def learn(self, sketches: Iterable[tuple[Ints, Ints]], corpus: Iterable[pa.RecordBatch]) -> NDArray[np.bool_]:
        """Return which buckets are in the tail, bool [2**BITS]; words as frequent as the last of the head are in the head."""
        counts = np.zeros(1 << BITS, dtype=np.int64)
        for buckets, found in sketches:
            counts[buckets] += found
        ranked = np.sort(counts)[::-1]
        reached = int(np.searchsorted(np.cumsum(ranked), self.head * counts.sum() - 1e-6))
        return np.asarray(counts < ranked[min(reached, len(ranked) - 1)])

    def score(self, batch: pa.RecordBatch, prepared: NDArray[np.bool_]) -> Mapping[str, Values]:
        words = FoldedWords.of(batch.column("text"))
        text = np.repeat(np.arange(len(words.counts)), words.counts)
        rare = np.bincount(text, prepared[_buckets(words)], len(words.counts))
        slope, fit = slopes(words.hashes, text, len(words.counts))
        short = words.counts < self.least
        found = {
            "zipf_tail": quotient(rare, words.counts),
            "zipf_coefficient": np.where(short, np.nan, slope),
            "zipf_fit": np.where(short, np.nan, fit),
        }
        return columns_of(found, self.columns())


def slopes(words: NDArray[np.uint64], text: Ints, texts: int) -> tuple[Floats, Floats]:
    """Return the Zipf coefficient and R² of every text, float64 [texts]; NaN for a text with fewer than two words.

    A text whose words are all equally frequent has coefficient 0 and R² 1: the line goes through every point.
    """
    order = np.lexsort((words, text))
    words, text = words[order], text[order]
    opens = np.flatnonzero(np.append(True, (words[1:] != words[:-1]) | (text[1:] != text[:-1]))[: len(words)])
    counts, owner = np.diff(np.append(opens, len(words))), text[opens]
    falling = np.lexsort((-counts, owner))
    counts, owner = counts[falling], owner[falling]
    distinct = np.bincount(owner, minlength=texts)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(distinct) - distinct, distinct) + 1
    x, y = np.log(rank), np.log(counts)
    mean_x, mean_y = (quotient(np.bincount(owner, values, texts), distinct) for values in (x, y))
    x, y = x - mean_x[owner], y - mean_y[owner]
    xx, xy, yy = (np.bincount(owner, values, texts) for values in (x * x, x * y, y * y))
    some = distinct > 1
    slope = np.where(some, -quotient(xy, xx), np.nan)
    fit = np.where(some, np.where(yy > 1e-12, quotient(xy**2, xx * yy), 1.0), np.nan)
    return slope + 0.0, fit


def _buckets(words: FoldedWords) -> Ints:
    return (words.hashes >> np.uint64(64 - BITS)).astype(np.int64)
