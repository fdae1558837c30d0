"""The label desk: a document, its answers with their keys, and what was said before."""

from __future__ import annotations

import html
import time

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.catalog.labels import SKIP, Label, LabelSchema
from winnow_app import data
from winnow_app.parts.document_card import badges, heading
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import block, plain, span_marks, term_marks

AHEAD = 20
SHOWN_CHARS = 30_000


@st.fragment
def label_desk(who: str, schema_name: str, order: str, column: str, filter: Filter) -> None:
    """Show the next document of the queue; an answer brings the one after it without drawing the page again."""
    with failures_as_words("desk"):
        _desk(who, schema_name, order, column, filter)


def _desk(who: str, schema_name: str, order: str, column: str, filter: Filter) -> None:
    schema = data.workspace().labels.schema(schema_name)
    doc_id = _next(who, schema_name, order, column, filter)
    reading, side = st.columns([9, 4], gap="large")
    with side:
        _progress(who, schema_name, filter)
        if schema.guidelines:
            st.caption("  \n".join(plain(line) for line in schema.guidelines.splitlines()))
        _history(who, schema_name)
    with reading:
        if doc_id is None:
            st.success("Every document of this filter has your answer.", icon=":material/done_all:")
            _undo_button(who, schema_name)
            return
        _answers(doc_id, schema, who)
        _document(doc_id, filter)


def _next(who: str, schema: str, order: str, column: str, filter: Filter) -> int | None:
    queue: list[int] = st.session_state.setdefault("queue", [])
    if not queue:
        done = [label.doc_id for label in data.workspace().labels.standing(schema, who)]
        queue.extend(data.workspace().browse.queue(filter, done=done, order=order, column=column, limit=AHEAD))
        st.session_state["queue.since"] = time.monotonic()
    return queue[0] if queue else None


def _answers(doc_id: int, schema: LabelSchema, who: str) -> None:
    st.markdown(f"**{plain(schema.question)}**")
    with st.container(horizontal=True, key="answers"):
        for place, value in enumerate(schema.values, start=1):
            st.button(
                plain(value), key=f"answer.{place}", shortcut=str(place),
                on_click=_answer, args=(doc_id, value, who, schema.name),
            )  # fmt: skip
        st.button(
            "Skip",
            key="answer.skip",
            shortcut="S",
            type="tertiary",
            on_click=_answer,
            args=(doc_id, SKIP, who, schema.name),
        )
        _undo_button(who, schema.name)


def _undo_button(who: str, schema: str) -> None:
    st.button(
        "Undo",
        key="answer.undo",
        shortcut="Backspace",
        icon=":material/undo:",
        type="tertiary",
        on_click=_undo,
        args=(who, schema),
    )


def _answer(doc_id: int, value: str, who: str, schema: str) -> None:
    seconds = time.monotonic() - st.session_state.get("queue.since", time.monotonic())
    data.workspace().labels.add(doc_id, value, who=who, schema=schema, seconds=round(seconds, 1))
    queue: list[int] = st.session_state["queue"]
    if queue and queue[0] == doc_id:
        queue.pop(0)
    st.session_state["queue.since"] = time.monotonic()


def _undo(who: str, schema: str) -> None:
    taken_back = data.workspace().labels.undo(who=who, schema=schema)
    if taken_back is not None:
        queue: list[int] = st.session_state.setdefault("queue", [])
        queue[:] = [taken_back.doc_id, *(other for other in queue if other != taken_back.doc_id)]
        st.toast(f"Taken back: {plain(str(taken_back.value))} for document {taken_back.doc_id}", icon=":material/undo:")


def _document(doc_id: int, filter: Filter) -> None:
    document = data.document(doc_id)
    text = document.text[:SHOWN_CHARS]
    with st.container(border=True, key="desk"):
        st.html(heading(document.values, ("quality", "toxicity", "language", "tokens", "cluster_name")))
        marks = term_marks(text, data.workspace().highlight_terms(filter)) + span_marks(document.spans, document.spans)
        st.html(block(text, [mark for mark in marks if mark.start < len(text)]))
        if len(text) < len(document.text):
            st.caption(f"The first {SHOWN_CHARS:,} of {len(document.text):,} characters. Explore shows all.")


def _progress(who: str, schema: str, filter: Filter) -> None:
    counts = [row for row in data.workspace().labels.counts(schema) if row["value"] != SKIP]
    mine, everybody = (
        sum(row["documents"] for row in counts if row["who"] == who),
        sum(row["documents"] for row in counts),
    )
    st.markdown(f"**{mine:,}** by you · {everybody:,} in all · {data.count(filter).documents:,} in the filter")
    told = {row["value"]: row["documents"] for row in counts if row["who"] == who}
    st.html(badges(told, tuple(told)))


def _history(who: str, schema: str) -> None:
    latest: list[Label] = data.workspace().labels.standing(schema, who, 12)
    if not latest:
        st.caption("Your answers are listed here. Keys: the digits on the buttons, S skips, Backspace takes back.")
        return
    st.markdown("**Your last answers**")
    texts = data.texts(tuple(label.doc_id for label in latest))
    rows = [
        f'<div class="winnow-answer" dir="auto"><b>{html.escape(str(label.value))}</b> {html.escape(" ".join(text[:200].split())[:120])}</div>'
        for label, text in zip(latest, texts, strict=True)
    ]
    st.html("".join(rows))
