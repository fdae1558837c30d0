"""What a choice keeps and drops: over quality, length, date or any other column, and per source, cluster and language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from winnow.catalog.facets import Histogram
from winnow.catalog.filters import Filter
from winnow.jobs.select import Preview
from winnow.pool import MISSING, Floats
from winnow_app import charts, data, selection_charts, state
from winnow_app.parts.table_height import table_height

FIRST = {"quality": "quality", "tokens": "length in tokens", "chars": "length in characters", "date": "date"}
"""Columns that are asked for most come first, and what they are called."""


def kept_over(preview: Preview) -> None:
    """Draw kept and dropped documents over a number or date that somebody chooses."""
    known = data.columns()
    names = [name for name, column in known.items() if column.kind in ("number", "date") and name != "doc_id"]
    ordered = sorted(names, key=lambda name: [*FIRST, name].index(name))
    column = str(
        st.selectbox(
            "Show kept and dropped over", ordered, key="select.over", width=320,
            format_func=lambda name: FIRST.get(name, name.replace("_", " ")),
        )
    )  # fmt: skip
    found = _histogram(preview, column, dates=known[column].kind == "date")
    if not sum(found.all):
        st.caption("No document here has a value.")
        return
    title = FIRST.get(column, column.replace("_", " "))
    st.plotly_chart(charts.kept_and_dropped(found, title), key="select.chart", config={"displayModeBar": False})
    lacking = len(preview.pool) - sum(found.all)
    if lacking:
        st.caption(f"{lacking:,} documents have no value and are not drawn.")


def _histogram(preview: Preview, column: str, *, dates: bool) -> Histogram:
    """Count the pool and the kept documents in the column's own bars, in memory."""
    shape = data.histogram(column, Filter(), 40)
    values = _values(preview, column, dates=dates)
    edges = (
        np.asarray(shape.edges, dtype="datetime64[us]").astype(np.float64) if dates else np.asarray(shape.edges, float)
    )
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))
    known = ~np.isnan(values)
    bars = max(len(edges) - 1, 0)
    everything = np.bincount(place[known], minlength=bars).tolist()
    return replace(shape, counts=np.bincount(place[known & preview.kept], minlength=bars).tolist(), all=everything)


def _values(preview: Preview, column: str, *, dates: bool) -> Floats:
    """Return the column for the pool's documents, which may be fewer than the filter's; dates in microseconds."""
    known = preview.pool.tokens if column == "tokens" else preview.pool.columns.get(column)
    if isinstance(known, np.ndarray) and not dates:
        return known.astype(np.float64)
    table = data.workspace().browse.arrow(replace(state.current(), selection=""), ["doc_id", column])
    found = table.column(1).cast(pa.timestamp("us")).cast(pa.int64()) if dates else table.column(1)
    values = np.asarray(found.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    return values[np.searchsorted(table.column(0).to_numpy(), preview.pool.doc_ids)]


def kept_per_group(preview: Preview) -> None:
    """Draw, on a tab each, the share of sources, clusters and languages in what is kept beside the pool."""
    names = [name for name in ("source", "cluster_name", "language") if preview.summary["by"].get(name)]
    tabs = st.tabs([f"per {name.removesuffix('_name')}" for name in names]) if names else []
    for tab, name in zip(tabs, names, strict=True):
        groups = _groups(preview, name)
        with tab:
            st.plotly_chart(
                selection_charts.kept_per_group(groups), key=f"select.per.{name}", config={"displayModeBar": False}
            )
            if len(groups) > selection_charts.MOST_GROUPS + 1:
                with st.popover(f"All {len(groups):,}", type="tertiary", icon=":material/table_rows:"):
                    _table(name.removesuffix("_name"), groups)


def _groups(preview: Preview, name: str) -> dict[str, tuple[int, int]]:
    """Return how many documents of each group are kept, as often as they are seen, and how many the pool has."""
    groups, kept = preview.pool.group(name), preview.summary["by"][name]
    counts = np.bincount(groups.codes + 1, minlength=len(groups.names) + 1).tolist()
    return {key: (kept.get(key, 0), of) for key, of in zip((MISSING, *groups.names), counts, strict=True) if of}


def _table(title: str, groups: Mapping[str, tuple[int, int]]) -> None:
    ordered = sorted(groups.items(), key=lambda item: -item[1][1])
    rows = [{title: key, "kept": kept, "of": of, "share kept": kept / of} for key, (kept, of) in ordered]
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height=table_height(len(rows), 400),
        column_config={
            "kept": st.column_config.NumberColumn(format="localized"),
            "of": st.column_config.NumberColumn(format="localized"),
            "share kept": st.column_config.ProgressColumn("share kept", min_value=0, max_value=1, format="percent"),
        },
    )  # fmt: skip
