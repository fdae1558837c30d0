"""The bar above every list: search, what the filter says, and how much it keeps."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data, state
from winnow_app.parts.highlight import plain


def view_bar(key: str = "bar") -> None:
    """Draw the search boxes, one removable pill per condition, and the count."""
    _search_boxes(key)
    filter = state.current()
    count, everything = data.count(filter), data.count(Filter())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tokens = f" · {count.tokens:,} tokens" if everything.tokens else ""
        st.markdown(f"**{count.documents:,}** of {everything.documents:,} documents{tokens}")
        for part, words in filter.pills():
            st.button(
                plain(words if len(words) < 60 else words[:57] + "…"),
                key=f"{key}.{part}", icon=":material/close:", help="Take this condition away",
                on_click=_drop, args=(part,), type="tertiary",
            )  # fmt: skip
        if filter:
            st.button(
                "Clear all", key=f"{key}.clear", on_click=state.clear, type="tertiary", icon=":material/filter_alt_off:"
            )
        if state.can_undo():
            st.button(
                "Back",
                key=f"{key}.undo",
                on_click=state.undo,
                type="tertiary",
                icon=":material/undo:",
                help="The view before",
            )


def _drop(part: str) -> None:
    state.put(state.current().without(part))


def _search_boxes(key: str) -> None:
    filter = state.current()
    shown = f"{key}.{hash(filter)}"
    boxes = (
        ("search", "Words", filter.search, 'words, "a phrase", -not, source:name', ":material/search:"),
        ("near", "Meaning", filter.near, "meaning: describe what you look for", ":material/hub:"),
        ("where", "SQL condition", filter.where, "SQL: quality > 0.5 AND words < 200", ":material/database:"),
    )
    typed = [
        cell.text_input(
            label, present, key=f"{shown}.{name}", placeholder=hint, icon=icon, label_visibility="collapsed"
        ).strip()
        for cell, (name, label, present, hint, icon) in zip(st.columns(3), boxes, strict=True)
    ]
    wanted = replace(filter, search=typed[0], near=typed[1], where=typed[2])
    if wanted != filter:
        state.put(wanted)
        st.rerun()
