"""What a choice keeps and drops: over quality, length, date or any other column, and per source, cluster and language."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import streamlit as st

from winnow.catalog.facets import Histogram
from winnow.catalog.filters import Filter
from winnow.jobs.select import Preview
from winnow.pool import MISSING, Floats
from winnow_app import charts, data, state

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
    table = data.workspace().browse.arrow(replace(state.current(), selection=""), ["doc_id", column])
    found = table.column(1).cast(pa.timestamp("us")).cast(pa.int64()) if dates else table.column(1)
    values = np.asarray(found.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    return values[np.searchsorted(table.column(0).to_numpy(), preview.pool.doc_ids)]


def kept_per_group(preview: Preview) -> None:
    """List, on a tab each, how much of every source, cluster and language is kept."""
    tabs = [name for name in ("source", "cluster_name", "language") if preview.summary["by"].get(name)]
    for tab, name in zip(
        st.tabs([f"per {name.replace('_name', '')}" for name in tabs]) if tabs else [], tabs, strict=True
    ):
        groups = preview.pool.group(name)
        counts = np.bincount(groups.codes + 1, minlength=len(groups.names) + 1).tolist()
        before = dict(zip((MISSING, *groups.names), counts, strict=True))
        kept = preview.summary["by"][name]
        rows = [
            {name.replace("_name", ""): key, "kept": kept.get(key, 0), "of": of, "share kept": kept.get(key, 0) / of}
            for key, of in sorted(before.items(), key=lambda item: (-kept.get(item[0], 0), -item[1])) if of
        ]  # fmt: skip
        tab.dataframe(
            pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * len(rows), 250),
            column_config={
                "kept": st.column_config.NumberColumn(format="localized"),
                "of": st.column_config.NumberColumn(format="localized"),
                "share kept": st.column_config.ProgressColumn("share kept", min_value=0, max_value=1, format="percent"),
            },
        )  # fmt: skip
