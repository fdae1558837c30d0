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
    with st.form(f"{key}.save", border=True):
        st.text_input("Keep it under a name", name, placeholder="best-tenth", key=f"{key}.title")
        st.checkbox("replace one of the same name", key=f"{key}.again")
        st.form_submit_button(
            "Save selection", type="primary", icon=":material/save:", on_click=act, args=(f"{key}.save", lambda: _kept(key, keep))
        )  # fmt: skip
    outcome(f"{key}.save")


def _kept(key: str, keep: Keep) -> str:
    title, again = st.session_state[f"{key}.title"].strip(), st.session_state[f"{key}.again"]
    made = keep(name=title, replace=again)
    return (
        f"{plain(made.name)} is kept: {made.summary['documents']:,} documents. Compare, Prove and Export know it now."
    )
