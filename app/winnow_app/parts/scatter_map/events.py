"""What comes back from the map, checked before anything relies on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from winnow_app.parts.scatter_map.points import Box, MapPoints, Polygon


@dataclass(frozen=True, kw_only=True)
class Tooltip:
    """What to show beside a hovered point: a heading and a few lines of plain text."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class MapEvent:
    """What the person did on the map.

    `lassos` hold as long as the polygons stay on the map, in data coordinates, open (the first corner is not repeated
    at the end). `clicked` is a document, set only in the run that the click started.
    """

    lassos: tuple[Polygon, ...] = ()
    clicked: int | None = None


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


def read_polygons(found: object) -> tuple[Polygon, ...]:
    """The polygons among what was sent."""
    polygons = map(read_polygon, found if isinstance(found, (list, tuple)) else ())
    return tuple(polygon for polygon in polygons if polygon is not None)


def read_box(edges: object) -> Box | None:
    """The edges as finite numbers, in order; None for anything else."""
    if not isinstance(edges, (list, tuple)) or len(edges) != 4:
        return None
    if not all(isinstance(edge, (int, float)) and math.isfinite(edge) for edge in edges):
        return None
    left, bottom, right, top = map(float, edges)
    return (left, bottom, right, top) if left < right and bottom < top else None


def read_place(points: MapPoints, address: str, sent: object) -> int | None:
    """The place of a touched point among the points at an address; None for others, and for what a broken page sends."""
    place = sent.get("place") if isinstance(sent, dict) and sent.get("of") == address else None
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(points.rows):
        return None
    return place
