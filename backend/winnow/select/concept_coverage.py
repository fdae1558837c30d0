"""Selection by concepts: documents that make the concepts frequent which a benchmark needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from winnow.errors import SettingError
from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool, Rows, Selection
from winnow.select.base import Draw, Selector, ordered
from winnow.select.concepts import holdings
from winnow.select.terms import shared_terms

STEP = 16
"""Gains are brought up to date each time the choice has grown by one part in so many."""


@dataclass(frozen=True, kw_only=True)
class ConceptCoverage(Selector):
    """Documents that together make the concepts of a benchmark most frequent, where ten times the data counts as one step.

    A model's score on a concept grows with the logarithm of how many documents hold it, so the choice S maximises
    sum_c w_c log10(1 + n_c(S)), n_c the number of chosen documents that hold concept c: greedily by gain for each unit of
    the budget, which turns to rare concepts once the common ones are frequent. w_c is the share of the benchmark's texts
    that hold c, or the same for all (`weight` equal). Concepts are the lines of `concepts`, or the words and pairs of
    words that `at_least` target texts share. A concept counts once a document, in singular and plural, and a phrase only
    as a run of words. Documents without a concept, and documents that are target texts, are never chosen. From the 16th
    document on, gains are renewed each time the choice has grown by a sixteenth. Raises SettingError for a target without
    concepts. Source: arXiv 2404.04125.

    A reconstruction: the paper measures how scores follow frequency and chooses nothing; it finds nouns by a tagger and
    counts a concept of two words wherever both words occur.
    """

    name: ClassVar[str] = "concept_coverage"
    pace: ClassVar[float] = 410
    paper: ClassVar[Paper] = Paper(
        'No "Zero-Shot" Without Exponential Data: Pretraining Concept Frequency Determines Multimodal Model Performance',
        "2404.04125",
        2024,
    )
    reconstruction: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {"at_least": 1}

    concepts: str = param("", "The concepts, one a line; empty for those that the target's texts share.", lines=True)
    weight: str = param(
        "share", "What a concept weighs: its share of the target's texts, or all the same.", choices=("share", "equal")
    )
    most: int = param(
        4000, "How many concepts are read from the target at most, the most frequent.", low=1, high=65_000
    )
    at_least: int = param(2, "In how many target texts a word stands to be a concept.", low=1)

    def needs(self) -> frozenset[str]:
        return frozenset({"text"} if self.concepts.strip() else {"target", "text"})

    def choose(self, pool: Pool, budget: Budget, draw: Draw) -> Selection:
        weights = self._weights(pool)
        held = holdings(pool, list(weights), _texts(pool))
        costs, amount = budget.costs(pool), budget.amount(pool)
        order = greedy(held, np.array(list(weights.values())), costs, amount, draw)
        return Selection.once(order[: budget.cut(costs[order], amount)])

    def frequencies(self, pool: Pool) -> dict[str, int]:
        """Return in how many documents each concept stands, the rarest last; raises MissingNeed, SettingError."""
        pool.require("concept_coverage", self.needs())
        names = list(self._weights(pool))
        counts = np.asarray(holdings(pool, names, _texts(pool)).sum(axis=0)).ravel().astype(int).tolist()
        return dict(sorted(zip(names, counts, strict=True), key=lambda item: (-item[1], item[0])))

    def _weights(self, pool: Pool) -> Mapping[str, float]:
        named = [line.strip().lower() for line in self.concepts.splitlines() if line.strip()]
        if named:
            return dict.fromkeys(named, 1 / len(set(named)))
        assert pool.target is not None
        texts = pool.target.texts
        at_least = min(self.at_least, len(texts))
        terms = shared_terms(texts, words=2, at_least=at_least, at_most=1, most=self.most)
        if not terms.names:
            raise SettingError(
                "concept_coverage needs a target with concepts",
                f"no word stands in {at_least} of its {len(texts):,} texts",
                "--target FILE with text, --set at_least=1, or --set concepts=...",
            )
        share = np.asarray(terms.within.sum(axis=0)).ravel() if self.weight == "share" else np.ones(len(terms.names))
        return dict(zip(terms.names, (share / share.sum()).tolist(), strict=True))


def greedy(held: csr_matrix, weights: Floats, costs: Rows, amount: float, draw: Draw) -> Rows:
    """Return rows in the order of choice until their costs reach the amount, and those of the last step.

    The gain of a document is sum_c w_c log10((n_c + 2) / (n_c + 1)) over its concepts, divided by its cost. Steps do not
    depend on the amount, so that a smaller budget takes a part of what a larger one takes.
    """
    counts, unit = np.zeros(held.shape[1]), np.maximum(costs, 1)
    left, ties = np.diff(held.indptr) > 0, draw.order("concepts")
    chosen, spent, taken = [np.empty(0, np.int64)], 0, 0
    while left.any() and spent < amount:
        gains = held @ (weights * np.log10((counts + 2) / (counts + 1))) / unit
        gains[~left] = -1
        few = min(int(left.sum()), max(1, taken // STEP))
        likely = np.flatnonzero(gains >= np.partition(gains, -few)[-few])
        best = likely[ordered(-gains[likely], ties[likely])][:few]
        chosen.append(best)
        left[best] = False
        counts += np.asarray(held[best].sum(axis=0)).ravel()
        spent, taken = spent + int(costs[best].sum()), taken + few
    return np.concatenate(chosen)


def _texts(pool: Pool) -> pa.LargeStringArray:
    return pa.array(pool.target.texts if pool.target is not None else (), pa.large_string())
