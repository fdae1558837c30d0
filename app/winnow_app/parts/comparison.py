"""Selections side by side: figures, overlap, shares per group, and how columns are spread."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from winnow.jobs.compare import side_table
from winnow_app import comparison_charts as charts
from winnow_app.parts.highlight import plain

STILL = {"displayModeBar": False}
HELP = {
    "effective documents": "(Σw)² / Σw²: how many documents seen once each would be as varied.",
    "chance of being the longer": "A kept document against one that is not: 0.5 is no bias; 1 means that every kept document is longer than every other.",
    "score against length (rho)": "Spearman's correlation over the corpus of the column that the selection was ranked by.",
    "distance to the nearest": "Mean of 1 − cosine to the nearest other document of a sample: higher is more varied.",
    "Vendi score": "How many unlike kinds a sample of vectors amounts to: higher is more varied.",
}


def comparison(found: dict[str, Any]) -> None:
    """Draw a comparison: a table of figures, then charts on tabs."""
    sides = found["sides"]
    _figures(found)
    overlap, *rest = st.tabs(["Overlap", *(_title(name) for name in found["shares"]), "Spread"])
    with overlap:
        names = [side["name"] for side in sides]
        figure = charts.overlap_map(names, found["overlap"]["jaccard"], found["overlap"]["documents"])
        st.plotly_chart(figure, key="compare.overlap", config=STILL)
        st.caption("Jaccard: documents in both divided by documents in either.")
    for tab, (name, shares) in zip(rest, found["shares"].items(), strict=False):
        with tab:
            st.plotly_chart(charts.share_dots(shares, sides), key=f"compare.{name}", config=STILL)
            more = f" The {len(shares) - 10:,} smaller groups are not drawn." if len(shares) > 10 else ""
            st.caption(f"Share of the tokens that each selection sees.{more}")
    with rest[-1]:
        _spreads(found)
    with st.expander("How it was measured"):
        for note in found["notes"]:
            st.markdown(f"- {plain(note)}")


def _title(column: str) -> str:
    return f"Per {column.removesuffix('_name')}"


def _figures(found: dict[str, Any]) -> None:
    names = [side["name"] for side in found["sides"]]
    rows = [
        {"measure": words, **{name: _word(value) for name, value in zip(names, values, strict=True)}}
        for words, values in side_table(found)
    ]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height="content",
        column_config={"measure": st.column_config.TextColumn(width="medium")}
        | {name: st.column_config.TextColumn(name, alignment="right") for name in names},
    )  # fmt: skip
    shown = {words for words, _ in side_table(found)}
    with st.popover("What the figures mean", type="tertiary"):
        for words, sentence in HELP.items():
            if words in shown:
                st.markdown(f"**{words}**: {sentence}")


def _word(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.3g}"


def _spreads(found: dict[str, Any]) -> None:
    columns = [name for name, spread in found["spreads"].items() if spread["edges"]]
    if not columns:
        st.caption("No column has values.")
        return
    column = str(st.segmented_control("Column", columns, default=columns[0], required=True, key="compare.column"))
    spread = found["spreads"][column]
    st.plotly_chart(charts.spread_lines(spread, found["sides"]), key="compare.spread", config=STILL)
    st.caption("Share of the documents in each bar; what lies beyond the ends is counted in the outer bars.")
    heads = [f"{share:.0%}" for share in found["quantiles"]]
    rows = [
        {"": side["name"], **dict(zip(heads, map(_end, ends), strict=False)), "without a value": missing}
        for side, ends, missing in zip(found["sides"], spread["quantiles"], spread["missing"], strict=True)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _end(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
