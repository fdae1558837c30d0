"""Steps chosen jointly from more windows than they need, by what is still to be learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.online.base import Chooser, Offer
from winnow.pool import Floats, Rows


@dataclass(frozen=True, kw_only=True)
class Jest(Chooser):
    """Each step is chosen from a larger one, in chunks, by what the model has still to learn and a reference has learnt.

    s_ii = gain · (nll by the learner - nll by the reference), nats per token; chunk after chunk, rows are drawn without
    replacement ∝ exp(s_ii + sum over the chosen k of s_ik + s_ki). The larger step has size / (1 - filter) windows. A
    language model's loss has no terms between examples, so for text s is diagonal and this is RHO-LOSS by chance (a
    reduction: the paper's results are multimodal). `redundancy` adds s_ik = -redundancy · max(0, cosine - alike) between
    windows, which is our extension, as is the default gain. Source: arXiv 2406.17711.
    """

    name: ClassVar[str] = "jest"
    paper: ClassVar[Paper] = Paper(
        "Data curation via joint example selection further accelerates multimodal learning", "2406.17711", 2024
    )
    reconstruction: ClassVar[bool] = True

    reference: str = param("conditional", "The model that `winnow teach` kept under this name is the reference.")
    score: str = param(
        "learnable", "What counts: learnable, what is hard for the learner, or what is easy for the reference.",
        choices=("learnable", "hard", "easy"),
    )  # fmt: skip
    filter: float = param(0.8, "Share of the windows offered that is not read.", low=0, high=0.99)
    chunks: int = param(16, "In how many parts a step is chosen; never more than it has windows.", low=1)
    gain: float = param(10.0, "By how much losses are multiplied before chance decides.", low=0)
    redundancy: float = param(0.0, "How much a window loses for each one like it that was chosen.", low=0)
    alike: float = param(0.5, "Windows with a cosine above this are alike.", low=-1, high=1)

    @property
    def asks(self) -> frozenset[str]:
        by = {"learnable": {"learner", "reference"}, "hard": {"learner"}, "easy": {"reference"}}[self.score]
        return frozenset(by | ({"reference"} if self.redundancy else set()))

    def needs(self) -> frozenset[str]:
        return frozenset({f"model:{self.reference}"} if "reference" in self.asks else ())

    def offered(self, size: int) -> int:
        return max(size, round(size / (1 - self.filter)))

    def choose(self, offer: Offer, size: int, rng: np.random.Generator) -> Rows:
        own = {"learnable": offer.learner - offer.reference, "hard": offer.learner, "easy": -offer.reference}[
            self.score
        ]
        between = -self.redundancy * np.maximum(0.0, offer.likeness - self.alike) if self.redundancy else None
        return joint(self.gain * own, between, size, min(self.chunks, size), rng)


def joint(own: Floats, between: Floats | None, size: int, chunks: int, rng: np.random.Generator) -> Rows:
    """Draw `size` rows in chunks, each ∝ exp(own + sum over those chosen before of between + betweenᵀ).

    own [n]; between [n, n], of which the diagonal is not read; None means zeros. Gumbel noise makes a draw without
    replacement a matter of the highest.
    """
    chosen = np.empty(0, dtype=np.int64)
    for part in np.array_split(np.arange(size), chunks):
        keys = chances(own, between, chosen) + rng.gumbel(size=len(own))
        chosen = np.concatenate([chosen, np.argsort(-keys, kind="stable")[: len(part)]])
    return chosen


def chances(own: Floats, between: Floats | None, chosen: Rows) -> Floats:
    """Return the logarithm of each row's chance to come next, but for a constant; -inf for those chosen already."""
    keys = own.astype(np.float64, copy=True)
    if between is not None and len(chosen):
        keys += between[:, chosen].sum(axis=1) + between[chosen].sum(axis=0)
    keys[chosen] = -np.inf
    return keys
