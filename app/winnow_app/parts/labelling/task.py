"""What somebody labels: a question, a queue, and of which documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.catalog.labels import DEFAULT, LabelSchema
from winnow.jobs.label_queue import BY_COLUMN, ORDERS
from winnow_app import data, identity, state
from winnow_app.parts.deeds import unsaid
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.labelling import bulk, question_form
from winnow_app.parts.labelling.bulk import ask_label_all
from winnow_app.parts.labelling.question_form import ask_question
from winnow_app.parts.view_bar import view_bar

FILTER = "label.filter"
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
    question = _question(schemas)
    order, column = _queue() if labelling else ("random", "")
    if labelling:
        st.session_state[FILTER] = bool(state.current() or st.session_state.get(FILTER))
        st.toggle("Filter", key=FILTER, on_change=_filter_off, help="Label a part of the corpus.")
    more = [name for name in MORE if name == "all" or identity.may("curate")]
    asked = st.menu_button("More", more, format_func=lambda name: MORE[name], icon=":material/more_horiz:", key="label.more")  # fmt: skip
    for place in (bulk.PLACE, question_form.PLACE) if asked else ():
        unsaid(place)
    if asked == "all":
        ask_label_all(question, who)
    elif asked is not None:
        ask_question(schemas[question] if asked == "change" else None)
    return Task(who, question, order, column, state.current())


def filter_panel() -> None:
    """Draw what narrows the documents, when somebody asked for it."""
    if st.session_state.get(FILTER):
        with st.sidebar:
            facet_panel()
        view_bar()


def _filter_off() -> None:
    """Let every document come again: a filter that nobody sees would only puzzle."""
    if not st.session_state[FILTER]:
        state.put(Filter())


def _question(schemas: Mapping[str, LabelSchema]) -> str:
    first = DEFAULT.name if DEFAULT.name in schemas else next(iter(schemas))
    chosen = st.selectbox(
        "Question", list(schemas), width=240, format_func=lambda name: schemas[name].question, label_visibility="collapsed",
        **state.tied("schema", "label.schema", schemas, first),
    )  # fmt: skip
    return str(chosen)


def _queue() -> tuple[str, str]:
    """Ask which documents come first, and by which column where the queue goes by one."""
    numbers = [name for name, column in data.columns().items() if column.kind == "number" and name != "doc_id"]
    orders = [order for order in ORDERS if numbers or order not in BY_COLUMN]
    order = st.selectbox(
        "Queue", orders, width=200, format_func=lambda name: ORDERS[name], label_visibility="collapsed",
        **state.tied("queue", "label.queue", orders, "random"),
    )  # fmt: skip
    if order not in BY_COLUMN:
        return str(order), ""
    first = "quality" if "quality" in numbers else numbers[0]
    tied = state.tied("column", "label.column", numbers, first)
    return str(order), str(st.selectbox("by", numbers, width=150, label_visibility="collapsed", **tied))
