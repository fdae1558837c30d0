"""What a selection would do: counts, kept and dropped over a column, shares per group, examples of both."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from winnow.jobs.select import Preview
from winnow.select.base import Selector
from winnow.select.rules import Rules
from winnow_app import charts, data
from winnow_app.parts.budget_bar import budget_bar
from winnow_app.parts.chain_cards import waterfall
from winnow_app.parts.highlight import plain, snippet
from winnow_app.parts.kept_charts import kept_over, kept_per_group
from winnow_app.parts.method_panels import method_panels
from winnow_app.parts.table_height import table_height


def outcome(preview: Preview, selector: Selector, seed: int = 0) -> None:
    """Draw what a selection keeps and drops: counts, a histogram, groups and examples."""
    budget_bar(preview)
    for remark in preview.summary.get("remarks", ()):
        st.caption(f":material/info: {plain(remark)}")
    waterfall(preview.summary["steps"])
    method_panels(preview, selector, seed)
    if isinstance(selector, Rules):
        _rules(selector, preview)
    kept_over(preview)
    kept_per_group(preview)
    _examples(preview)


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
            {"rule": count.rule, "drops alone": count.alone, "drops after those above": count.in_sequence,
             "only this one drops": count.only, "left": left}
        )  # fmt: skip
    drawn, listed = st.tabs(["rule by rule", "as numbers"])
    figure = charts.waterfall([c.rule for c in counts], [c.in_sequence for c in counts], len(preview.pool))
    drawn.plotly_chart(figure, key="select.waterfall", config={"displayModeBar": False})
    numbers = [name for name in rows[0] if name != "rule"]
    listed.dataframe(
        pd.DataFrame(rows), hide_index=True, height=table_height(len(rows), 600),
        column_config={name: st.column_config.NumberColumn(format="localized") for name in numbers},
    )  # fmt: skip


def _examples(preview: Preview) -> None:
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
                    st.page_link(
                        st.session_state["pages"]["explore"],
                        label=f"document {doc_id}",
                        query_params={"doc": str(doc_id)},
                    )
