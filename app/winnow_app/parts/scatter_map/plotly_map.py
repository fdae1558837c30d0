"""The plain map for installations and browsers that cannot show the WebGL one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
import streamlit as st

from winnow_app.parts.scatter_map.events import MapEvent, read_polygons
from winnow_app.parts.scatter_map.points import MapPoints, Polygon

MOST_POINTS = 6_000
MOST_NAMES = 25
MARKER_PIXELS = 5
LASSO_COLOUR = "#D55E00"
NAME_BACKGROUND = "rgba(140, 140, 140, 0.35)"


def plotly_map(
    points: MapPoints,
    *,
    key: str,
    height: int,
    notice: str,
    lassos: tuple[Polygon, ...],
    drawn: Callable[..., None],
) -> MapEvent:
    """Draw an even sample of the points with Plotly and say why; new lassos, or their end, go to `drawn`."""
    rows = sample(points)
    note = notice if len(rows) == len(points.rows) else f"{notice} Shown: {len(rows):,} of {len(points.rows):,} points."
    st.info(note)
    figure = _figure(points, rows, height, lassos)
    take = partial(_take, key, drawn)
    chosen = st.plotly_chart(figure, key=key, on_select=take, selection_mode=("lasso", "points"))
    touched = [each["customdata"] for each in chosen.get("selection", {}).get("points", []) if "customdata" in each]
    clicked = points.doc_id(int(np.ravel(touched[0])[0])) if len(touched) == 1 else None
    return MapEvent(lassos=lassos, clicked=clicked)


def _take(key: str, drawn: Callable[..., None]) -> None:
    selection: dict[str, Any] = (st.session_state.get(key) or {}).get("selection", {})
    outlines = selection.get("lasso") or []
    if outlines:
        drawn(*read_polygons([tuple(zip(each["x"], each["y"], strict=True)) for each in outlines]))
    elif not selection.get("points"):
        drawn()


def sample(points: MapPoints, most: int = MOST_POINTS) -> npt.NDArray[np.int64]:
    """At most `most` rows, evenly spaced over the rows that stand out, or over all of them."""
    rows = points.rows
    if points.highlighted is not None:
        bright = np.asarray(points.highlighted, dtype=bool)[rows]
        rows = rows[bright] if bright.any() else rows
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _figure(points: MapPoints, rows: npt.NDArray[np.int64], height: int, lassos: tuple[Polygon, ...]) -> go.Figure:
    look = points.colouring
    colours = np.array(look.palette)[look.codes[rows]]
    x, y = np.asarray(points.x, np.float64)[rows], np.asarray(points.y, np.float64)[rows]
    marker = {"color": colours, "size": MARKER_PIXELS, "opacity": 0.7}
    dots = go.Scatter(x=x, y=y, mode="markers", marker=marker, customdata=rows, hoverinfo="skip", showlegend=False)
    figure = go.Figure(dots)
    for entry in look.legend:
        name = f"{entry.name} · {entry.count:,}"
        figure.add_scatter(x=[None], y=[None], mode="markers", marker={"color": entry.colour}, name=name)
    for label in sorted((each for each in points.labels if each.level == 0), key=lambda each: -each.size)[:MOST_NAMES]:
        figure.add_annotation(x=label.x, y=label.y, text=_plain(label.text), showarrow=False, bgcolor=NAME_BACKGROUND)
    for lasso in lassos:
        corners = "L".join(f"{a:.6g},{b:.6g}" for a, b in lasso)
        figure.add_shape(type="path", path=f"M{corners}Z", line={"width": 2, "color": LASSO_COLOUR})
    figure.update_layout(height=height, dragmode="lasso", margin={"l": 0, "r": 0, "t": 40, "b": 0})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x")
    return figure


def _plain(text: str) -> str:
    """Plotly reads a little HTML in annotations; a cluster's name is never markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
