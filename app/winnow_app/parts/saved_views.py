"""Saved views: filters with names, one click away."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, identity, state
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.highlight import plain

PLACE = "views"


def saved_views() -> None:
    """Draw the list of saved views and the way to save the present one."""
    views = data.workspace().catalog.views
    known, mine = views.all(), identity.may("curate")
    with st.popover("Views", icon=":material/bookmark:", width="stretch"):
        for name, filter in known.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(plain(name), key=f"view.{name}", on_click=state.put, args=(filter,), width="stretch")
                if mine:
                    st.button(
                        "", key=f"view.drop.{name}", icon=":material/delete:", on_click=views.remove, args=(name,),
                        help=f"Forget {plain(name)}",
                    )  # fmt: skip
        if not known:
            st.caption("No view is saved yet.")
        if not mine:
            return
        with st.form("save.view", clear_on_submit=True, border=False):
            st.text_input("Save the present filter as", placeholder="name", key="views.name")
            st.form_submit_button("Save", on_click=act, args=(PLACE, _save))
        outcome(PLACE)


def _save() -> str:
    name = str(st.session_state["views.name"]).strip()
    if not name:
        return ""
    data.workspace().catalog.views.save(name, state.current())
    return f"{plain(name)} is saved."
