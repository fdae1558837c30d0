"""Explore: facets left, results in the centre, the open document right."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data, state
from winnow_app.parts.concept_bar import concept_bar
from winnow_app.parts.document_card import document_card
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.group_table import group_table
from winnow_app.parts.result_list import pick_buttons, result_list, result_order
from winnow_app.parts.saved_views import saved_views
from winnow_app.parts.tab_choice import tab_choice
from winnow_app.parts.view_bar import view_bar

SHOWN = {"documents": "documents", "groups": "groups"}


def page() -> None:
    with st.sidebar:
        saved_views()
        facet_panel()
    view_bar()
    concept_bar()
    open_id = state.get("doc")
    results, detail = st.columns([5, 6], gap="medium") if open_id else (st.container(), None)
    with results:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            kind = "documents" if open_id else tab_choice("Show", SHOWN, "explore.shown")
            order = result_order() if kind == "documents" else ("", True)
        if kind == "groups":
            group_table()
        else:
            result_list(*order)
    if detail is not None:
        with detail, failures_as_words("detail"):
            _detail(int(open_id) if open_id.isdigit() else -1)


def _detail(doc_id: int) -> None:
    listed: list[int] = st.session_state.get("listed", [])
    place = listed.index(doc_id) if doc_id in listed else -1
    before = listed[place - 1] if place > 0 else None
    after = listed[place + 1] if 0 <= place < len(listed) - 1 else None
    with st.container(horizontal=True, gap="xsmall", key="detail-actions"):
        st.button("Previous", shortcut="Left", on_click=state.keep, args=("doc", before), disabled=before is None)
        st.button("Next", shortcut="Right", on_click=state.keep, args=("doc", after), disabled=after is None)
        st.button("More like this", on_click=state.put, args=(Filter(like=doc_id),))
        if data.workspace().catalog.vectors.models():
            pick_buttons(doc_id, "pick.open")
        st.button("Close", shortcut="Escape", on_click=state.keep, args=("doc",))
    document_card(doc_id)
