"""Charts of selections beside each other: data in, figure out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from winnow_app.charts import KEPT, plain, short

COLOURS = ("#3a86ad", "#d9822b", "#4f9a58", "#b5495b", "#7a62a8", "#8c6b4f", "#5fa8c9", "#a8a032")
GREY = "#8a8f94"
SYMBOLS = {"corpus": "diamond-open", "selection": "circle", "baseline": "circle-open"}
DASHES = {"corpus": "dot", "selection": "solid", "random": "dash", "balanced random": "longdashdot"}
LONGEST_NAME = 34


def _plain(text: str) -> str:
    """Return a name as a label: cut where it is long, and never markup."""
    short_name = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
    return plain(short_name)


def side_colours(sides: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a colour per side: selections by turns, corpus and baselines in greys that symbols and dashes tell apart."""
    turns = itertools.cycle(COLOURS)
    return [next(turns) if side["kind"] == "selection" else GREY for side in sides]


def _calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 40, "b": 8}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "title": None},
    )  # fmt: skip
    figure.update_xaxes(gridcolor="rgba(128,128,128,.18)", zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,.18)", zeroline=False)
    return figure


def overlap_map(names: Sequence[str], jaccard: Sequence[Sequence[float]], both: Sequence[Sequence[int]]) -> go.Figure:
    """Draw the overlap of each two sets as a table of Jaccard numbers, darker for more."""
    words = [_plain(name) for name in names]
    figure = go.Figure(
        go.Heatmap(
            z=jaccard, x=words, y=words, zmin=0, zmax=1, showscale=False, customdata=both, xgap=2, ygap=2,
            colorscale=[[0, "#5b7685"], [1, "#124a68"]], texttemplate="%{z:.2f}", textfont={"color": "white"},
            hovertemplate="%{y} and %{x}: %{customdata:,} documents in both<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(side="top")
    return _calm(figure, 90 + 42 * len(names)).update_xaxes(showgrid=False).update_yaxes(showgrid=False)


def share_dots(shares: Mapping[str, Sequence[float]], sides: Sequence[Mapping[str, Any]], most: int = 10) -> go.Figure:
    """Draw each side's share of tokens per group as dots on one line a group, the largest groups on top."""
    groups = list(shares)[:most]
    figure = go.Figure()
    for place, (side, colour) in enumerate(zip(sides, side_colours(sides), strict=True)):
        marker = {"color": colour, "symbol": SYMBOLS[side["kind"]], "size": 11, "line": {"width": 2, "color": colour}}
        if (side["kind"], side["name"]) == ("baseline", "random"):
            marker["symbol"] = "x-thin-open"
        figure.add_scatter(
            x=[100 * shares[group][place] for group in groups], y=list(range(len(groups))), mode="markers",
            name=_plain(side["name"]), marker=marker, customdata=[_plain(group) for group in groups],
            hovertemplate="%{customdata}: %{x:.1f} % of " + _plain(side["name"]) + "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(ticksuffix=" %", rangemode="tozero")
    figure.update_yaxes(
        autorange="reversed",
        tickmode="array",
        tickvals=list(range(len(groups))),
        ticktext=[_plain(group) for group in groups],
    )
    return _calm(figure, 110 + 32 * len(groups))


def spread_lines(spread: Mapping[str, Any], sides: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Draw how a column is spread over each side: the share of its documents in each bar, as lines."""
    edges = spread["edges"]
    numeric = bool(edges) and isinstance(edges[0], (int, float))
    words = [short(edge) if numeric else str(edge)[:7] for edge in edges[:-1]]
    figure = go.Figure()
    for shares, side, colour in zip(spread["shares"], sides, side_colours(sides), strict=True):
        figure.add_scatter(
            x=list(range(len(words))), y=[100 * share for share in shares], mode="lines", name=_plain(side["name"]),
            line={"color": colour, "dash": DASHES.get(side["name"] if side["kind"] == "baseline" else side["kind"], "solid"), "width": 2.5 if side["kind"] == "selection" else 1.6, "shape": "hvh"},
            customdata=words, hovertemplate="from %{customdata}: %{y:.1f} %<extra>" + _plain(side["name"]) + "</extra>",
        )  # fmt: skip
    step = max(1, -(-len(words) // 10))
    figure.update_xaxes(
        tickmode="array", tickvals=list(range(0, len(words), step)), ticktext=words[::step], showgrid=False
    )
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero", nticks=5)
    return _calm(figure, 330)


def waterfall(steps: Sequence[Mapping[str, Any]], unit: str) -> go.Figure:
    """Draw what is left after each step as bars, with the part that the step dropped pale beside it."""
    left = [step[unit] for step in steps]
    before = [left[0], *left[:-1]]
    called = [_plain(f"{turn}. {step['step']}" if turn else step["step"]) for turn, step in enumerate(steps)]
    names = [f"{name}   {short(now)} ({now / max(left[0], 1):.1%})" for name, now in zip(called, left, strict=True)]
    places = list(range(len(steps)))
    figure = go.Figure()
    figure.add_bar(
        x=left,
        y=places,
        orientation="h",
        marker_color=KEPT,
        name="left",
        hovertemplate="%{x:,} left<extra></extra>",
    )
    figure.add_bar(
        x=[was - now for was, now in zip(before, left, strict=True)], y=places, orientation="h", name="dropped by the step",
        marker_color="rgba(128,128,128,.3)", hovertemplate="%{x:,} dropped<extra></extra>",
    )  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.25)
    figure.update_yaxes(autorange="reversed", tickmode="array", tickvals=places, ticktext=names, showgrid=False)
    figure.update_xaxes(visible=False)
    return _calm(figure, 70 + 34 * len(steps))


def repeats(epochs: Mapping[str, float], most: int = 14) -> go.Figure:
    """Draw how often each group is seen, most often first; a line marks once."""
    groups = sorted(epochs, key=lambda name: -epochs[name])[:most]
    places = list(range(len(groups)))
    figure = go.Figure(
        go.Bar(
            x=[epochs[group] for group in groups], y=places, orientation="h", text=[f"{epochs[g]:.2f}×" for g in groups],
            marker_color=[COLOURS[1] if epochs[group] > 1.0005 else COLOURS[0] for group in groups], textposition="auto",
            customdata=[_plain(g) for g in groups], hovertemplate="%{customdata}: seen %{x:.3f} times<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=1, line={"color": GREY, "dash": "dot"})
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=places, ticktext=[_plain(g) for g in groups], showgrid=False
    )
    figure.update_xaxes(rangemode="tozero")
    return _calm(figure, 60 + 28 * len(groups))


def law_shares(estimates: Mapping[str, Any]) -> go.Figure:
    """Draw the share that a law gives to each group, with the interval of leaving runs out."""
    names = list(estimates)
    places = list(range(len(names)))
    ends = [estimates[name].interval for name in names]
    values = [100 * estimates[name].value for name in names]
    figure = go.Figure(
        go.Scatter(
            x=values, y=places, mode="markers", marker={"color": COLOURS[0], "size": 11},
            error_x={
                "type": "data", "symmetric": False, "color": COLOURS[0], "thickness": 2,
                "array": [100 * high - value for (_, high), value in zip(ends, values, strict=True)],
                "arrayminus": [value - 100 * low for (low, _), value in zip(ends, values, strict=True)],
            },
            customdata=[_plain(name) for name in names], hovertemplate="%{customdata}: %{x:.1f} %<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", tickmode="array", tickvals=places, ticktext=[_plain(n) for n in names])
    figure.update_xaxes(ticksuffix=" %", range=[0, 100])
    return _calm(figure, 80 + 30 * len(names))
