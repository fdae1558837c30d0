"""The WebGL map: millions of points in the browser, a lasso that comes back as a polygon."""

from winnow_app.parts.scatter_map.colours import Colouring, LegendEntry, by_category, by_number, one_colour
from winnow_app.parts.scatter_map.component import is_built, lasso_of, scatter_map, set_lasso
from winnow_app.parts.scatter_map.events import MapEvent, Tooltip
from winnow_app.parts.scatter_map.points import MapLabel, MapPoints, Polygon

__all__ = [
    "Colouring",
    "LegendEntry",
    "MapEvent",
    "MapLabel",
    "MapPoints",
    "Polygon",
    "Tooltip",
    "by_category",
    "by_number",
    "is_built",
    "lasso_of",
    "one_colour",
    "scatter_map",
    "set_lasso",
]
