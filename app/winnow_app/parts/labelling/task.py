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
from winnow_app.parts.labelling.bulk import ask_label_all
from winnow_app.parts.labelling.question_form import ask_question
from winnow_app.parts.view_bar import view_bar

MORE = {"new": "New question", "change": "Change this question", "all": "Label the whole filter"}


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


def choose_task(who: str, *, labelling: bool) -> Task:
    """Draw, on one line, which question and queue it is, whether to filter, and what else can be done with a question."""
    schemas = data.workspace().labels.schemas()
    numbers = [name for name, column in data.columns().items() if column.kind == "number" and name != "doc_id"]
    question, order, column = _chosen(schemas, numbers)
    shown = ORDERS[order].split(":")[0].capitalize() if labelling else "Question"
    with st.popover(shown, icon=":material/low_priority:", help="Which question, and which documents first."):
        _choose(schemas, numbers)
    if labelling:
        st.toggle("Filter", value=bool(state.current()), key="label.filter", help="Label a part of the corpus.")
    asked = st.menu_button("More", list(MORE), format_func=lambda name: MORE[name], icon=":material/more_horiz:", key="label.more")  # fmt: skip
    if asked == "all":
        ask_label_all(question, who)
    elif asked is not None:
        ask_question(schemas[question] if asked == "change" else None)
    return Task(who, question, order, column, state.current())


def filter_panel() -> None:
    """Draw what narrows the documents, when somebody asked for it."""
    if st.session_state.get("label.filter"):
        with st.sidebar:
            facet_panel()
        view_bar()


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
        format_func=lambda name: schemas[name].question, key="label.schema", on_change=_show_question,
    )  # fmt: skip
    offered = [order for order in ORDERS if numbers or order not in BY_COLUMN]
    order = st.selectbox("Queue", offered, format_func=lambda name: ORDERS[name], key="label.order", width=420)
    if order in BY_COLUMN:
        first = list(numbers).index("quality") if "quality" in numbers else 0
        st.selectbox("by", numbers, index=first, key="label.column", width=420)


def _show_question() -> None:
    """Write the question to the address, so that it can be shared."""
    state.keep("schema", st.session_state["label.schema"])
