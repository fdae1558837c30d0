"""The WebGL map: millions of points in the browser, lassos that come back as polygons."""

from winnow_app.parts.scatter_map.colours import Colouring, LegendEntry, by_category, by_number, day, one_colour
from winnow_app.parts.scatter_map.component import is_built, lassos_of, scatter_map, set_lassos, view_of
from winnow_app.parts.scatter_map.events import MapEvent, Tooltip
from winnow_app.parts.scatter_map.points import Box, MapLabel, MapPoints, MapSample, Polygon

__all__ = [
    "Box",
    "Colouring",
    "LegendEntry",
    "MapEvent",
    "MapLabel",
    "MapPoints",
    "MapSample",
    "Polygon",
    "Tooltip",
    "by_category",
    "by_number",
    "day",
    "is_built",
    "lassos_of",
    "one_colour",
    "scatter_map",
    "set_lassos",
    "view_of",
]
