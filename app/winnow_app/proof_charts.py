"""Charts of proofs: reports in, figures out. Nothing here knows Streamlit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from winnow.prove.report import Line, Steered
from winnow.prove.train import Point
from winnow_app.charts import calm, plain

VERDICTS = {"better": "#2a9d74", "worse": "#d15b49", "not distinguishable": "#8a8a8a"}
"""Light enough for a dark page and dark enough for a light one."""
ARMS = ("#2b6f8f", "#d0812a", "#6a4c93", "#3c8d5a", "#b3402f", "#8c6d31", "#5a6b7b", "#b0588a")


def forest(lines: Sequence[Line]) -> go.Figure:
    """Draw each arm's difference to the control with its interval; left of zero is better."""
    shown = [line for line in lines if line.difference]
    figure = go.Figure()
    for place, line in enumerate(shown):
        told = line.difference
        assert told is not None
        half = told.half if math.isfinite(told.half) else None
        words = (
            f"{told.mean:+.3f} ± {told.half:.3f}  {told.verdict}"
            if half is not None
            else f"{told.mean:+.3f}  one seed so far"
        )
        figure.add_scatter(
            x=[told.mean], y=[place], mode="markers",
            marker={"size": 11, "color": VERDICTS[told.verdict]},
            error_x={"type": "data", "array": [half or 0.0], "color": VERDICTS[told.verdict], "thickness": 2},
            hovertemplate=f"{plain(line.arm)}: {words}<extra></extra>",
        )  # fmt: skip
        figure.add_annotation(
            x=1.01, xref="paper", y=place, text=words,
            showarrow=False, xanchor="left", font={"color": VERDICTS[told.verdict]},
        )  # fmt: skip
    figure = calm(figure, 90 + 38 * len(shown))
    figure.add_vline(x=0, line_width=1, line_color="rgba(128,128,128,.7)")
    figure.update_yaxes(
        tickmode="array", tickvals=list(range(len(shown))), ticktext=[plain(line.arm) for line in shown], nticks=0,
        autorange="reversed", showgrid=False,
    )  # fmt: skip
    figure.update_xaxes(title="nats per byte against the control: left is better", showgrid=True, nticks=6)
    figure.update_layout(hovermode="closest", margin={"r": 240, "b": 40})
    return figure


def shares(groups: Sequence[Steered]) -> go.Figure:
    """Draw each group's share of the tokens offered, and of those read with its interval."""
    figure = go.Figure()
    names = [plain(one.group) for one in groups]
    halves = [one.half if math.isfinite(one.half) else 0.0 for one in groups]
    figure.add_scatter(
        x=[one.offered for one in groups], y=names, mode="markers", name="offered",
        marker={"size": 11, "symbol": "circle-open", "color": VERDICTS["not distinguishable"], "line": {"width": 2}},
        hovertemplate="%{y}: %{x:.1%} of what is offered<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[one.read for one in groups], y=names, mode="markers", name="read",
        marker={"size": 11, "color": ARMS[0]}, error_x={"type": "data", "array": halves, "color": ARMS[0]},
        hovertemplate="%{y}: %{x:.1%} of what is read<extra></extra>",
    )  # fmt: skip
    figure = calm(figure, 110 + 30 * len(groups))
    figure.update_xaxes(title="share of tokens", tickformat=".0%", rangemode="tozero", showgrid=True)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.2, "x": 0}, hovermode="closest")
    return figure


def curves(points: Mapping[str, Sequence[Sequence[Point]]], name: str) -> go.Figure:
    """Draw bits per byte over tokens for every arm: a line of means and a band from the lowest to the highest seed."""
    figure = go.Figure()
    for place, (arm, runs) in enumerate(points.items()):
        length = min((len(run) for run in runs), default=0)
        if not length:
            continue
        colour = ARMS[place % len(ARMS)]
        tokens = [point.tokens for point in runs[0][:length]]
        bits = np.array([[point.evaluations[name] / math.log(2) for point in run[:length]] for run in runs])
        figure.add_scatter(
            x=[*tokens, *tokens[::-1]], y=[*bits.max(axis=0), *bits.min(axis=0)[::-1]], fill="toself", mode="lines",
            line={"width": 0}, fillcolor=colour, opacity=0.14, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=tokens, y=bits.mean(axis=0), mode="lines", name=plain(arm), line={"color": colour, "width": 2},
            hovertemplate=f"{plain(arm)}: %{{y:.3f}} bits per byte after %{{x:,}} tokens<extra></extra>",
        )  # fmt: skip
    figure = calm(figure, 300)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.14, "x": 0}, hovermode="closest", margin={"b": 40}
    )
    figure.update_xaxes(title="tokens read")
    figure.update_yaxes(title="bits per byte")
    return figure
