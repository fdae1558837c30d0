"""Groups count by how their gradients point where the target's does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from winnow.method import Paper, param
from winnow.online.base import Mixture
from winnow.pool import Floats


@dataclass(frozen=True, kw_only=True)
class Dga(Mixture):
    """Groups whose gradient points where the target's does are read more: gradient alignment, updated on the way.

    a_i = <gradient of a step of group i, gradient of a step of target texts>; next = normalised share_i · exp(eta · a_i);
    share <- (1 - ema) · share + ema · next, then (1 - floor) · share + floor / k, without which a starved group never comes
    back. Shares begin even. The form of mirror descent is a reconstruction, and so are the defaults; the paper's pool, its
    averaging against overfitting and its gains when generic data per group or target data are scarce are confirmed. Source:
    arXiv 2410.02498.
    """

    name: ClassVar[str] = "dga"
    paper: ClassVar[Paper] = Paper("Dynamic Gradient Alignment for Online Data Mixing", "2410.02498", 2024)
    reconstruction: ClassVar[bool] = True

    eta: float = param(1.0, "How far one update goes.", low=0)
    ema: float = param(0.1, "How much of an update is taken over.", low=0, high=1)
    floor: float = param(0.02, "Share of what is read that is spread evenly over all groups.", low=0, high=1)

    def update(self, shares: Floats, aligned: Floats) -> Floats:
        # A constant added to all alignments changes nothing; the highest as zero keeps the exponential finite.
        pulled = shares * np.exp(self.eta * (aligned - aligned.max()))
        following = (1 - self.ema) * shares + self.ema * pulled / pulled.sum()
        spread: Floats = (1 - self.floor) * following + self.floor / len(shares)
        return spread
