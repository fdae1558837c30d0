"""Shipped weights and the arithmetic of the heads: a matrix or two, a sigmoid."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.errors import MissingNeed

Floats32 = NDArray[np.float32]
Floats64 = NDArray[np.float64]

FOLDER = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Head:
    """A perceptron with at most one hidden layer.

    z(v) = relu(v W₁ + b₁) w₂ + b₂ with a hidden layer, z(v) = v w₂ + b₂ without; v float32 [n, d], z float64 [n].
    """

    output: Floats32
    bias: float
    hidden: Floats32 | None = None
    hidden_bias: Floats32 | None = None

    def logits(self, vectors: Floats32) -> Floats64:
        if self.hidden is not None and self.hidden_bias is not None:
            vectors = np.maximum(vectors @ self.hidden + self.hidden_bias, 0)
        return (vectors @ self.output).astype(np.float64) + self.bias

    @classmethod
    def of(cls, weights: Mapping[str, NDArray[Any]]) -> Head:
        """Read "output", "bias" and, for a hidden layer, "hidden" and "hidden_bias" from a file of weights."""
        layer = [weights[key].astype(np.float32) if key in weights else None for key in ("hidden", "hidden_bias")]
        return cls(weights["output"].astype(np.float32), float(weights["bias"]), *layer)


def sigmoid(logits: Floats64) -> Floats64:
    """Return 1 / (1 + exp(-z)), in [0, 1], without overflow."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, small) / (1.0 + small)


@functools.cache
def load(name: str) -> Mapping[str, NDArray[Any]]:
    """Read the shipped weights `weights/<name>.npz` once a process; raises MissingNeed when they are absent."""
    path = FOLDER / f"{name}.npz"
    if not path.exists():
        raise MissingNeed(
            f"the scorer {name} needs its fitted weights",
            f"{path} is absent",
            "pip install --force-reinstall winnow-workbench",
        )
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}
