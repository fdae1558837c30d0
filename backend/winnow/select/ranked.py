"""Selection by one column of numbers: the highest first, or sampled with the column as a logit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Floats, Pool
from winnow.select.base import Draw, Ranker


@dataclass(frozen=True, kw_only=True)
class Top(Ranker):
    """The documents with the highest value of one column.

    Documents without a value are never chosen; ties are broken at random. No paper: the rule is as old as ranking, and
    the papers that use it differ in the column they rank by.
    """

    name: ClassVar[str] = "top"

    column: str = param("quality", "The column to rank by.", column="number")
    lowest: bool = param(False, "Take the lowest values first instead of the highest.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        values = pool.number(self.column)
        return -values if self.lowest else values


@dataclass(frozen=True, kw_only=True)
class Gumbel(Ranker):
    """Documents drawn without replacement, each with a chance that grows with its value.

    Takes the largest x / temperature + g, where g = -ln(-ln u) and u = hash(seed, doc_id) in (0, 1). The first
    document drawn is document i with probability exp(x_i / temperature) / sum_j exp(x_j / temperature). A temperature
    near 0 gives the highest values, a large one gives chance alone. Documents without a value are never chosen.
    Source: arXiv 2402.09739 uses ratings as logits; arXiv 1903.06059 shows that this is sampling without replacement.
    """

    name: ClassVar[str] = "gumbel"
    paper: ClassVar[Paper] = Paper(
        "QuRating: Selecting High-Quality Data for Training Language Models", "2402.09739", 2024
    )

    column: str = param("quality", "The column whose value is the logit of a document.", column="number")
    temperature: float = param(
        1.0,
        "How much chance decides: near 0 the highest values win, large values give every document a chance.",
        low=1e-6,
    )
    standardize: bool = param(
        False,
        "Shift and scale the column to mean 0 and deviation 1 first, so that a temperature means the same anywhere.",
    )

    def needs(self) -> frozenset[str]:
        return frozenset({self.column})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        values = pool.number(self.column)
        logits = _standardized(values) if self.standardize else values
        return logits / self.temperature + draw.gumbel("gumbel")


def _standardized(values: Floats) -> Floats:
    """Return (x - mean) / deviation over the finite values; a constant column becomes 0."""
    finite = np.sort(values[np.isfinite(values)])  # a sum over sorted values is the same for every order of the pool
    if len(finite) == 0:
        return values
    mean, deviation = float(finite.mean()), float(finite.std())
    return np.asarray((values - mean) / (deviation if deviation > 0 else 1.0))
