"""The interface of every diagnosis: learning curves in, one finding per evaluation set out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.method import Method

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """The arms of a proof on one evaluation set: losses float64 [seeds, checkpoints] per arm, lower is better.

    `tokens` int64 [checkpoints] had been read by then; seed i is the same in every arm.
    """

    tokens: NDArray[np.int64]
    losses: Mapping[str, Floats]

    @property
    def seeds(self) -> int:
        return len(next(iter(self.losses.values()), np.empty((0, 0))))

    @property
    def table(self) -> Floats:
        """Return all losses, float64 [arms, seeds, checkpoints]."""
        return np.stack(list(self.losses.values()))


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Method):
    """Reads the curves of a proof; it changes nothing that the proof says."""

    @abstractmethod
    def read(self, sets: Mapping[str, Curves]) -> Any:
        """Return what the curves of every evaluation set say; sets without an arm or a seed are left out."""
