"""Raters that tell a reference set from the corpus: by vectors (cqf), by n-grams (dclm_ngram), by losses (preselect)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from winnow.errors import MissingNeed, SettingError
from winnow.method import Paper, param
from winnow.rate.base import Documents, Rater, VectorRater
from winnow.rate.evidence import Evidence, Floats, Values
from winnow.rate.head import Output
from winnow.select.ngrams import fast_ngrams

BUCKETS = 1 << 16
"""Buckets of hashed n-grams: as many as two bytes can name."""

SHARE_SCALE = 20.0
"""Shares of n-grams are small: scaled so, their rows are about as long as vectors, and the penalties mean the same."""


@dataclass(frozen=True, kw_only=True)
class Cqf(VectorRater):
    """Tells how much a document looks like a reference set rather than like the corpus, from 0 to 1.

    p = σ(w · v + b), reference texts against random documents of the corpus, each kind counting half: p = r / (1 + r)
    with the ratio r of the two densities. It ranks by that ratio and does not match the reference. Without
    `match_length` a classifier learns how long the reference texts are; random documents are therefore drawn to have
    their lengths. The best share to keep has to be tried: a small one also rejects much of the reference itself.
    """

    name: ClassVar[str] = "cqf"
    paper: ClassVar[Paper] = Paper(
        "The Data-Quality Illusion: Rethinking Classifier-Based Quality Filtering for LLM Pretraining",
        "2510.00866",
        2025,
    )
    learns_from: ClassVar[frozenset[str]] = frozenset({"reference"})

    negatives: int = param(
        5_000, "How many random documents stand for the corpus, and how many reference texts at most.", low=50
    )
    match_length: bool = param(True, "Draw random documents that are as long as the reference texts.")

    def output(self, name: str) -> Output:
        return Output("", "probability")


@dataclass(frozen=True, kw_only=True)
class DclmNgram(Rater):
    """Tells how much the words and word pairs of a document look like a reference set's, from 0 to 1; reads text.

    p = σ(Σ_b w_b c_b / Σ c + b) with the counts c of words and word pairs in 65,536 hashed buckets: a linear model on the
    mean of n-grams, as fastText is, fitted whole instead of by stochastic steps. Long documents score as short ones of
    the same words. DCLM trained fastText on 200,000 texts of each kind and kept what scored above .018.
    """

    name: ClassVar[str] = "dclm_ngram"
    paper: ClassVar[Paper] = Paper(
        "DataComp-LM: In search of the next generation of training sets for language models", "2406.11794", 2024
    )
    learns_from: ClassVar[frozenset[str]] = frozenset({"reference"})

    ngram: int = param(2, "The longest run of words that is counted.", low=1, high=5)
    negatives: int = param(
        5_000, "How many random documents stand for the corpus, and how many reference texts at most.", low=50
    )
    match_length: bool = param(True, "Draw random documents that are as long as the reference texts.")

    @property
    def encoder(self) -> str:
        return ""

    @property
    def ngram_length(self) -> int:
        return self.ngram

    def output(self, name: str) -> Output:
        return Output("", "probability")

    def features(self, documents: Documents) -> Any:
        return shares(pa.array(documents.texts, pa.large_string()), self.ngram)


def shares(texts: pa.Array, ngram: int) -> csr_matrix:
    """Return each document's n-grams by bucket as shares of all of its n-grams, [n, BUCKETS], scaled by SHARE_SCALE."""
    buckets, owners = fast_ngrams(texts.cast(pa.large_string()), BUCKETS, ngram)
    counts = csr_matrix(
        (np.ones(len(buckets), dtype=np.float32), (owners, buckets)), shape=(len(texts), BUCKETS), dtype=np.float32
    )
    totals = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1)
    counts.data *= np.repeat(SHARE_SCALE / totals, np.diff(counts.indptr)).astype(np.float32)
    return counts


@dataclass(frozen=True, kw_only=True)
class PreSelect(VectorRater):
    """Finds documents whose losses rank models as benchmarks do, by a head on their vectors.

    With losses C_1 … C_N of models from the weakest to the strongest, S = Σ_{i<j} 1[C_i > C_j] / (N choose 2). Documents
    with S = 1 are the positives, those with the lowest S the negatives, as many of each; the head is a logistic
    regression (the paper's is a fastText classifier). The losses are columns, or those of a `ladder` of lab models, in
    bits per byte, on documents that none of its models has read. By chance alone one in N! documents has S = 1: with few models
    most positives are luck. Strong text of any kind scores high, adult fiction too: filter toxicity as well.
    """

    name: ClassVar[str] = "preselect"
    paper: ClassVar[Paper] = Paper(
        "Predictive Data Selection: The Data That Predicts Is the Data That Teaches", "2503.00808", 2025
    )
    learns_from: ClassVar[frozenset[str]] = frozenset({"columns"})

    losses: tuple[str, ...] = param((), "Columns of losses of three models or more, the weakest model first.")
    ladder: str = param(
        "", "Instead of columns: a ladder of lab models (winnow ladder NAME), which read the documents."
    )
    documents: int = param(10_000, "How many random documents are looked at.", low=50, high=1_000_000)

    def output(self, name: str) -> Output:
        return Output("", "probability")

    def reads(self) -> tuple[str, ...]:
        if self.ladder and self.losses:
            raise SettingError("preselect reads columns or a ladder", "found both", "leave one")
        if len(self.losses) < 3 and not self.ladder:
            raise SettingError(
                "preselect needs the losses of three models or more", f"found {len(self.losses)}",
                "--set ladder=NAME, or --set losses=WEAKEST,…,STRONGEST",
            )  # fmt: skip
        return self.losses

    def weigh(self, columns: Mapping[str, Floats], seed: int) -> Evidence:
        models = self.losses or tuple(columns)
        strength = predictive_strength(np.stack([columns[name] for name in models]))
        positive = strength == 1
        count = int(positive.sum())
        if not 0 < count < np.isfinite(strength).sum():
            raise MissingNeed(
                "preselect needs documents that rank the models as the benchmarks do, and others",
                f"{count} of {int(np.isfinite(strength).sum())} do (by chance {1 / math.factorial(len(models)):.2%} would)",
                "name the loss columns from the weakest model to the strongest",
            )
        order = np.lexsort((np.random.default_rng(seed).random(len(strength)), np.nan_to_num(strength, nan=np.inf)))
        negative = [row for row in order[: len(strength)] if np.isfinite(strength[row]) and strength[row] < 1][:count]
        values = np.full(len(strength), np.nan)
        values[positive], values[negative] = 1.0, 0.0
        return Values(values)


def predictive_strength(losses: Floats) -> Floats:
    """Return S for each document from losses [models, n], the weakest model first; NaN where a loss is missing.

    Only the order of a document's own losses counts; ties add nothing.
    """
    n = len(losses)
    total = np.zeros(losses.shape[1])
    for i in range(n):
        total += (losses[i] > losses[i + 1 :]).sum(axis=0)
    return np.where(np.isfinite(losses).all(axis=0), total / math.comb(n, 2), np.nan)
