"""Lines and paragraphs that stand in many documents."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import charts, data
from winnow_app.parts.missing_step import Step, offer


def repeated_lines() -> None:
    """Draw the most repeated lines and how much of the corpus they are."""
    if "boilerplate" not in data.columns():
        offer("Repeated lines", [Step("column boilerplate", "score", {"names": ["boilerplate"]})])
        return
    listed, drawn = st.columns([7, 5], gap="large")
    lines = data.scorer_tables("boilerplate")["lines"].to_pandas()
    with listed:
        st.markdown(f"**The {len(lines):,} most repeated lines and paragraphs**")
        event = st.dataframe(
            lines[["documents", "text", "kind"]], hide_index=True, height=560, key="copies.lines", on_select="rerun",
            selection_mode="single-row", row_height=32,
            column_config={
                "documents": st.column_config.NumberColumn(format="localized", width=90),
                "text": st.column_config.TextColumn("line", width="large"),
                "kind": st.column_config.TextColumn(width=84),
            },
        )  # fmt: skip
    with drawn:
        if event.selection.rows:
            row = lines.iloc[event.selection.rows[0]]
            _line(str(row["text"]), int(row["documents"]), int(row["doc_id"]))
        st.plotly_chart(
            charts.distribution(data.histogram("boilerplate", Filter()), "Share of a document in repeated lines", height=220),
            config={"displayModeBar": False}, key="copies.boilerplate",
        )  # fmt: skip
        for least in (0.25, 0.5, 0.9):
            mostly = Filter().with_range("boilerplate", least, None)
            count = data.count(mostly).documents
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{count:,}** documents are boilerplate for {least:.0%} or more", width="stretch")
                if st.button("Look", key=f"copies.boilerplate.{least}", disabled=not count):
                    st.switch_page(st.session_state["pages"]["explore"], query_params=mostly.to_query())


def _line(text: str, documents: int, doc_id: int) -> None:
    with st.container(border=True):
        st.text(text)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"in {documents:,} documents")
            if st.button("Open the first", key="copies.line.open", type="tertiary"):
                st.switch_page(st.session_state["pages"]["explore"], query_params={"doc": str(doc_id)})
            first = " ".join(text.splitlines()[0].split()[:12]).replace('"', "")
            if st.button("Search it", key="copies.line.search", type="tertiary"):
                st.switch_page(
                    st.session_state["pages"]["explore"], query_params=Filter(search=f'"{first}"').to_query()
                )
