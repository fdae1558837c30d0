"""Groups instead of documents: any column against the mean of any other, a row one click from its documents."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, state
from winnow_app.parts.cross_table import cross_table
from winnow_app.parts.table_height import table_height

FIRST = ("source", "cluster_name", "language", "label")
KINDS = ("group", "flag", "number", "date")
NOTHING, COUNT = "nothing", "documents"


def group_table() -> None:
    """Draw the groups of the filter's documents: a table of one column, or one column against another."""
    columns = {name: column for name, column in data.columns().items() if column.kind in KINDS and name != "doc_id"}
    names = [name for name, column in columns.items() if column.kind in ("group", "flag")]
    names = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
    numbers = [name for name, column in columns.items() if column.kind == "number"]
    sides = names + [name for name in columns if name not in names]
    if not sides or not numbers:
        st.info(
            "There is nothing to group by yet: score the corpus first. Home has the button.",
            icon=":material/table_rows:",
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = str(st.selectbox("Group by", sides, width=220, **state.tied("by", "groups.by", sides, sides[0])))
        others = [NOTHING, *sides]
        across = str(
            st.selectbox("against", others, width=220, **state.tied("across", "groups.across", sides, NOTHING))
        )
        offered = numbers if across == NOTHING else [COUNT, *numbers]
        first = "quality" if "quality" in offered and across == NOTHING else offered[0]
        mean_of = str(
            st.selectbox(
                "Mean of" if across == NOTHING else "Show", offered, width=220,
                format_func=lambda name: name if name == COUNT or across == NOTHING else f"mean {name}",
                **state.tied("mean", f"groups.mean.{across != NOTHING}", offered, first),
            )
        )  # fmt: skip
    if across != NOTHING:
        cross_table(by, across, "" if mean_of == COUNT else mean_of)
    elif columns[by].kind in ("number", "date"):
        st.info("Numbers and dates are grouped against another column: choose one.", icon=":material/table_rows:")
    else:
        _one_column(by, mean_of)


def _one_column(by: str, mean_of: str) -> None:
    found = data.groups(by, mean_of, state.current())
    mean = f"mean {mean_of.replace('_', ' ')}"
    event = st.dataframe(
        found.rename(columns={"name": by, "mean": mean}), hide_index=True, height=table_height(len(found), 560),
        key=f"groups.{by}.{mean_of}.{state.current().key}", on_select="rerun", selection_mode="single-row",
        column_config={
            "documents": st.column_config.NumberColumn(format="localized"),
            "tokens": st.column_config.NumberColumn(format="localized"),
            mean: st.column_config.NumberColumn(format="%.3g"),
        },
    )  # fmt: skip
    if event.selection.rows:
        state.put(state.current().with_values(by, str(found["name"].iloc[event.selection.rows[0]])))
        state.keep("tab")
        st.rerun()
