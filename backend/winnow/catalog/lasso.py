"""Which points of the map lie inside a lasso."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.filters import Polygon


def inside(lasso: Polygon, xs: NDArray[np.float64], ys: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie inside by the even-odd rule; `ys` ascends, both have shape [points].

    A ray to the right crosses an odd number of edges. An edge is asked only of the points at its own height, so that
    the time grows with the edges that cross a height and not with all of them.
    """
    odd = np.zeros(len(xs), np.bool_)
    for (x1, y1), (x2, y2) in itertools.pairwise((*lasso, lasso[0])):
        if y1 != y2:
            level = slice(*np.searchsorted(ys, (min(y1, y2), max(y1, y2))))
            odd[level] ^= xs[level] < (x2 - x1) / (y2 - y1) * (ys[level] - y1) + x1
    return odd
