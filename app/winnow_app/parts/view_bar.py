"""The bar above every list: search, what the filter says, and how much it keeps."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data, state
from winnow_app.parts.highlight import plain

BOXES = (
    ("search", "Words", 'words, "a phrase", -not, source:name', ":material/search:"),
    ("near", "Meaning", "meaning: what you look for", ":material/hub:"),
    ("regex", "Pattern", "pattern: (?i)colou?r", ":material/regular_expression:"),
    ("where", "SQL condition", "SQL: quality > 0.5 AND words < 200", ":material/database:"),
)
LONGEST = 60


def view_bar(key: str = "bar") -> None:
    """Draw the search boxes, one removable pill per condition, and the count."""
    _search_boxes(key)
    filter = state.current()
    count, everything = data.count(filter), data.count(Filter())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}.pills"):
        tokens = f" · {count.tokens:,} tokens" if everything.tokens else ""
        st.markdown(f"**{count.documents:,}** of {everything.documents:,} documents{tokens}")
        for part, words in filter.pills():
            st.button(
                plain(words if len(words) < LONGEST else words[: LONGEST - 3] + "…"), key=f"{key}.{part}",
                icon=":material/close:", help=f"Take this condition away: {plain(words)}", on_click=_drop, args=(part,),
                type="tertiary",
            )  # fmt: skip
        _steps(key, filter)


def _steps(key: str, filter: Filter) -> None:
    """Draw what changes the view as a whole: another alternative, nothing, one step back, one forth."""
    if filter.own:
        st.button(
            "or …", key=f"{key}.or", on_click=state.alternate, type="tertiary", icon=":material/call_split:",
            help="Set these conditions aside as an alternative and describe another: documents of either stay",
        )  # fmt: skip
    if filter:
        st.button(
            "Clear all", key=f"{key}.clear", on_click=state.clear, type="tertiary", icon=":material/filter_alt_off:"
        )
    for name, step, able, words in (
        ("undo", state.undo, state.can_undo(), "The view before"),
        ("redo", state.redo, state.can_redo(), "The view after"),
    ):
        if able:
            label = {"undo": "Back", "redo": "Forth"}[name]
            st.button(
                label, key=f"{key}.{name}", on_click=step, type="tertiary", icon=f":material/{name}:", help=words,
                shortcut="Ctrl+Z" if name == "undo" else "Ctrl+Shift+Z",
            )  # fmt: skip


def _drop(part: str) -> None:
    state.put(state.current().without(part))


def _search_boxes(key: str) -> None:
    filter = state.current()
    shown = f"{key}.{hash(filter)}"
    typed = {
        name: cell.text_input(
            label, getattr(filter, name), key=f"{shown}.{name}", placeholder=hint, icon=icon,
            label_visibility="collapsed",
        ).strip()
        for cell, (name, label, hint, icon) in zip(st.columns([5, 4, 3, 5], gap="small"), BOXES, strict=True)
    }  # fmt: skip
    wanted = replace(filter, **typed)
    if wanted != filter:
        state.put(wanted)
        st.rerun()
