"""What a selection would do: counts, kept and dropped over a column, shares per group, examples of both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.select import Preview
from winnow.pool import MISSING
from winnow.select.base import Selector
from winnow.select.rules import Rules
from winnow_app import charts, data, state
from winnow_app.parts.budget_bar import budget_bar
from winnow_app.parts.chain_cards import waterfall
from winnow_app.parts.highlight import plain, snippet
from winnow_app.parts.method_panels import method_panels


def outcome(preview: Preview, selector: Selector, seed: int = 0) -> None:
    """Draw what a selection keeps and drops: counts, a histogram, groups and examples."""
    budget_bar(preview)
    for remark in preview.summary.get("remarks", ()):
        st.caption(f":material/info: {plain(remark)}")
    waterfall(preview.summary["steps"])
    method_panels(preview, selector, seed)
    if isinstance(selector, Rules):
        _rules(selector, preview)
    columns = [name for name, column in data.columns().items() if column.kind == "number" and name != "doc_id"]
    first = columns.index("quality") if "quality" in columns else 0
    column = st.selectbox("Show kept and dropped over", columns, index=first, key="select.over", width=320)
    st.plotly_chart(
        charts.kept_and_dropped(_histogram(preview, column), column.replace("_", " ")),
        key="select.chart",
        config={"displayModeBar": False},
    )
    _composition(preview)
    _examples(preview, column)


def _rules(selector: Rules, preview: Preview) -> None:
    counts = selector.count_by_rule(preview.pool)
    if not counts:
        st.caption(
            "No rule is set: everything passes. Choose a preset, or write thresholds such as quality>=0.4, words 50..100000."
        )
        return
    left = len(preview.pool)
    rows = []
    for count in counts:
        left -= count.in_sequence
        rows.append(
            {"rule": count.rule, "drops alone": count.alone, "drops after those above": count.in_sequence, "left": left}
        )
    drawn, listed = st.tabs(["rule by rule", "as numbers"])
    figure = charts.waterfall([c.rule for c in counts], [c.in_sequence for c in counts], len(preview.pool))
    drawn.plotly_chart(figure, key="select.waterfall", config={"displayModeBar": False})
    numbers = [name for name in rows[0] if name != "rule"]
    listed.dataframe(
        pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * len(rows), 600),
        column_config={name: st.column_config.NumberColumn(format="localized") for name in numbers},
    )  # fmt: skip


def _histogram(preview: Preview, column: str) -> Any:
    """Count the pool and the kept documents in the column's own bars, in memory."""
    shape = data.histogram(column, Filter(), 40)
    values = _values(preview, column)
    edges = np.asarray(shape.edges, dtype=np.float64)
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(len(edges) - 2, 0))
    known = ~np.isnan(values)
    bars = max(len(edges) - 1, 0)
    everything = np.bincount(place[known], minlength=bars).tolist()
    return replace(shape, counts=np.bincount(place[known & preview.kept], minlength=bars).tolist(), all=everything)


def _values(preview: Preview, column: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the column for the pool's documents, which may be fewer than the filter's."""
    table = data.workspace().browse.arrow(replace(state.current(), selection=""), ["doc_id", column])
    values = np.asarray(table.column(1).cast("float64").to_numpy(), dtype=np.float64)
    return values[np.searchsorted(table.column(0).to_numpy(), preview.pool.doc_ids)]


def _composition(preview: Preview) -> None:
    tabs = [name for name in ("source", "cluster_name", "language") if preview.summary["by"].get(name)]
    for tab, name in zip(
        st.tabs([f"per {name.replace('_name', '')}" for name in tabs]) if tabs else [], tabs, strict=True
    ):
        kept = preview.summary["by"][name]
        groups = preview.pool.group(name)
        before = dict(
            zip(
                (MISSING, *groups.names),
                np.bincount(groups.codes + 1, minlength=len(groups.names) + 1).tolist(),
                strict=True,
            )
        )
        rows = [
            {name: key, "kept": n, "of": before.get(key, n), "share kept": n / max(before.get(key, n), 1)}
            for key, n in kept.items()
        ]
        tab.dataframe(
            pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * len(rows), 250),
            column_config={
                "kept": st.column_config.NumberColumn(format="localized"),
                "of": st.column_config.NumberColumn(format="localized"),
                "share kept": st.column_config.ProgressColumn("share kept", min_value=0, max_value=1, format="percent"),
            },
        )  # fmt: skip


def _examples(preview: Preview, column: str) -> None:
    kept = preview.kept
    noise = preview.pool.uniform(0, "examples")
    for cell, title, mask in zip(st.columns(2), ("Kept", "Dropped"), (kept, ~kept), strict=True):
        with cell:
            st.markdown(f"**{title}** ({int(mask.sum()):,})")
            rows = np.flatnonzero(mask)
            chosen = rows[np.argsort(noise[rows])[:4]]
            ids = [int(doc_id) for doc_id in preview.pool.doc_ids[chosen]]
            for doc_id, text in zip(ids, data.texts(tuple(ids)), strict=True):
                with st.container(border=True):
                    st.html(f'<div class="winnow-snippet" dir="auto">{snippet(text, (), 260)}</div>')
                    st.caption(f"document {doc_id}")
