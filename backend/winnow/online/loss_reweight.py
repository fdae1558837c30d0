"""Windows count by their loss: easy ones less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.online.base import Reweighter
from winnow.pool import Floats

NARROWEST = 1e-4
"""A step whose losses lie closer together than this has no order worth following: dividing by it would be noise."""


@dataclass(frozen=True, kw_only=True)
class LossReweight(Reweighter):
    """Windows of a step count by their present loss: what the model knows already counts less.

    h = (2·l - max - min) / (max - min) in [-1, 1]; w = exp((f(h) - max f) / r) / sum, with f = min(h + 1, 1) (linupper: only
    low losses count less), 1 - h² (quadratic: the middle counts), |h| (extremes) or (h + 1) / 2 (upper). Invariant to shift
    and scale of the losses; no weight is above e^(2/r) / n. Even until `burn_in` of the run is over (the paper: 1,000 of
    20,000 steps). Garbage has a high loss and keeps its full weight. Source: arXiv 2502.06733.
    """

    name: ClassVar[str] = "loss_reweight"
    paper: ClassVar[Paper] = Paper(
        "Dynamic Loss-Based Sample Reweighting for Improved Large Language Model Pretraining", "2502.06733", 2025
    )

    strategy: str = param(
        "linupper",
        "Which losses count: all but the low, the middle, both ends, or the higher the more.",
        choices=("linupper", "quadratic", "extremes", "upper"),
    )
    r: float = param(1.0, "How even the weights stay: above 1 evener, below steeper.", low=0.01)
    burn_in: float = param(0.05, "Share of the run before which all count alike.", low=0, high=1)

    def weights(self, losses: Floats, done: float) -> Floats:
        low, high = float(losses.min()), float(losses.max())
        if done < self.burn_in or high - low < NARROWEST:
            return np.full(len(losses), 1 / len(losses))
        place = (2 * losses - high - low) / (high - low)
        curve = {
            "linupper": np.minimum(place + 1, 1),
            "quadratic": 1 - place**2,
            "extremes": np.abs(place),
            "upper": (place + 1) / 2,
        }[self.strategy]
        raised = np.exp((curve - curve.max()) / self.r)
        weights: Floats = raised / raised.sum()
        return weights
