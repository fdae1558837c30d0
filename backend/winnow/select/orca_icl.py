"""Documents that a task in context points at, in the order in which rounds picked them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.pool import Floats, Pool
from winnow.select.base import Draw, Ranker

APART = 4.0
"""Further than two cosines can be."""

UNPICKED = 1e6
"""A round after all others."""


@dataclass(frozen=True, kw_only=True)
class OrcaIcl(Ranker):
    """Documents whose gradient supports learning a task from examples in context, earlier rounds first.

    score = cosine - 4 · round: the picks of the first round by their cosine, then those of the second, and so on; behind
    them, unless `only_picked`, the others by their cosine in the last round. Both columns come from `winnow score
    icl_support --set target=FILE`. Documents without a cosine are never chosen. The published figures, 5 rounds of 400
    documents for OPT 6.7B, raise accuracy with examples and leave it without; they look no more like the task and are
    rarer in words: compare zipf_tail and information_gain of what was chosen. A reconstruction of arXiv 2306.15091, for
    which no code was published.
    """

    name: ClassVar[str] = "orca_icl"
    reconstruction: ClassVar[bool] = True
    paper: ClassVar[Paper] = Paper(
        "Understanding In-Context Learning via Supportive Pretraining Data", "2306.15091", 2023
    )

    column: str = param("icl_support", "The cosine to the task's gradient.", column="number")
    round: str = param("icl_support_round", "The round that picked a document, missing for none.", column="number")
    only_picked: bool = param(False, "Choose nothing that no round picked.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.column, self.round})

    def rank(self, pool: Pool, draw: Draw) -> Floats:
        rounds = pool.number(self.round)
        behind = -np.inf if self.only_picked else -APART * UNPICKED
        return pool.number(self.column) + np.where(np.isfinite(rounds), -APART * rounds, behind)
