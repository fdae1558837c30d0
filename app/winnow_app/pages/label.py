"""Label: one document after another, answered by keys; review, figures and files of labels one click away."""

from __future__ import annotations

import streamlit as st

from winnow_app import state
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.labelling import choose_task, figures, files, filter_panel, label_desk, review
from winnow_app.parts.tab_choice import tab_choice

VIEWS = {"label": "Label", "review": "Review", "figures": "Figures", "files": "Files"}


def page() -> None:
    who = _name()
    if not who:
        st.info("Write your name first: every label belongs to somebody.", icon=":material/badge:")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="labelling"):
        view = tab_choice("View", VIEWS, "label.view")
        task = choose_task(who, labelling=view == "label")
    if view == "label":
        filter_panel()
    said = st.session_state.pop("label.said", None)
    if said:
        st.success(said, icon=":material/done_all:")
    if view == "label":
        label_desk(task)
    with failures_as_words("labelling"):
        if view == "review":
            review(task.question, who)
        elif view == "figures":
            figures(task.question, who)
        elif view == "files":
            files(task.question, who)


def _name() -> str:
    if state.name():
        return state.name()
    with st.form("who.form", border=True, width=520):
        st.text_input("Your name", placeholder="the name your labels are kept under", key="who.typed")
        if st.form_submit_button("Start labelling", type="primary", on_click=_named):
            st.caption(":material/arrow_upward: A name of one letter is enough.")
    return ""


def _named() -> None:
    st.session_state["who"] = str(st.session_state["who.typed"]).strip()
