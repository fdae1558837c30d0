"""Charts of raters: data in, figure out. Nothing here knows Streamlit."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from winnow_app.charts import KEPT, calm, short

GREY = "rgba(128,128,128,.55)"


def calibration(found: Sequence[Mapping[str, Any]], *, height: int = 230) -> go.Figure:
    """Draw what was observed over what was predicted, with intervals, beside the line where both agree."""
    x, y = [part["predicted"] for part in found], [part["observed"] for part in found]
    low, high = min([*x, *y], default=0.0), max([*x, *y], default=1.0)
    figure = go.Figure(
        go.Scatter(x=[low, high], y=[low, high], mode="lines", line={"color": GREY, "dash": "dot"}, hoverinfo="skip")
    )
    figure.add_scatter(
        x=x, y=y, mode="markers+lines", marker={"color": KEPT, "size": 8}, line={"color": KEPT, "width": 1},
        error_y={
            "array": [part["high"] - part["observed"] for part in found],
            "arrayminus": [part["observed"] - part["low"] for part in found],
            "color": KEPT, "thickness": 1, "width": 3,
        },
        customdata=[part["labels"] for part in found],
        hovertemplate="predicted %{x:.2f}, observed %{y:.2f} of %{customdata:,} labels<extra></extra>",
    )  # fmt: skip
    figure.update_layout(title={"text": "Does it mean what it says?", "font": {"size": 14}})
    return _titled(calm(figure, height), "predicted", "observed")


def learning_curve(
    points: Sequence[Sequence[float]], trivial: float, name: str, *, of: str = "labels", height: int = 230
) -> go.Figure:
    """Draw the held-out figure over the labels (or pairs) fitted on, and that of the trivial rater as a line."""
    x, y = [point[0] for point in points], [point[1] for point in points]
    figure = go.Figure(
        go.Scatter(
            x=[0, max(x, default=1)],
            y=[trivial] * 2,
            mode="lines",
            line={"color": GREY, "dash": "dot"},
            name="trivial rater",
        )
    )
    figure.add_scatter(
        x=x, y=y, mode="markers+lines", marker={"color": KEPT, "size": 8}, line={"color": KEPT},
        hovertemplate="%{x:,} labels: %{y:.3f}<extra></extra>", name="this rater",
    )  # fmt: skip
    figure.update_layout(title={"text": f"Are there enough {of}?", "font": {"size": 14}})
    return _titled(calm(figure, height), f"{of} fitted on", name)


def ratings(edges: Sequence[float], counts: Sequence[int], *, height: int = 230) -> go.Figure:
    """Draw how ratings are spread over a sample of the corpus."""
    centres = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    spans = [f"{short(low)} – {short(high)}" for low, high in itertools.pairwise(edges)]
    figure = go.Figure(
        go.Bar(
            x=centres,
            y=list(counts),
            marker_color=KEPT,
            customdata=spans,
            hovertemplate="%{customdata}: %{y:,} documents<extra></extra>",
        )
    )
    figure.update_layout(title={"text": "Ratings of the corpus", "font": {"size": 14}})
    return _titled(calm(figure, height), "rating", "documents")


def _titled(figure: go.Figure, x: str, y: str) -> go.Figure:
    figure.update_layout(margin={"l": 8, "r": 8, "t": 32, "b": 8}, hovermode="closest")
    figure.update_xaxes(title={"text": x, "font": {"size": 12}}, automargin=True)
    figure.update_yaxes(title={"text": y, "font": {"size": 12}}, automargin=True)
    return figure
