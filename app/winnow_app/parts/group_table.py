"""Groups instead of documents: any column against the mean of any other, a row one click from its documents."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, state

FIRST = ("source", "cluster_name", "language", "label")


def group_table() -> None:
    """Draw the groups of the filter's documents; a chosen row filters by it."""
    columns = data.columns()
    names = [name for name, column in columns.items() if column.kind in ("group", "flag")]
    names = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
    numbers = [name for name, column in columns.items() if column.kind == "number" and name != "doc_id"]
    if not names or not numbers:
        st.info(
            "There is nothing to group by yet: score the corpus first. Home has the button.",
            icon=":material/table_rows:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = str(st.selectbox("Group by", names, key="groups.by", width=240))
        first = numbers.index("quality") if "quality" in numbers else 0
        mean_of = str(st.selectbox("Mean of", numbers, index=first, key="groups.mean", width=240))
    found = data.groups(by, mean_of, state.current())
    mean = f"mean {mean_of.replace('_', ' ')}"
    event = st.dataframe(
        found.rename(columns={"name": by, "mean": mean}), hide_index=True, height=min(38 + 35 * len(found), 560),
        key=f"groups.{by}.{mean_of}.{state.current().key}", on_select="rerun", selection_mode="single-row",
        column_config={
            "documents": st.column_config.NumberColumn(format="localized"),
            "tokens": st.column_config.NumberColumn(format="localized"),
            mean: st.column_config.NumberColumn(format="%.3g"),
        },
    )  # fmt: skip
    if event.selection.rows:
        state.put(state.current().with_values(by, str(found["name"].iloc[event.selection.rows[0]])))
        st.session_state["explore.documents"] = True
        st.rerun()
