"""Charts of labels: data in, figure out."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go


def curve(points: Sequence[tuple[int, float, float, float]], commonest: float) -> go.Figure:
    """Draw held-out accuracy by labels fitted on, (labels, value, low, high), beside always saying the commonest answer."""
    labels = [point[0] for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=labels, y=[point[1] for point in points], mode="lines+markers", name="a head on so many labels",
        error_y={"type": "data", "symmetric": False, "array": [high - value for _, value, _, high in points],
                 "arrayminus": [value - low for _, value, low, _ in points]},
    )  # fmt: skip
    figure.add_scatter(
        x=labels, y=[commonest] * len(labels), mode="lines", line={"dash": "dot"}, name="always the commonest answer"
    )
    figure.update_layout(
        height=280, margin={"l": 10, "r": 10, "t": 10, "b": 10}, legend={"orientation": "h", "y": 1.15},
        xaxis={"title": "labels", "type": "log"}, yaxis={"title": "right on held-out labels", "tickformat": ".0%"},
    )  # fmt: skip
    return figure
