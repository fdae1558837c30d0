"""The lasso: worked out by hand, and against the rule asked point by point."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from winnow.catalog.filters import Polygon
from winnow.catalog.lasso import inside

places = st.floats(-4, 4, width=32)
polygons = st.lists(st.tuples(places, places), min_size=3, max_size=9).map(tuple)


def test_a_corner_cut_off() -> None:
    """The triangle (0,0) (4,0) (0,4) holds what has x + y < 4: at height 1 the long edge is at x = 3."""
    xs, ys = np.array([1.0, 2.9, 3.1, 0.5, 0.5]), np.array([1.0, 1.0, 1.0, 3.0, 5.0])
    assert inside(((0, 0), (4, 0), (0, 4)), xs, ys).tolist() == [True, True, False, True, False]


def asked_point_by_point(lasso: Polygon, x: float, y: float) -> bool:
    crossings = 0
    for (x1, y1), (x2, y2) in zip(lasso, (*lasso[1:], lasso[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) / (y2 - y1) * (y - y1) + x1:
            crossings += 1
    return crossings % 2 == 1


@given(polygons, st.lists(st.tuples(places, places), max_size=30))
def test_every_point_as_if_asked_alone(lasso: Polygon, points: list[tuple[float, float]]) -> None:
    ordered = sorted(points, key=lambda point: point[1])
    xs, ys = (np.array([point[axis] for point in ordered], np.float64) for axis in (0, 1))
    assert inside(lasso, xs, ys).tolist() == [asked_point_by_point(lasso, x, y) for x, y in ordered]
