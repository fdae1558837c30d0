"""Explore: facets left, results in the centre, the open document right."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, state
from winnow_app.parts.document_card import badges, document_card, duplicates_filter, neighbours_filter
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.highlight import snippet
from winnow_app.parts.saved_views import saved_views
from winnow_app.parts.view_bar import view_bar

PAGE = 12
ORDERS = {"": "best match, else as taken in"}


def page() -> None:
    with st.sidebar:
        saved_views()
        facet_panel()
    view_bar()
    open_id = state.get("doc")
    results, detail = st.columns([6, 7], gap="medium") if open_id else (st.container(), None)
    with results:
        _results(narrow=bool(open_id))
    if detail is not None:
        with detail:
            _detail(int(open_id) if open_id.isdigit() else -1)


def _results(narrow: bool) -> None:
    filter = state.current()
    total = data.count(filter).documents
    if total == 0:
        st.info("No document is left. Take a condition away above.", icon=":material/filter_alt_off:")
        return
    sort, descending = _order()
    pages = -(-total // PAGE)
    present = min(max(int(state.get("page", "1") or 1), 1), pages)
    names = [
        name
        for name in (
            "source",
            "url",
            "id",
            "date",
            "quality",
            "toxicity",
            "language",
            "tokens",
            "pii",
            "cluster_name",
            "label",
        )
        if name in data.columns()
    ]
    rows = data.page(filter, names, sort=sort, descending=descending, offset=(present - 1) * PAGE, limit=PAGE)
    ids = [int(doc_id) for doc_id in rows["doc_id"]]
    terms = data.workspace().highlight_terms(filter)
    for row, text in zip(rows.to_dict("records"), data.texts(tuple(ids)), strict=True):
        _result(row, text, terms)
    chosen = st.pagination(pages, default=present, key=f"pages.{filter.key}.{pages}.{present}") if pages > 1 else 1
    if chosen != present:
        state.keep("page", chosen)
        st.rerun()
    st.session_state["listed"] = ids


def _order() -> tuple[str, bool]:
    columns = [
        name for name, column in data.columns().items() if column.kind in ("number", "date") and name != "doc_id"
    ]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        sort = st.selectbox(
            "Sort by",
            ["", *columns],
            format_func=lambda name: name or ORDERS[""],
            key="sort",
            label_visibility="collapsed",
            width=260,
        )
        descending = st.toggle("highest first", value=True, key="descending", disabled=not sort)
    return sort or "", bool(descending)


def _result(row: dict[str, object], text: str, terms: list[str]) -> None:
    doc_id = int(str(row["doc_id"]))
    opened = state.get("doc") == str(doc_id)
    with st.container(border=True, key=f"result.{doc_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = str(row.get("url") or row.get("id") or f"document {doc_id}")
            st.button(
                title[:90], key=f"open.{doc_id}", type="tertiary", on_click=state.keep, args=("doc", doc_id),
                icon=":material/visibility:" if opened else ":material/article:", help=f"Open document {doc_id}",
            )  # fmt: skip
        st.html(f'<div class="winnow-snippet" dir="auto">{snippet(text, terms)}</div>')
        st.html(
            badges(
                {name: value for name, value in row.items() if name not in ("doc_id", "url", "id", "date")},
                ("source", "quality", "toxicity", "language", "tokens", "pii", "cluster_name", "label"),
            )
        )


def _detail(doc_id: int) -> None:
    document = data.document(doc_id)
    listed: list[int] = st.session_state.get("listed", [])
    place = listed.index(doc_id) if doc_id in listed else -1
    with st.container(horizontal=True, gap="small"):
        before = listed[place - 1] if place > 0 else None
        after = listed[place + 1] if 0 <= place < len(listed) - 1 else None
        st.button(
            "Previous",
            on_click=state.keep,
            args=("doc", before),
            disabled=before is None,
            shortcut="Left",
            icon=":material/arrow_back:",
        )
        st.button(
            "Next",
            on_click=state.keep,
            args=("doc", after),
            disabled=after is None,
            shortcut="Right",
            icon=":material/arrow_forward:",
        )
        st.button("More like this", on_click=state.put, args=(neighbours_filter(doc_id),), icon=":material/hub:")
        same = duplicates_filter(document)
        if same is not None:
            st.button("Its duplicates", on_click=state.put, args=(same,), icon=":material/content_copy:")
        st.button("Close", on_click=state.keep, args=("doc",), shortcut="Escape", icon=":material/close:")
    document_card(doc_id)
