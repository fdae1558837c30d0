"""Charts: data in, figure out. Nothing here knows Streamlit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from winnow.catalog.browse import Histogram

KEPT, DROPPED, ALL = "#2b6f8f", "#d9822b", "rgba(128,128,128,.32)"


def _calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 28, "b": 8}, bargap=0.06, showlegend=False, hovermode="x unified",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,.18)", zeroline=False, nticks=4)
    return figure


def _centres(histogram: Histogram) -> list[Any]:
    edges = histogram.edges
    if edges and isinstance(edges[0], (int, float)):
        return [f"{a:.4g} – {b:.4g}" for a, b in itertools.pairwise(edges)]
    return [str(edge) for edge in edges[:-1]]


def distribution(histogram: Histogram, title: str, *, height: int = 190) -> go.Figure:
    """Draw a histogram's counts over everything it was made from."""
    figure = go.Figure()
    labels = _centres(histogram)
    figure.add_bar(x=labels, y=histogram.counts, name="documents", marker_color=KEPT)
    figure.update_layout(title={"text": title, "font": {"size": 14}})
    figure.update_xaxes(nticks=6, tickangle=0)
    return _calm(figure, height)


def kept_and_dropped(histogram: Histogram, title: str, *, height: int = 260) -> go.Figure:
    """Draw which documents of each bar were kept (solid) and dropped (pale)."""
    labels = _centres(histogram)
    dropped = [everything - kept for everything, kept in zip(histogram.all, histogram.counts, strict=True)]
    figure = go.Figure()
    figure.add_bar(x=labels, y=histogram.counts, name="kept", marker_color=KEPT)
    figure.add_bar(x=labels, y=dropped, name="dropped", marker_color=ALL)
    figure.update_layout(barmode="stack", title={"text": title, "font": {"size": 14}})
    figure.update_xaxes(nticks=6, tickangle=0)
    figure = _calm(figure, height)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"})
    return figure


def bars(names: Sequence[str], counts: Sequence[float], title: str, *, height: int = 0) -> go.Figure:
    """Draw horizontal bars, the first on top, with numbers beside them."""
    figure = go.Figure(
        go.Bar(
            x=list(counts), y=list(names), orientation="h", marker_color=KEPT, text=[f"{count:,.0f}" for count in counts],
            textposition="outside", cliponaxis=False, hovertemplate="%{y}: %{x:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(title={"text": title, "font": {"size": 14}})
    figure.update_yaxes(autorange="reversed", tickfont={"size": 12}, ticklabelstandoff=6)
    figure = _calm(figure, height or 60 + 24 * len(names))
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(tickmode="linear", nticks=0, showgrid=False)
    figure.update_xaxes(visible=False, range=[0, max([*counts, 1]) * 1.18])
    return figure
