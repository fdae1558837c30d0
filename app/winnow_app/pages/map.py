"""Map: every document as a point; lassos filter everything else; clusters can be renamed and merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data, identity, state
from winnow_app.map_data import KEPT_BY, map_points
from winnow_app.parts.cluster_panel import cluster_panel
from winnow_app.parts.document_card import document_card
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.scatter_map import Tooltip, lassos_of, scatter_map, set_lassos, view_of
from winnow_app.parts.view_bar import view_bar

COLOURS = ("cluster_top", "source", "language", "quality", "toxicity", "label", "tokens")
PLACELESS = ("doc_id", "id", "url", "map_x", "map_y")
"""Columns that every document has a value of its own in."""

MOST, SOME, FEW = 1_000_000, 300_000, 100_000
"""How many points a browser draws smoothly; how many come quickly on every zoom; and for slow machines."""


def page() -> None:
    _take_lassos()
    with st.sidebar:
        facet_panel()
    view_bar()
    if "map_x" not in data.columns():
        st.info(
            "There is no map yet: it is made with the clusters. Home has the button.", icon=":material/scatter_plot:"
        )
        return
    drawing, beside = st.columns([11, 9], gap="medium")
    with drawing:
        _map()
    with beside:
        opened = state.get("doc")
        if opened.isdigit():
            st.button("Close", on_click=state.keep, args=("doc",), icon=":material/close:", shortcut="Escape")
            document_card(int(opened), key="map.doc", text_only=True)
        else:
            cluster_panel()


def _take_lassos() -> None:
    """Bring filter and map together: lassos that were drawn go into the filter, others of the filter onto the map."""
    if "map.lassos" in st.session_state and lassos_of("map") != st.session_state["map.lassos"]:
        state.put(state.current().with_lassos(*lassos_of("map")))
    st.session_state["map.lassos"] = state.current().lassos
    set_lassos("map", *state.current().lassos)


def _choice(label: str, options: Sequence[str], words: Mapping[str, str], name: str) -> str:
    """Let one of the options be chosen and keep it in the address; the first is what none means."""
    present = state.get(name)
    index = options.index(present) if present in options else 0
    chosen = str(
        st.selectbox(
            label, options, index=index, format_func=words.__getitem__, width=260, label_visibility="collapsed"
        )
    )
    if chosen != (present or options[0]):
        state.keep(name, chosen)
    return chosen


def _colour() -> str:
    shown = {
        name
        for name, column in data.columns().items()
        if name not in PLACELESS and (column.kind != "name" or column.type == "VARCHAR")
    }
    options = [name for name in COLOURS if name in shown] + sorted(shown - set(COLOURS))
    options += [f"{KEPT_BY}{kept.name}" for kept in data.workspace().catalog.selections.all()]
    return _choice("Colour by", options, {name: f"Colour by {name.replace('_', ' ')}" for name in options}, "color")


def _limit(documents: int) -> int:
    """Return how many points to draw: all where a browser can, else a sample; a large map asks."""
    asked = state.get("points")
    numbers = [MOST, SOME, FEW] if documents <= MOST else [SOME, MOST, FEW]
    numbers += [int(asked)] if asked.isdigit() and 0 < int(asked) < MOST else []
    if documents <= min(numbers):
        return MOST
    options = list(dict.fromkeys(map(str, numbers)))
    words = {number: f"Draw up to {int(number):,} points" for number in options}
    return int(_choice("Draw up to", options, words, "points"))


@st.fragment
def _map() -> None:
    """Draw the map. Hovering, zooming and another colour draw nothing else anew; a lasso and a click change the page."""
    identity.stay()
    if lassos_of("map") != st.session_state["map.lassos"]:
        st.rerun()
    filter = state.current()
    count, everything = data.count(filter).documents, data.count(Filter()).documents
    with st.container(horizontal=True, gap="small"):
        colour, limit = _colour(), _limit(everything)
    points = map_points(colour, filter, view_of("map"), limit)
    event = scatter_map(
        points, key="map", height=820, status=f"{count:,} of {everything:,} documents", tooltip=_tooltip
    )
    if event.clicked is not None:
        state.keep("doc", event.clicked)
        st.rerun()


def _tooltip(doc_id: int) -> Tooltip:
    values = data.workspace().browse.values(doc_id)
    title = str(values.get("source") or values.get("url") or f"document {doc_id}")
    return Tooltip(title=title, text=" ".join(data.texts((doc_id,))[0][:400].split())[:200])
