"""Which benchmarks the corpus holds items of: the form that looks for them, and what was found."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from winnow.catalog.filters import Filter
from winnow.method import method
from winnow.score.base import Scorer
from winnow_app import data, identity
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain
from winnow_app.parts.method_form import method_form
from winnow_app.parts.table_height import table_height

SCORER = "contamination"


def benchmark_items() -> None:
    """Draw the form and, once it was looked, what was found."""
    found, form = st.columns([8, 4], gap="large")
    with form, failures_as_words("benchmarks.form"):
        if identity.may("curate"):
            _form()
    with found:
        if "contaminated" not in data.columns():
            st.info(
                "Nothing was looked for yet. Name files or folders of benchmark items on this machine, in any of JSON lines, "
                "JSON, Parquet, CSV or text.",
                icon=":material/fact_check:",
            )
            return
        with failures_as_words("benchmarks"):
            _found()


def _form() -> None:
    st.markdown("**Look for benchmarks**")
    run = data.workspace().catalog.manifest.run("columns", SCORER)
    settings = method_form(method(Scorer, SCORER), "copies", run.recipe if run else None)
    running = "score" in data.running_verbs()
    st.button(
        "Running …" if running else "Look for them", type="primary", icon=":material/play_arrow:",
        key="copies.benchmarks", disabled=running or not settings["benchmarks"], on_click=data.start, args=("score",),
        kwargs={"names": [SCORER], "settings": {SCORER: settings}},
        help="Name at least one file or folder of benchmark items on this machine.",
    )  # fmt: skip


def _found() -> None:
    leaked = Filter().with_values("contaminated", "true")
    count = data.count(leaked).documents
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count:,} documents** hold items of benchmarks by the rule", width="stretch")
        if st.button("Look", key="copies.leaked", disabled=not count):
            st.switch_page(st.session_state["pages"]["explore"], query_params=leaked.to_query())
    summary = data.leaks("per_benchmark")
    event = st.dataframe(
        summary, hide_index=True, key="copies.per_benchmark", on_select="rerun", selection_mode="single-row",
        column_config={
            "held": st.column_config.NumberColumn("items held", format="localized", help="Items that some document holds."),
            "share": st.column_config.ProgressColumn("share of the items", min_value=0, max_value=1, format="percent"),
            "items": st.column_config.NumberColumn(format="localized"),
            "documents": st.column_config.NumberColumn(format="localized"),
        },
    )  # fmt: skip
    chosen = str(summary["benchmark"].iloc[event.selection.rows[0]]) if event.selection.rows else ""
    _items(chosen)
    _selections()


def _items(benchmark: str) -> None:
    items = data.leaks("per_item")
    items = items[items["benchmark"] == benchmark] if benchmark else items
    if not len(items):
        st.caption(f"No document holds an item of {plain(benchmark)}." if benchmark else "No document holds an item.")
        return
    st.markdown(f"**Items held{f' of {plain(benchmark)}' if benchmark else ''}**, those in most documents first")
    event = st.dataframe(
        items.head(1000), hide_index=True, height=table_height(len(items), 300), key=f"copies.items.{benchmark}",
        on_select="rerun", selection_mode="single-row",
        column_order=["benchmark", "row", "documents", "coverage", "text"],
        column_config={
            "coverage": st.column_config.NumberColumn("most covered", format="percent"),
            "documents": st.column_config.NumberColumn(format="localized"),
        },
    )  # fmt: skip
    if event.selection.rows:
        row = items.iloc[event.selection.rows[0]]
        item = f"{row['benchmark']} item {row['row']}"
        view = Filter(where=f"contamination_item = '{item.replace(chr(39), chr(39) * 2)}'")
        with st.container(border=True):
            st.text(str(row["text"])[:2000])
            if st.button("Look at the documents it is the best match of", key="copies.item.look", type="tertiary"):
                st.switch_page(st.session_state["pages"]["explore"], query_params=view.to_query())


def _selections() -> None:
    rows = data.leaked_selections()
    if not rows:
        return
    st.markdown("**Selections**: how many times as often leaked documents are kept as others, with a 95 % interval")
    shown = pd.DataFrame(
        {
            "selection": row.selection,
            "benchmark": row.benchmark,
            "leaked documents": row.leaked,
            "of them kept": row.kept,
            "times as often": row.amplified.value,
            "interval": f"{row.amplified.low:.2f} – {row.amplified.high:.2f}",
            "so it": "amplifies leaks"
            if row.amplified.low > 1
            else "dampens them"
            if row.amplified.high < 1
            else "leaves them",
        }
        for row in rows
        if row.leaked
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        shown, hide_index=True,
        column_config={
            "times as often": number(format="%.2f"),
            "leaked documents": number(format="localized"), "of them kept": number(format="localized"),
        },
    )  # fmt: skip
