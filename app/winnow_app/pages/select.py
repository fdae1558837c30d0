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
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.method_form import method_form
from winnow_app.parts.missing_step import offer_missing
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
        first = list(found).index("top" if "quality" in data.columns() else "random")
        name = st.selectbox("Method", list(found), index=first, key="select.method", label_visibility="collapsed")
        kind = found[name]
        st.caption(kind.summary())
        if kind.paper:
            st.caption(
                f"[{kind.paper.title}]({kind.paper.url}) ({kind.paper.year})" if kind.paper.url else kind.paper.title
            )
        settings = method_form(kind, "select")
        target = _target() if "target" in kind().needs() else None
        budget = budget_input()
        seed = int(
            st.number_input("seed", value=0, step=1, key="select.seed", help="The same seed gives the same choice.")
        )
    with shown, failures_as_words("outcome"):
        selector = data.workspace().selector(name, settings)
        if offer_missing(selector):
            running_jobs()
            return
        if target == "":
            st.info("This method aims at a target: name a file or a kept selection.", icon=":material/target:")
            return
        choice = {"filter": state.current(), "seed": seed, "target": target, **budget}
        outcome(data.workspace().preview(selector, **choice), selector)
    with form, failures_as_words("save"):
        _save(name, {"settings": settings, **choice})


def _target() -> str:
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    chosen = st.selectbox(
        "target", kept, index=None, key="select.target", accept_new_options=True, placeholder="a file, or a kept selection",
        help="The texts to match: a file on this machine in any format Winnow reads, or a selection kept before.",
    )  # fmt: skip
    return str(chosen or "")


def _save(name: str, choice: dict[str, Any]) -> None:
    with st.form("select.save", border=True):
        title = st.text_input("Keep it under a name", placeholder="best-tenth")
        again = st.checkbox("replace one of the same name")
        if st.form_submit_button("Save selection", type="primary", icon=":material/save:"):
            made = data.workspace().select(name, name=title.strip(), replace=again, **choice)
            st.success(
                f"{made.name} is kept: {made.summary['documents']:,} documents. Export writes it.",
                icon=":material/check:",
            )
