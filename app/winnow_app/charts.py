"""Charts: data in, figure out. Nothing here knows Streamlit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from winnow.catalog.facets import Histogram
from winnow.score.curves import Measured, meeting

KEPT, ALL, PRECISION = "#2b6f8f", "rgba(128,128,128,.32)", "#d9822b"
GONE = "#d9822b"
LONGEST_NAME = 28


def short(number: float) -> str:
    """Write a large number in three digits.

    >>> short(1_628_458), short(24_783), short(159)
    ('1.63M', '24.8k', '159')
    """
    for least, size, letter in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e3, 1e3, "k")):
        if abs(number) >= least:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def plain(text: str) -> str:
    """Plotly reads a little HTML in its labels; a name is never markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(names: Sequence[str]) -> list[str]:
    """Return names as labels beside bars: cut where they are long, and never markup."""
    return [plain(name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…") for name in names]


def calm(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 28, "b": 8}, bargap=0.06, showlegend=False, hovermode="x",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(gridcolor="rgba(128,128,128,.18)", zeroline=False, nticks=4)
    return figure


def _spans(histogram: Histogram) -> list[str]:
    """Name every bar by what it covers."""
    edges = histogram.edges
    if edges and isinstance(edges[0], (int, float)):
        return [f"{short(a)} – {short(b)}" for a, b in itertools.pairwise(edges)]
    return [str(edge) for edge in edges[:-1]]


def _ticks(figure: go.Figure, histogram: Histogram, most: int) -> None:
    """Write the lower edges of at most so many bars under them: the whole spans would run into each other."""
    places = list(range(0, max(len(histogram.edges) - 1, 0), max(1, -(-len(histogram.edges) // most))))
    numeric = bool(histogram.edges) and isinstance(histogram.edges[0], (int, float))
    words = [short(histogram.edges[place]) if numeric else str(histogram.edges[place])[:7] for place in places]
    figure.update_xaxes(tickmode="array", tickvals=places, ticktext=words, tickangle=0)


def _stack(figure: go.Figure, histogram: Histogram, counts: Sequence[int], name: str, colour: str) -> None:
    spans = _spans(histogram)
    figure.add_bar(
        x=list(range(len(spans))), y=counts, name=name, marker_color=colour, customdata=spans,
        hovertemplate=f"%{{customdata}}: %{{y:,}} {name}<extra></extra>",
    )  # fmt: skip


def distribution(histogram: Histogram, title: str, *, height: int = 190) -> go.Figure:
    """Draw a histogram's counts over everything it was made from."""
    figure = go.Figure()
    _stack(figure, histogram, histogram.counts, "documents", KEPT)
    figure.update_layout(title={"text": plain(title), "font": {"size": 14}})
    _ticks(figure, histogram, 5)
    return calm(figure, height)


def kept_and_dropped(histogram: Histogram, title: str, *, height: int = 260) -> go.Figure:
    """Draw which documents of each bar were kept (solid) and dropped (pale)."""
    dropped = [everything - kept for everything, kept in zip(histogram.all, histogram.counts, strict=True)]
    figure = go.Figure()
    _stack(figure, histogram, histogram.counts, "kept", KEPT)
    _stack(figure, histogram, dropped, "dropped", ALL)
    figure.update_layout(barmode="stack", title={"text": plain(title), "font": {"size": 14}})
    _ticks(figure, histogram, 10)
    figure = calm(figure, height)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.12, "x": 1, "xanchor": "right"})
    return figure


def waterfall(rules: Sequence[str], dropped: Sequence[int], total: int) -> go.Figure:
    """Draw, rule under rule, what is left (solid) and what the rule takes of what those above it left (orange)."""
    left = [total - gone for gone in itertools.accumulate(dropped)]
    places, names = list(range(len(rules))), [plain(rule) for rule in rules]
    figure = go.Figure()
    figure.add_bar(
        x=left, y=places, orientation="h", name="left", marker_color=KEPT, customdata=names,
        hovertemplate="%{customdata}: %{x:,} left<extra></extra>",
    )  # fmt: skip
    figure.add_bar(
        x=list(dropped), y=places, orientation="h", name="dropped here", marker_color=GONE, customdata=names,
        text=[f"−{gone:,}" if gone else "" for gone in dropped], textposition="outside", cliponaxis=False,
        hovertemplate="%{customdata}: %{x:,} dropped<extra></extra>",
    )  # fmt: skip
    figure = calm(figure, 64 + 23 * len(rules))
    figure.update_layout(
        barmode="stack", hovermode="closest", showlegend=True, margin={"t": 34},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 1, "xanchor": "right"},
    )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=places, ticktext=names, nticks=0, showgrid=False,
        tickfont={"size": 12}, ticklabelstandoff=6,
    )  # fmt: skip
    figure.update_xaxes(visible=False, range=[0, max(total, 1) * 1.12])
    return figure


def bars(names: Sequence[str], counts: Sequence[float], title: str, *, height: int = 0) -> go.Figure:
    """Draw horizontal bars, the first on top, with numbers beside them."""
    places, figures = list(range(len(names))), [f"{count:,.0f}" for count in counts]
    figure = go.Figure(
        go.Bar(
            x=list(counts), y=places, orientation="h", marker_color=KEPT, text=figures,
            textposition="outside", cliponaxis=False, customdata=[plain(name) for name in names],
            hovertemplate="%{customdata}: %{x:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(title={"text": plain(title), "font": {"size": 14}})
    figure.update_yaxes(autorange="reversed", tickfont={"size": 12}, ticklabelstandoff=6)
    figure = calm(figure, height or 60 + 24 * len(names))
    # Long names leave the bars so little room that the longest one's number would be cut.
    figure.update_layout(hovermode="closest", margin={"r": 8 + 7 * max(map(len, figures), default=0)})
    figure.update_yaxes(tickmode="array", tickvals=places, ticktext=cut(names), nticks=0, showgrid=False)
    figure.update_xaxes(visible=False, range=[0, max([*counts, 1])])
    return figure


def near_curve(
    similarity: np.ndarray[Any, Any], bands: int, rows: int, verify: float, *, height: int = 230
) -> go.Figure:
    """Draw how probably a pair is found by how alike it is: 1 - (1 - s^rows)^bands, cut at the threshold."""
    chances = meeting(similarity, bands, rows)
    figure = go.Figure()
    if verify:
        figure.add_scatter(
            x=similarity, y=chances, mode="lines", line={"color": ALL, "width": 2, "dash": "dot"}, name="without threshold",
            hovertemplate="%{y:.1%} without threshold<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=similarity, y=np.where(similarity >= verify, chances, 0), mode="lines", line={"color": KEPT, "width": 3},
        name="found", hovertemplate="pairs %{x:.2f} alike: %{y:.1%} found<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        title={"text": f"Chance that a pair is found, {bands} bands of {rows} rows", "font": {"size": 14}}
    )
    figure = calm(figure, height)
    figure.update_layout(hovermode="closest", margin={"b": 34})
    figure.update_xaxes(title={"text": "Jaccard similarity of the pair", "standoff": 4}, tickformat=".1f")
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%")
    return figure


def recall_and_precision(
    thresholds: np.ndarray[Any, Any],
    expected: np.ndarray[Any, Any],
    points: Sequence[Measured],
    verify: float,
    *,
    height: int = 250,
) -> go.Figure:
    """Draw recall by threshold, as the formula foretells it (line) and as measured with precision (points)."""
    figure = go.Figure()
    figure.add_scatter(
        x=thresholds, y=expected, mode="lines", line={"color": KEPT, "width": 2}, name="recall, by the formula",
        hovertemplate="%{y:.1%} of the pairs by the formula<extra></extra>",
    )  # fmt: skip
    for name, colour, symbol in (("recall", KEPT, "circle"), ("precision", PRECISION, "diamond")):
        if points:
            figure.add_scatter(
                x=[point.verify for point in points], y=[getattr(point, name) for point in points],
                mode="markers" if name == "recall" else "lines+markers", name=f"{name}, measured",
                marker={"color": colour, "size": 8, "symbol": symbol}, line={"color": colour, "width": 1},
                hovertemplate=f"{name} %{{y:.1%}} at threshold %{{x:.2f}}<extra></extra>",
            )  # fmt: skip
    figure.add_vline(x=verify, line={"color": "rgba(128,128,128,.7)", "dash": "dash"})
    figure.update_layout(title={"text": "Recall and precision by threshold (verify)", "font": {"size": 14}})
    figure = calm(figure, height)
    figure.update_layout(
        hovermode="closest", showlegend=True, margin={"b": 34},
        legend={"orientation": "h", "y": 1.16, "x": 1, "xanchor": "right"},
    )  # fmt: skip
    figure.update_xaxes(title={"text": "least similarity of a pair; 0 for no count", "standoff": 4}, range=[-0.02, 1])
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%")
    return figure
