"""The interface of every method that works inside a training run: pure functions of what the run measures.

A run reads windows of tokens, some at each step. A method never sees the model: the trainer measures losses and gradients
and asks what follows from them, so that each rule is tested by hand.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from winnow.method import Method, param
from winnow.pool import Floats, Rows


@dataclass(frozen=True, kw_only=True)
class Online(Method):
    """Decides during a training run what is read next or how much it counts."""


@dataclass(frozen=True, kw_only=True)
class Reweighter(Online):
    """Gives each window of a step its weight in the loss."""

    @abstractmethod
    def weights(self, losses: Floats, done: float) -> Floats:
        """Return weights [n] that sum to 1 from the windows' losses [n] in nats per token; `done` of the run is over."""


@dataclass(frozen=True, kw_only=True)
class Mixture(Online):
    """Gives each group of documents its share of what is read next, anew after every so many steps."""

    by: str = param("source", "The column whose groups are mixed.", column="group")
    every: int = param(16, "Steps between two updates.", low=1)
    cosine: bool = param(False, "Compare directions alone: inner products favour groups with large gradients.")

    def needs(self) -> frozenset[str]:
        return frozenset({self.by, "target"})

    @abstractmethod
    def update(self, shares: Floats, aligned: Floats) -> Floats:
        """Return the next shares [k] from the present ones and each group's alignment with the target [k]."""


@dataclass(frozen=True, kw_only=True)
class Chooser(Online):
    """Chooses the windows of each step from more than are needed."""

    def offered(self, size: int) -> int:
        """Return from how many windows a step of `size` is chosen."""
        return size

    @property
    @abstractmethod
    def asks(self) -> frozenset[str]:
        """Name whose losses it needs: "learner", "reference"."""

    @abstractmethod
    def choose(self, scores: Offer, size: int, rng: np.random.Generator) -> Rows:
        """Return `size` distinct rows of what is offered."""


@dataclass(frozen=True, eq=False)
class Offer:
    """Windows to choose from: losses [n] in nats per token, `likeness` [n, n] cosines of the reference's mean states."""

    learner: Floats
    reference: Floats
    likeness: Floats

    def __len__(self) -> int:
        return len(self.learner)
