"""Published thresholds as data, and what it means to pass them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.score.base import Values


@dataclass(frozen=True)
class Limit:
    """The values a document may have: low <= value <= high, so that a value on the threshold is kept."""

    low: float = -np.inf
    high: float = np.inf


def passes(features: Mapping[str, NDArray[Any]], limits: Mapping[str, Limit]) -> NDArray[np.bool_]:
    """Say which documents meet every limit."""
    met = np.ones(len(next(iter(features.values()))), dtype=np.bool_)
    for name, limit in limits.items():
        met &= (features[name] >= limit.low) & (features[name] <= limit.high)
    return met


def where_words(features: Mapping[str, NDArray[Any]], words: NDArray[np.int64]) -> dict[str, Values]:
    """Return the features with null for documents without a word: an empty text has no ratio."""
    empty = words == 0
    return {name: pa.array(values, mask=empty) for name, values in features.items()}
