"""Charts of ladders and skill graphs: results in, figures out. Nothing here knows Streamlit."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from winnow.jobs.ladder import Rung
from winnow.jobs.skills import SkillGraph
from winnow_app.charts import LONGEST_NAME, calm, plain
from winnow_app.proof_charts import ARMS


def rungs(found: Sequence[Rung]) -> go.Figure:
    """Draw each model's bits per byte of the target over the tokens it read, a line per size."""
    figure = go.Figure()
    for place, tier in enumerate(dict.fromkeys(rung.tier for rung in found)):
        mine = sorted((rung for rung in found if rung.tier == tier), key=lambda rung: rung.tokens)
        figure.add_scatter(
            x=[rung.tokens for rung in mine], y=[rung.bits for rung in mine], mode="lines+markers", name=tier,
            line={"color": ARMS[place % len(ARMS)]}, text=[plain(rung.model) for rung in mine],
            hovertemplate="%{text}: %{y:.3f} after %{x:,} tokens<extra></extra>",
        )  # fmt: skip
    figure = calm(figure, 260)
    figure.update_xaxes(type="log", title="tokens read")
    figure.update_yaxes(title="bits per byte", showgrid=True)
    figure.update_layout(showlegend=True, hovermode="closest")
    return figure


def edges(made: SkillGraph) -> go.Figure:
    """Draw by how much reading one group (row) too changes the loss on another (column): below zero it helps."""
    names, places = list(made.names), list(range(len(made.names)))
    values: list[list[float | None]] = [[None] * len(names) for _ in names]
    for edge in made.edges:
        values[names.index(edge.source)][names.index(edge.to)] = edge.mean
    most = max((abs(edge.mean) for edge in made.edges), default=1.0) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=values, x=places, y=places, zmin=-most, zmax=most, showscale=False, hoverongaps=False,
            colorscale=[[0, "rgba(42,157,116,.6)"], [0.5, "rgba(128,128,128,.1)"], [1, "rgba(209,91,73,.6)"]],
            hovertemplate="%{z:+.3f} nats per byte<extra></extra>",
        )
    )  # fmt: skip
    # Annotations have the colour of the page's text; a heat map's own words guess it and miss where colours are pale.
    for edge in made.edges:
        i, j = names.index(edge.source), names.index(edge.to)
        words = f"{edge.mean:+.2f}{' •' if made.graph[i, j] else ''}"
        figure.add_annotation(x=j, y=i, xref="x", yref="y", text=words, showarrow=False)
    figure.update_layout(title={"text": "What a row does to a column, nats per byte (• edge)", "font": {"size": 14}})
    figure = calm(figure, 160 + 34 * len(names))
    labels = {"tickmode": "array", "tickvals": places, "ticktext": [_called(name) for name in names], "nticks": 0}
    figure.update_xaxes(**labels, tickangle=-30)
    figure.update_yaxes(**labels, autorange="reversed", showgrid=False)
    return figure


def mixture(made: SkillGraph) -> go.Figure:
    """Draw the share of every group over a run."""
    figure = go.Figure()
    tokens = [count for count, _ in made.shares]
    for place, name in enumerate(made.names):
        figure.add_scatter(
            x=tokens, y=[told[name] for _, told in made.shares], mode="lines+markers", name=_called(name),
            line={"color": ARMS[place % len(ARMS)], "shape": "hv"},
            hovertemplate="%{y:.0%} from %{x:,} tokens on<extra></extra>",
        )  # fmt: skip
    figure.update_layout(title={"text": "The mixture that follows", "font": {"size": 14}})
    figure = calm(figure, 160 + 34 * len(made.names))
    figure.update_xaxes(title="tokens read")
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.3})
    return figure


def _called(name: str) -> str:
    return plain(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")
