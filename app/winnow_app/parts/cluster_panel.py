"""The list of clusters under the filter, and the hands that rename, merge and undo."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, state
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain

NAMELESS = "somebody"


def cluster_panel() -> None:
    """Draw the clusters largest first; a chosen row filters by its name."""
    found = data.clusters(state.current())
    st.markdown(f"**{len(found):,} clusters** in {found['cluster_top'].nunique():,} groups")
    shown = found.drop(columns=["cluster"])
    event = st.dataframe(
        shown, hide_index=True, height=430, key="clusters", on_select="rerun", selection_mode="multi-row",
        column_order=["cluster_name", "documents", "quality", "toxicity", "cluster_top"],
        column_config={
            "cluster_name": st.column_config.TextColumn("cluster", width=150),
            "documents": st.column_config.NumberColumn("documents", format="localized", width=84),
            "quality": st.column_config.NumberColumn("quality", format="%.2f", width=64, help="mean"),
            "toxicity": st.column_config.NumberColumn("toxicity", format="%.2f", width=64, help="mean"),
            "cluster_top": st.column_config.TextColumn("group"),
        },
    )  # fmt: skip
    rows = found.iloc[event.selection.rows]
    numbers, names = [int(number) for number in rows["cluster"]], [str(name) for name in rows["cluster_name"]]
    with st.container(horizontal=True):
        show = state.current().with_values("cluster_name", *names)
        st.button("Show only", disabled=not names, on_click=state.put, args=(show,), icon=":material/filter_alt:")
        hide = state.current().with_values("cluster_name", *names, exclude=True)
        st.button("Hide", disabled=not names, on_click=state.put, args=(hide,), icon=":material/visibility_off:")
    with failures_as_words("clusters"):
        _change(numbers, names)


def _change(numbers: list[int], names: list[str]) -> None:
    clusters, who = data.workspace().catalog.clusters, state.name() or NAMELESS
    if len(numbers) == 1:
        with st.form(f"rename.{numbers[0]}", border=False):
            name = st.text_input("Rename it", names[0])
            if st.form_submit_button("Rename", icon=":material/edit:") and name != names[0]:
                clusters.rename(numbers[0], name, who=who)
                st.rerun()
    elif len(numbers) > 1:
        st.button(
            plain(f"Merge {len(numbers)} into “{names[0]}”"), icon=":material/merge:",
            on_click=clusters.merge, args=(numbers,), kwargs={"into": numbers[0], "who": who},
        )  # fmt: skip
    else:
        st.caption("Choose one row to rename a cluster, several to merge them.")
    events = clusters.events()
    if events:
        last = events[-1].event
        st.button(
            f"Undo the last {last['what']}",
            icon=":material/undo:",
            type="tertiary",
            on_click=_undo,
            args=(who,),
        )


def _undo(who: str) -> None:
    data.workspace().catalog.clusters.undo(who=who)
