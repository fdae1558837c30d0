"""How many near-duplicates a setting finds: by the formula, and as measured on pairs that are known."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """What a setting found of a set's known pairs: `right` of `found` pairs were among the `pairs`."""

    set: str
    bands: int
    rows: int
    verify: float
    found: int
    right: int
    pairs: int

    @property
    def recall(self) -> float:
        return self.right / self.pairs

    @property
    def precision(self) -> float:
        """Return the share of right pairs among those found; 1 when none was found."""
        return self.right / self.found if self.found else 1.0


@dataclass(frozen=True)
class KnownPairs:
    """A set of documents with known pairs, and how many pairs there are in each bar of Jaccard similarity."""

    name: str
    documents: int
    pairs: int
    by_similarity: tuple[int, ...]


def meeting(similarity: Floats, bands: int, rows: int) -> Floats:
    """Return how probably pairs of a Jaccard similarity share a band: 1 - (1 - s^rows)^bands, float64 as given.

    >>> meeting(np.array([0.7, 0.8, 0.9]), 14, 8).round(3).tolist()
    [0.565, 0.924, 1.0]
    """
    curve: Floats = 1 - (1 - similarity**rows) ** bands
    return curve


def knee(bands: int, rows: int) -> float:
    """Return the similarity around which the curve rises: (1 / bands)^(1 / rows).

    >>> round(knee(14, 8), 3)
    0.719
    """
    return float((1 / bands) ** (1 / rows))


def known_pairs() -> list[KnownPairs]:
    """Return the sets that were measured; tests/truth/README.md says what they are."""
    return [KnownPairs(**{**given, "by_similarity": tuple(given["by_similarity"])}) for given in _figures()["sets"]]


def measured(bands: int, rows: int) -> list[Measured]:
    """Return what was measured with a number of bands and rows; empty when it was not."""
    return [Measured(**row) for row in _figures()["rows"] if (row["bands"], row["rows"]) == (bands, rows)]


def settings() -> list[tuple[int, int]]:
    """Return the numbers of bands and rows that were measured."""
    return sorted({(row["bands"], row["rows"]) for row in _figures()["rows"]})


def expected_recall(given: KnownPairs, bands: int, rows: int, verify: Floats) -> Floats:
    """Return the share of a set's pairs that any setting should find, for each least similarity `verify`.

    Σ n(s) p(s) [s >= verify] / Σ n(s) over the bars of similarity s, with p as `meeting`.
    """
    edges = np.asarray(_figures()["edges"])
    centres, counts = (edges[:-1] + edges[1:]) / 2, np.asarray(given.by_similarity, dtype=np.float64)
    met = counts * meeting(centres, bands, rows)
    found: Floats = np.array([met[centres >= least].sum() for least in verify]) / max(counts.sum(), 1)
    return found


@functools.cache
def _figures() -> dict[str, Any]:
    path = resources.files("winnow.score") / "weights" / "near_duplicates.json"
    figures: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return figures
