"""What the map draws: every document with a place, or as many as a browser draws smoothly and the density of the rest."""

from __future__ import annotations

from math import isqrt

import numpy as np
import pyarrow as pa
import streamlit as st

from winnow.catalog.density import Box, shares
from winnow.catalog.facets import Facet
from winnow.catalog.filters import Filter
from winnow_app import data
from winnow_app.parts.scatter_map import (
    Colouring,
    MapLabel,
    MapPoints,
    MapSample,
    by_category,
    by_number,
    day,
    one_colour,
)

KEPT_BY = "kept by "
"""How a selection is named among the colours of the map."""

ROOM = 0.25
"""How much of a view's width and height is drawn beyond each of its edges."""

WEIGHED = 200_000
"""Documents that tell where a colour ramp ends when not all are drawn."""


def map_points(color: str, filter: Filter, view: tuple[float, ...] | None, limit: int) -> MapPoints:
    """Return up to `limit` points, coloured by a column or by what a selection keeps ("kept by NAME").

    Documents of the filter stand out. When there are more documents than the limit, the points are those around the
    view, and a density lies under them where even the filter's documents are not all drawn.
    """
    path = (
        data.workspace().catalog.selections.get(color.removeprefix(KEPT_BY)).path if color.startswith(KEPT_BY) else ""
    )
    extent, placed = _whole(data.version())
    box = extent if view is None or placed <= limit else around(Box(*view), extent)
    return _points(color, f"{filter.key}{path}", box, limit, data.version(), _filter=filter)


def around(view: Box, extent: Box) -> Box:
    """Return a view with room on every side, as far as there are documents.

    >>> around(Box(0, 0, 4, 8), Box(-9, -1, 9, 9))
    Box(left=-1.0, bottom=-1, right=5.0, top=9)
    """
    room = (view.right - view.left) * ROOM, (view.top - view.bottom) * ROOM
    near = max(view.left - room[0], extent.left), max(view.bottom - room[1], extent.bottom)
    far = min(view.right + room[0], extent.right), min(view.top + room[1], extent.top)
    return Box(*near, *far) if near[0] < far[0] and near[1] < far[1] else extent


@st.cache_data(max_entries=2, show_spinner=False)
def _whole(version: str) -> tuple[Box, int]:
    return data.workspace().catalog.places.whole()


@st.cache_resource(max_entries=6, show_spinner="Drawing the map …")
def _points(color: str, key: str, box: Box, limit: int, version: str, *, _filter: Filter) -> MapPoints:
    places = data.workspace().catalog.places
    extent, placed = _whole(version)
    column = "" if color.startswith(KEPT_BY) else color
    sample = None
    if placed <= limit:
        rows = places.drawn(_filter, box, column)
    else:
        density = places.density(_filter, box)
        # By hash a few more or fewer come than the share says.
        part = shares(density.documents, density.rest, max(1, limit - 4 * isqrt(limit)))
        rows = places.drawn(_filter, box, column, part)
        lit = int(np.count_nonzero(rows.column("lit")))
        words = _note(lit, density.documents, rows.num_rows - lit, density.rest, whole=box == extent)
        sample = MapSample(
            box=box, complete=part == (1.0, 1.0), counts=density.counts if part[0] < 1 else None, note=words
        )
    x, y, doc_ids = (rows.column(name).to_numpy() for name in ("map_x", "map_y", "doc_id"))
    return MapPoints(
        x=x, y=y, colouring=_colouring(color, rows, whole=sample is None), labels=_labels(version), doc_ids=doc_ids,
        highlighted=rows.column("lit").to_numpy() if _filter else None, sample=sample, extent=extent,
    )  # fmt: skip


def _note(lit: int, found: int, others: int, rest: int, *, whole: bool) -> str:
    """Say what a sample stands for."""
    where = "" if whole else " in and around this view"
    if lit < found:
        return f"density of {found:,} documents{where}, {lit:,} drawn"
    if others < rest:
        return f"all {found:,} documents found{where} are drawn, and {others:,} of {rest:,} others"
    return f"all {found + rest:,} documents{where} are drawn"


def _colouring(color: str, rows: pa.Table, *, whole: bool) -> Colouring:
    if not color:
        return one_colour(rows.num_rows)
    if color.startswith(KEPT_BY):
        kept = data.workspace().catalog.selections.get(color.removeprefix(KEPT_BY)).read()[0]
        words = np.where(np.isin(rows.column("doc_id").to_numpy(), kept), "kept", "dropped")
        dropped = data.count(Filter()).documents - len(kept)
        return by_category(words, title=color, counted=Facet([("kept", len(kept)), ("dropped", dropped)], 0))
    column, title, kind = rows.column("colour"), color.replace("_", " "), data.columns()[color].kind
    if kind in ("number", "date"):
        low, high, missing = (None, None, None) if whole else _ramp(color, data.version())
        written = day if kind == "date" else "{:.3g}".format
        return by_number(_floats(column), title=title, low=low, high=high, missing=missing, words=written)
    return by_category(column.cast("string"), title=title, counted=data.facet(color, Filter(), limit=12))


@st.cache_data(max_entries=200, show_spinner=False)
def _ramp(color: str, version: str) -> tuple[float, float, int]:
    """Return where the ramp of a column begins and ends, the same in every view, and how many values are missing."""
    extent, placed = _whole(version)
    share = WEIGHED / max(1, placed)
    values = _floats(data.workspace().catalog.places.drawn(Filter(), extent, color, (share, share)).column("colour"))
    low, high = np.quantile(values[np.isfinite(values)], [0.01, 0.99]) if np.isfinite(values).any() else (0.0, 1.0)
    return float(low), float(high), data.histogram(color, Filter()).missing


def _floats(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return numbers, or the seconds since 1970 of dates; NaN where there is none."""
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.timestamp("s"), safe=False).cast("int64")
    return np.asarray(column.cast("float64").to_numpy(), dtype=np.float64)


@st.cache_resource(max_entries=2, show_spinner=False)
def _labels(version: str) -> list[MapLabel]:
    labels: list[MapLabel] = []
    for level, by in enumerate(("cluster_top", "cluster_name")):
        if by in data.columns():
            labels += [
                MapLabel(x=row["x"], y=row["y"], text=row["name"], level=level, size=row["documents"])
                for row in data.workspace().browse.centres(by).to_dict("records")
            ]
    return labels
