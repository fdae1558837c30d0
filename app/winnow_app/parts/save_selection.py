"""The name that a choice is kept under, the button that keeps it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from winnow.catalog.selections import NamedSelection
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.highlight import plain

Keep = Callable[..., NamedSelection]


def save_selection(key: str, keep: Keep, *, name: str = "") -> None:
    """Draw the form; `keep` takes `name` and `replace`."""

    def kept(title: str, again: bool) -> str:
        made = keep(name=title, replace=again)
        documents = made.summary["documents"]
        return f"{plain(made.name)} is kept: {documents:,} documents. Compare, Prove and Export know it now."

    name_form(key, "Save selection", ":material/save:", kept, name=name)


def name_form(key: str, words: str, icon: str, deed: Callable[[str, bool], str], *, name: str = "") -> None:
    """Ask for a name; the button does `deed` with it and with whether to replace one of the same, and says what it says."""

    def done() -> str:
        return deed(st.session_state[f"{key}.title"].strip(), st.session_state[f"{key}.again"])

    with st.form(f"{key}.save", border=True):
        st.text_input("Keep it under a name", name, placeholder="best-tenth", key=f"{key}.title")
        st.checkbox("replace one of the same name", key=f"{key}.again")
        st.form_submit_button(words, type="primary", icon=icon, on_click=act, args=(f"{key}.save", done))
    outcome(f"{key}.save")
