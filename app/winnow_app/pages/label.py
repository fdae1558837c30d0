"""Label: one document after another, answered by digit keys, taken back by Backspace."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, state
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.label_desk import label_desk
from winnow_app.parts.view_bar import view_bar

ORDERS = {
    "random": "at random",
    "uncertain": "uncertain first (nearest to 0.5)",
    "highest": "highest first",
    "lowest": "lowest first",
}


def page() -> None:
    with st.sidebar:
        facet_panel()
    view_bar()
    who = _name()
    if not who:
        st.info("Write your name first: every label belongs to somebody.", icon=":material/badge:")
        return
    schema, order, column = _task()
    key = repr((who, schema, order, column, state.current().key))
    if st.session_state.get("queue.key") != key:
        st.session_state["queue.key"], st.session_state["queue"] = key, []
    label_desk(who, schema, order, column, state.current())


def _name() -> str:
    if state.name():
        return state.name()
    with st.form("who.form", border=True):
        typed = st.text_input("Your name", placeholder="the name your labels are kept under")
        if st.form_submit_button("Start labelling", type="primary"):
            if typed.strip():
                st.session_state["who"] = typed.strip()
                st.rerun()
            st.caption(":material/arrow_upward: A name of one letter is enough.")
    return ""


def _task() -> tuple[str, str, str]:
    schemas = data.workspace().labels.schemas()
    numbers = [name for name, column in data.columns().items() if column.kind == "number" and name != "doc_id"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        schema = st.selectbox(
            "Question", list(schemas), format_func=lambda name: schemas[name].question, key="label.schema", width=380
        )
        order = st.selectbox("Queue", list(ORDERS), format_func=lambda name: ORDERS[name], key="label.order", width=260)
        column = ""
        if order != "random" and numbers:
            first = numbers.index("quality") if "quality" in numbers else 0
            column = st.selectbox("by", numbers, index=first, key="label.column", width=180)
        with st.popover("New question", icon=":material/add:"), failures_as_words("question"):
            _new_schema()
    return str(schema), str(order) if column or order == "random" else "random", str(column)


def _new_schema() -> None:
    from winnow.catalog.labels import LabelSchema

    with st.form("label.new", border=False):
        name = st.text_input("Name", placeholder="genre")
        question = st.text_input("Question", placeholder="What kind of text is this?")
        values = st.text_input("Answers, in the order of their keys", placeholder="news, forum, code, spam")
        guidelines = st.text_area("Guidelines", placeholder="When to give which answer.")
        if st.form_submit_button("Add"):
            answers = tuple(value.strip() for value in values.split(",") if value.strip())
            data.workspace().labels.define(
                LabelSchema(name.strip(), question.strip() or name.strip(), answers, guidelines)
            )
            st.rerun()
