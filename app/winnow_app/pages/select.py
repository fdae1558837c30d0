"""Select: a method, its settings and a budget; live counts, what is kept and what is dropped; a name to keep it under."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.method import methods
from winnow.select.base import Selector
from winnow_app import data, state
from winnow_app.parts.budget_bar import budget_input
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.method_form import method_form
from winnow_app.parts.outcome import outcome
from winnow_app.parts.view_bar import view_bar


def page() -> None:
    with st.sidebar:
        facet_panel()
    view_bar()
    form, shown = st.columns([4, 9], gap="large")
    with form:
        st.subheader("Method")
        found = methods(Selector)
        name = st.selectbox("Method", list(found), key="select.method", label_visibility="collapsed")
        kind = found[name]
        st.caption(kind.summary())
        if kind.paper:
            st.caption(
                f"[{kind.paper.title}]({kind.paper.url}) ({kind.paper.year})" if kind.paper.url else kind.paper.title
            )
        settings = method_form(kind, "select")
        budget = budget_input()
        seed = int(
            st.number_input("seed", value=0, step=1, key="select.seed", help="The same seed gives the same choice.")
        )
    with shown, failures_as_words("outcome"):
        preview = data.workspace().preview(
            data.workspace().selector(name, settings), filter=state.current(), seed=seed, **budget
        )
        outcome(preview)
    with form, failures_as_words("save"):
        _save(name, settings, budget, seed)


def _save(name: str, settings: dict[str, Any], budget: dict[str, Any], seed: int) -> None:
    with st.form("select.save", border=True):
        title = st.text_input("Keep it under a name", placeholder="best-tenth")
        again = st.checkbox("replace one of the same name")
        if st.form_submit_button("Save selection", type="primary", icon=":material/save:"):
            made = data.workspace().select(
                name, name=title.strip(), filter=state.current(), seed=seed, settings=settings, replace=again, **budget
            )
            st.success(
                f"{made.name} is kept: {made.summary['documents']:,} documents. Export writes it.",
                icon=":material/check:",
            )
