"""Selection by a classifier: documents that look more like the target than like the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Budget, Floats, Pool
from winnow.select.base import Draw, Ranker
from winnow.select.logistic import Linear, fit
from winnow.select.nearness import Nearness

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
"""The inverse penalties tried; the best on held-out vectors is taken."""

FEWEST = 10
"""With fewer target texts none can be held out, and the inverse penalty is 1."""


@dataclass(frozen=True)
class SelfFilter:
    """What a classifier's cut would do to the target itself: the lowest log-odds kept and the share rejected."""

    cut: float
    rejected: float


@dataclass(frozen=True, kw_only=True)
class CqfSelect(Ranker):
    """Documents that a classifier finds more like the target than like a random sample of the pool.

    A logistic regression with an L2 penalty is fitted on vectors: target against `negatives` random documents, each kind
    counting half, the penalty chosen on a held-out fifth of both. Documents rank by their log-odds. The best score is
    r / (1 + r) with r = p_target / p_pool, so this ranks by the ratio and does not match the target: a small budget
    overshoots it and rejects much of the target itself, which `self_filter` counts. Source: arXiv 2510.00866.
    """

    name: ClassVar[str] = "cqf_select"
    pace: ClassVar[float] = 5
    paper: ClassVar[Paper] = Paper(
        "The Data-Quality Illusion: Rethinking Classifier-Based Quality Filtering for LLM Pretraining",
        "2510.00866",
        2025,
    )

    model: str = param("static", "The encoder whose vectors are classified.")
    negatives: int = param(10_000, "How many random documents stand for the pool.", low=1)

    def needs(self) -> frozenset[str]:
        return frozenset({"target", f"vectors:{self.model}"})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        near = Nearness.of(pool, "cqf_select", self.model)
        return self._scores(near, self._classifier(near, draw))

    def self_filter(self, pool: Pool, budget: Budget, *, seed: int = 0) -> SelfFilter:
        """Return the share of the target that the classifier's own cut at this budget would reject."""
        pool.require("cqf_select", self.needs())
        near, draw = Nearness.of(pool, "cqf_select", self.model), Draw(pool, seed)
        classifier = self._classifier(near, draw)
        chosen = self.select(pool, budget, seed=seed).rows
        cut = float(self._scores(near, classifier)[chosen].min()) if len(chosen) else np.inf
        return SelfFilter(cut, float((classifier(near.target) < cut).mean()))

    def _scores(self, near: Nearness, classifier: Linear) -> Floats:
        return near.by_row(np.concatenate([classifier(block) for _, block in near.space.blocks(near.order)]))

    def _classifier(self, near: Nearness, draw: Draw) -> Linear:
        keys = draw.order("negatives")
        negative = near.space.take(np.argsort(keys)[: self.negatives])
        fifths = [np.random.default_rng(draw.seed).permutation(len(part)) % 5 == 0 for part in (near.target, negative)]
        if len(near.target) < FEWEST or len(negative) < FEWEST:
            return fit(near.target, negative, 1.0)
        held, kept = fifths, [~fifth for fifth in fifths]

        def accuracy(strength: float) -> float:
            trial = fit(near.target[kept[0]], negative[kept[1]], strength)
            return float((trial(near.target[held[0]]) > 0).mean() + (trial(negative[held[1]]) <= 0).mean())

        return fit(near.target, negative, max(STRENGTHS, key=accuracy))
