"""What comes back from the map, checked before anything relies on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from winnow_app.parts.scatter_map.points import MapPoints, Polygon


@dataclass(frozen=True, kw_only=True)
class Tooltip:
    """What to show beside a hovered point: a heading and a few lines of plain text."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class MapEvent:
    """What the person did on the map.

    `lasso` holds as long as the polygon stays on the map, in data coordinates, open (the first corner is not repeated
    at the end). `clicked` and `hovered` are indices into the points, set only in the run that the click or the hover
    started.
    """

    lasso: Polygon | None = None
    clicked: int | None = None
    hovered: int | None = None


def read_polygon(corners: object) -> Polygon | None:
    """The corners as finite numbers; None for anything that is not a polygon of three corners or more."""
    if not isinstance(corners, (list, tuple)):
        return None
    polygon = []
    for corner in corners:
        if not isinstance(corner, (list, tuple)) or len(corner) != 2:
            return None
        if not all(isinstance(side, (int, float)) and math.isfinite(side) for side in corner):
            return None
        polygon.append((float(corner[0]), float(corner[1])))
    return tuple(polygon) if len(polygon) >= 3 else None


def read_index(points: MapPoints, place: object) -> int | None:
    """The row behind a place in the bytes; None for anything a stale or broken page might send."""
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(points.rows):
        return None
    return int(points.rows[place])
