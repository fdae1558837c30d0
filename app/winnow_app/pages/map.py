"""Map: every document as a point; a lasso filters everything else; clusters can be renamed and merged."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data, state
from winnow_app.parts.cluster_panel import cluster_panel
from winnow_app.parts.document_card import document_card
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.scatter_map import Tooltip, scatter_map, set_lasso
from winnow_app.parts.view_bar import view_bar

COLOURS = ("cluster_top", "source", "language", "quality", "toxicity", "label", "tokens")


def page() -> None:
    with st.sidebar:
        facet_panel()
    view_bar()
    if "map_x" not in data.columns():
        st.info(
            "There is no map yet: it is made with the clusters. Home has the button.", icon=":material/scatter_plot:"
        )
        return
    drawing, beside = st.columns([13, 7], gap="medium")
    with drawing:
        _map()
    with beside:
        opened = state.get("doc")
        if opened.isdigit():
            st.button("Close", on_click=state.keep, args=("doc",), icon=":material/close:", shortcut="Escape")
            document_card(int(opened), key="map.doc", text_only=True)
        else:
            cluster_panel()


def _colour() -> str:
    columns = data.columns()
    usable = [name for name, column in columns.items() if column.kind in ("number", "group", "flag")]
    options = [name for name in COLOURS if name in usable] + [
        name for name in usable if name not in (*COLOURS, "doc_id")
    ]
    options += [f"{data.KEPT_BY}{kept.name}" for kept in data.workspace().catalog.selections.all()]
    present = state.get("color")
    index = options.index(present) if present in options else 0
    words = {name: f"Colour by {name.replace('_', ' ')}" for name in options}
    chosen = str(
        st.selectbox(
            "Colour by",
            options,
            index=index,
            format_func=lambda name: words[name],
            width=280,
            label_visibility="collapsed",
        )
    )
    if chosen != (present or options[0]):
        state.keep("color", chosen)
    return chosen


def _map() -> None:
    filter = state.current()
    wanted = filter.lassos[-1] if filter.lasso else None
    if wanted != st.session_state.get("map.lasso"):
        set_lasso("map", wanted)
        st.session_state["map.lasso"] = wanted
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        colour = _colour()
        if filter.lasso:
            st.toggle(
                "add to the lasso", key="map.adding", help="The next lasso adds to the documents of those before it"
            )
    points = data.coloured_map(colour, filter)
    count, everything = data.count(filter).documents, data.count(Filter()).documents
    event = scatter_map(
        points, key="map", height=600, status=f"{count:,} of {everything:,} documents", tooltip=_tooltip
    )
    if event.clicked is not None:
        state.keep("doc", event.clicked)
        st.rerun()
    if event.lasso != st.session_state.get("map.lasso"):
        st.session_state["map.lasso"] = event.lasso
        before = filter.lassos if st.session_state.get("map.adding") else ()
        state.put(filter.with_lassos(*before, event.lasso) if event.lasso else filter.with_lassos())
        st.rerun()


def _tooltip(doc_id: int) -> Tooltip:
    values = data.workspace().browse.values(doc_id)
    title = str(values.get("source") or values.get("url") or f"document {doc_id}")
    return Tooltip(title=title, text=" ".join(data.texts((doc_id,))[0][:400].split())[:200])
