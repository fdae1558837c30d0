"""What somebody labels: a question, a queue, and of which documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.catalog.labels import DEFAULT, LabelSchema
from winnow.jobs.label_queue import BY_COLUMN, ORDERS
from winnow_app import data, state
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.highlight import plain
from winnow_app.parts.labelling.bulk import ask_label_all
from winnow_app.parts.labelling.question_form import ask_question
from winnow_app.parts.view_bar import view_bar


@dataclass(frozen=True)
class Task:
    """One question put to one person, in an order, of a filter's documents."""

    who: str
    question: str
    order: str
    column: str
    filter: Filter

    @property
    def key(self) -> str:
        return repr((self.who, self.question, self.order, self.column, self.filter.key))


def choose_task(who: str) -> Task:
    """Draw one line: question, queue, filter, and what else can be done with a question."""
    schemas = data.workspace().labels.schemas()
    numbers = [name for name, column in data.columns().items() if column.kind == "number" and name != "doc_id"]
    question, order, column = _chosen(schemas, numbers)
    with st.container(horizontal=True, vertical_alignment="center", key="task", gap="small"):
        with st.popover(ORDERS[order].split(":")[0].capitalize(), icon=":material/low_priority:", help="Which question, and which documents first."):  # fmt: skip
            _choose(schemas, numbers)
        filtering = st.toggle("Filter", value=bool(state.current()), key="label.filter", help="Label a part of the corpus.")  # fmt: skip
        with st.popover("More", icon=":material/more_horiz:"):
            st.caption(f"You label as {plain(who)}.")
            if st.button("New question", icon=":material/add:", width="stretch"):
                ask_question(None)
            if st.button("Change this question", icon=":material/edit:", width="stretch"):
                ask_question(schemas[question])
            if st.button("Label the whole filter", icon=":material/done_all:", width="stretch"):
                ask_label_all(question, who)
    if filtering:
        with st.sidebar:
            facet_panel()
        view_bar()
    return Task(who, question, order, column, state.current())


def _chosen(schemas: Mapping[str, LabelSchema], numbers: Sequence[str]) -> tuple[str, str, str]:
    """Return question, queue and column as they were chosen last, and as they are at first."""
    question = str(st.session_state.get("label.schema") or state.get("schema", DEFAULT.name))
    order = str(st.session_state.get("label.order") or "random")
    column = ""
    if order in BY_COLUMN:
        first = "quality" if "quality" in numbers else (numbers[0] if numbers else "")
        column = str(st.session_state.get("label.column") or first)
        order = order if column else "random"
    return question if question in schemas else next(iter(schemas)), order, column


def _choose(schemas: Mapping[str, LabelSchema], numbers: Sequence[str]) -> None:
    names = list(schemas)
    wanted = state.get("schema", DEFAULT.name)
    st.selectbox(
        "Question", names, index=names.index(wanted) if wanted in names else 0, width=420,
        format_func=lambda name: schemas[name].question, key="label.schema",
    )  # fmt: skip
    offered = [order for order in ORDERS if numbers or order not in BY_COLUMN]
    order = st.selectbox("Queue", offered, format_func=lambda name: ORDERS[name], key="label.order", width=420)
    if order in BY_COLUMN:
        st.selectbox("by", numbers, index=list(numbers).index("quality") if "quality" in numbers else 0, key="label.column", width=420)  # fmt: skip
