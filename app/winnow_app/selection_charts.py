"""Charts of a choice beside its pool: data in, figure out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from winnow_app.charts import ALL, GONE, KEPT, calm, cut, plain, short

MOST_GROUPS = 12
"""So many groups are drawn; the rest is one more."""


def kept_per_group(groups: Mapping[str, tuple[int, int]]) -> go.Figure:
    """Draw each group's share of what is kept (solid) over its share of the pool (pale): groups are {name: (kept, pool)}."""
    ordered = sorted(groups.items(), key=lambda item: -item[1][1])
    if len(ordered) > MOST_GROUPS + 1:
        drawn, rest = ordered[:MOST_GROUPS], [counts for _, counts in ordered[MOST_GROUPS:]]
        ordered = [*drawn, (f"{len(rest):,} others", (sum(kept for kept, _ in rest), sum(pool for _, pool in rest)))]
    places, names = list(range(len(ordered))), [name for name, _ in ordered]
    figure, most = go.Figure(), 0.0
    for side, (word, colour) in enumerate((("kept", KEPT), ("pool", ALL))):
        counts = [both[side] for _, both in ordered]
        shares = [count / max(sum(counts), 1) for count in counts]
        most = max([most, *shares])
        figure.add_bar(
            x=shares, y=places, orientation="h", name=word, marker_color=colour, text=[f"{share:.1%}" for share in shares],
            textposition="outside", cliponaxis=False, customdata=[[plain(n), c] for n, c in zip(names, counts, strict=True)],
            hovertemplate=f"%{{customdata[0]}}: %{{customdata[1]:,}} documents, %{{x:.1%}} of the {word}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, (most or 1) * 1.12])
    return _in_rows(figure, "group", cut(names), 34)


def budget(chosen: Mapping[str, tuple[int, int]], unit: str, asked: float) -> go.Figure:
    """Draw what is chosen (solid) of the pool (pale), {unit: (chosen, pool)}, with a mark at what was asked of a unit."""
    places = list(range(len(chosen)))
    shares = [kept / max(pool, 1) for kept, pool in chosen.values()]
    words = [f"{kept:,} of {pool:,} {name}" for name, (kept, pool) in chosen.items()]
    figure = go.Figure()
    for name, widths, colour in (("pool", [1.0] * len(places), ALL), ("chosen", shares, KEPT)):
        figure.add_bar(
            x=widths, y=places, orientation="h", name=name, marker_color=colour, customdata=words,
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    at = asked / max(chosen[unit][1], 1)
    figure.add_scatter(
        x=[at], y=[list(chosen).index(unit)], mode="markers", name=f"asked: {short(asked)} {unit}",
        marker={"symbol": "line-ns", "size": 22, "line": {"width": 3, "color": GONE}},
        hovertemplate=f"asked: {asked:,.0f} {unit}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(range=[0, max([1.0, at, *shares]) * 1.005])
    rows = [f"{word} ({share:.1%})" for word, share in zip(words, shares, strict=True)]
    return _in_rows(figure, "overlay", rows, 32)


def _in_rows(figure: go.Figure, mode: str, names: Sequence[str], height: int) -> go.Figure:
    """Lay horizontal bars out under each other, the first on top, with their names beside them."""
    figure = calm(figure, 40 + height * len(names))
    figure.update_layout(
        barmode=mode, bargap=0.25, hovermode="closest", showlegend=True, margin={"t": 26},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 1, "xanchor": "right"},
    )  # fmt: skip
    figure.update_yaxes(
        autorange="reversed", tickmode="array", tickvals=list(range(len(names))), ticktext=names, nticks=0, showgrid=False,
        tickfont={"size": 12}, ticklabelstandoff=6,
    )  # fmt: skip
    return figure.update_xaxes(visible=False)
