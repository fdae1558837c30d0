"""Selection by a filter network: trained on a trusted set, and chosen among filters by what it keeps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import TEXT_BATCH, Floats, Pool, Rows
from winnow.select.base import Draw, Ranker, ordered
from winnow.select.logistic import fit
from winnow.select.nearness import Nearness
from winnow.select.ngrams import fast_ngrams
from winnow.select.products import Matrix

BUCKETS, WORDS = 10_000, 2
"""Of the small language model that is fitted to what a filter keeps."""

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""The inverse penalties of the filters that are tried beside the centroid."""

FEWEST = 10
"""With fewer trusted texts none can be held out, and the filter is a logistic regression of strength 1."""

Filter = Callable[[Matrix], Floats]


@dataclass(frozen=True)
class Trial:
    """One filter: how often it is right on held-out texts, and the loss on them of a model of what it keeps."""

    filter: str
    accuracy: float
    loss: float


@dataclass(frozen=True, kw_only=True)
class Dfn(Ranker):
    """The documents that a filter trained on a trusted set keeps, the filter being judged by what it keeps.

    Several filters are trained on vectors, trusted texts against random documents of the pool: the cosine to the mean
    trusted text, and logistic regressions of four penalties. Each keeps its best `keep` of the pool; a model of hashed
    words and pairs of words is fitted to `judged` documents of these, and the filter whose model has the lowest
    cross-entropy on a held-out third of the trusted texts is used: not the one that is right most often, which tells
    little of what a filter is worth. Documents rank by its score, and none beyond the best ceil(keep · N) is ever chosen.
    `noise` puts random documents among the trusted ones, to see how a filter suffers from an impure set.
    Raises SettingError for trusted texts without words. Source: arXiv 2309.17425.

    A reconstruction for text: the paper trains a small CLIP on trusted pairs of image and caption, keeps 15% by its
    cosine, and judges filters by models trained on what they keep; the model here is smaller by far.
    """

    name: ClassVar[str] = "dfn"
    pace: ClassVar[float] = 66
    paper: ClassVar[Paper] = Paper("Data Filtering Networks", "2309.17425", 2023)
    reconstruction: ClassVar[bool] = True

    model: str = param("static", "The encoder whose vectors are filtered.")
    keep: float = param(0.15, "The share of documents that the filter lets pass at most.", low=0.0001, high=1)
    negatives: int = param(10_000, "How many random documents a filter is trained against.", low=1)
    judged: int = param(2000, "How many of the kept documents a filter is judged by.", low=1)
    noise: float = param(0.0, "The share of random documents put among the trusted texts.", low=0, high=0.9)

    def needs(self) -> frozenset[str]:
        return frozenset({"target", "text", f"vectors:{self.model}"})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        near = Nearness.of(pool, "dfn", self.model)
        bench = _Bench.of(self, pool, near, draw)
        best = "logistic 1" if len(near.target) < FEWEST else min(bench.trials(), key=lambda trial: trial.loss).filter
        scores = bench.scores(bench.train(best, near.target))
        passed = ordered(-scores, draw.order("ties")[near.order])[: math.ceil(self.keep * len(pool))]
        kept = np.full(len(pool), -np.inf)
        kept[passed] = scores[passed]
        return near.by_row(kept)

    def lab(self, pool: Pool, *, seed: int = 0) -> list[Trial]:
        """Return how each filter did, the lowest loss first; raises MissingNeed, SettingError."""
        pool.require("dfn", self.needs())
        near = Nearness.of(pool, "dfn", self.model)
        if len(near.target) < FEWEST:
            found = f"found {len(near.target)}"
            raise SettingError(f"dfn needs {FEWEST} trusted texts to judge filters", found, "--target FILE with more")
        return sorted(_Bench.of(self, pool, near, Draw(pool, seed)).trials(), key=lambda trial: trial.loss)


@dataclass(frozen=True, eq=False)
class _Bench:
    """What filters are trained and judged on; documents stand by doc_id."""

    method: Dfn
    pool: Pool
    near: Nearness
    keys: NDArray[np.uint64]
    negative: Matrix
    impure: Matrix
    held: NDArray[np.bool_]

    @classmethod
    def of(cls, method: Dfn, pool: Pool, near: Nearness, draw: Draw) -> _Bench:
        keys = draw.order("dfn")[near.order]
        chance = np.argsort(keys)
        count = round(method.noise / (1 - method.noise) * len(near.target))
        impure, rest = chance[:count], chance[count:] if count < len(chance) else chance
        held = np.random.default_rng(draw.seed).permutation(len(near.target)) % 3 == 0
        vectors = [near.space.take(near.order[rows]) for rows in (rest[: method.negatives], impure)]
        return cls(method, pool, near, keys, vectors[0], vectors[1], held)

    def train(self, name: str, trusted: Matrix) -> Filter:
        """Return the filter of a name, trained on trusted texts, noise and random documents."""
        positive = np.vstack([trusted, self.impure])
        kind, _, strength = name.partition(" ")
        if kind == "centroid":
            mean = positive.mean(axis=0)
            return lambda vectors: np.asarray(vectors @ mean, dtype=np.float64)
        return fit(positive, self.negative, float(strength))

    def scores(self, filter: Filter) -> Floats:
        return np.concatenate([filter(block) for _, block in self.near.space.blocks(self.near.order)])

    def trials(self) -> list[Trial]:
        assert self.pool.target is not None
        texts = [self.pool.target.texts[row] for row in self.near.examples[self.held]]
        wanted = counts_of(pa.array(texts, pa.large_string()))
        trusted = self.near.target[~self.held]
        found = []
        for name in ("centroid", *(f"logistic {strength:g}" for strength in STRENGTHS)):
            filter = self.train(name, trusted)
            model = counts_of(*self.pool.text_batches(self.kept(filter), TEXT_BATCH))
            found.append(Trial(name, self.accuracy(filter), cross_entropy(wanted, model)))
        return found

    def kept(self, filter: Filter) -> Rows:
        """Return random rows of the pool among those that a filter keeps."""
        best = ordered(-self.scores(filter), self.keys)[: math.ceil(self.method.keep * len(self.pool))]
        return self.near.order[best[np.argsort(self.keys[best])][: self.method.judged]]

    def accuracy(self, filter: Filter) -> float:
        """Return the chance that a held-out trusted text scores above a random document."""
        negative = np.sort(filter(self.negative))
        trusted = filter(self.near.target[self.held])
        below, upto = np.searchsorted(negative, trusted, "left"), np.searchsorted(negative, trusted, "right")
        return float(((below + upto) / (2 * len(negative))).mean())


def counts_of(*batches: pa.LargeStringArray) -> Floats:
    """Return how often each bucket of words and pairs of words occurs in texts."""
    counts = np.zeros(BUCKETS)
    for texts in batches:
        counts += np.bincount(fast_ngrams(texts, BUCKETS, WORDS)[0], minlength=BUCKETS)
    return counts


def cross_entropy(wanted: Sequence[float] | Floats, model: Sequence[float] | Floats) -> float:
    """Return -sum_b p_b ln q_b in nats with p from the wanted counts and q = (count + 1) / (total + buckets) of a model.

    >>> round(cross_entropy([1, 1], [3, 0]), 4)  # q = (4/5, 1/5): -(ln .8 + ln .2) / 2
    0.9163
    """
    p, q = np.asarray(wanted, dtype=np.float64), np.asarray(model, dtype=np.float64) + 1
    return float(-(p / max(p.sum(), 1) * np.log(q / q.sum())).sum())
