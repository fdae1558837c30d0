"""One document, open: its text with marks, its scores with percentiles, its labels, and the way to its neighbours."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.document import Document
from winnow_app import data, state
from winnow_app.parts.benchmark_matches import benchmark_matches
from winnow_app.parts.highlight import block, span_marks, term_marks
from winnow_app.parts.verdicts import verdicts

SHOWN_CHARS = 20_000
HEADLINE = ("quality", "toxicity", "language", "tokens", "pii", "cluster_name", "duplicate_group")
NOT_SCORES = ("doc_id", "source", "cluster", "cluster_name", "cluster_top", "duplicate_group")
MARKS = {
    "pii_spans": "Personal data",
    "toxicity_spans": "Toxic passages",
    "boilerplate_spans": "Repeated lines",
    "contamination_spans": "Benchmark items",
}


def title_of(values: Mapping[str, Any]) -> str:
    """Return what a document is called: its address, its own id or its number."""
    for name in ("url", "id"):
        value = values.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()[:100]
    return f"document {values.get('doc_id', '')}"


def known(value: Any) -> bool:
    """Whether a value is there at all: neither None nor NaN nor NaT."""
    return value is not None and value == value and value != ""


def badges(values: Mapping[str, Any], names: Sequence[str] = HEADLINE) -> str:
    """Return a row of small facts as safe HTML."""
    shown = []
    for name in names:
        value = values.get(name)
        if not known(value):
            continue
        words = str(value)[:10] if name == "date" else badge_words(value)
        shown.append(f"<span>{html.escape(name.replace('_', ' '))} <b>{html.escape(words)}</b></span>")
    return f'<div class="winnow-badges">{"".join(shown)}</div>'


def heading(values: Mapping[str, Any], names: Sequence[str] = HEADLINE) -> str:
    """Return a document's title, where it came from and its badges as safe HTML."""
    title, number, date = title_of(values), f"document {values['doc_id']}", values.get("date")
    where = [str(part) for part in (values.get("source"), date and str(date)[:10]) if known(part)]
    line = " · ".join([number, *where] if title != number else where)
    return (
        f'<div class="winnow-title" dir="auto">{html.escape(title)}</div>'
        f'<div class="winnow-where">{html.escape(line)}</div>{badges(values, names)}'
    )


def badge_words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def document_card(doc_id: int, *, key: str = "doc", text_only: bool = False) -> None:
    """Draw a document by its id."""
    document = data.document(doc_id)
    values = dict(document.values)
    st.html(heading(values))
    _text(document, key)
    if document.spans.get("contamination_spans"):
        benchmark_matches(doc_id)
    if text_only:
        return
    scores, brought, labels, selections = st.tabs(["Scores", "Came with it", "Labels", "Selections"])
    with scores:
        _scores(document)
    with brought:
        st.json(dict(document.meta), expanded=True) if document.meta else st.caption("No other columns came with it.")
    with labels:
        _labels(document)
    with selections:
        verdicts(document.doc_id, key)


def _text(document: Document, key: str) -> None:
    found = {name: words for name, words in MARKS.items() if document.spans.get(name)}
    shown: list[str] = list(found)
    if found:
        picked = st.pills(
            "Marks", list(found), format_func=lambda name: f"{found[name]} ({len(document.spans[name])})",
            selection_mode="multi", default=list(found), key=f"{key}.marks", label_visibility="collapsed",
        )  # fmt: skip
        shown = list(picked or [])
    whole = st.session_state.get(f"{key}.whole") == document.doc_id
    text = document.text if whole else document.text[:SHOWN_CHARS]
    marks = term_marks(text, data.workspace().highlight_terms(state.current())) + span_marks(document.spans, shown)
    with st.container(border=True, key=f"{key}.text"):
        st.html(block(text, [mark for mark in marks if mark.start < len(text)]))
    more = f"Show all {len(document.text):,} characters"
    if len(text) < len(document.text) and st.button(more, key=f"{key}.all", type="tertiary"):
        st.session_state[f"{key}.whole"] = document.doc_id
        st.rerun()


def _scores(document: Document) -> None:
    columns = data.columns()
    numbers = [name for name, column in columns.items() if column.kind == "number" and name != "doc_id"]
    shares = data.percentiles(document.doc_id, tuple(numbers), data.version())
    rows = [
        {
            "column": name,
            "value": _number(document.values[name]),
            "percentile": 100 * shares[name] if name in shares else None,
        }
        for name, column in sorted(columns.items(), key=lambda item: _place(item[0]))
        if column.kind in ("number", "flag", "group") and name not in (*NOT_SCORES, *document.meta)
        and document.values.get(name) is not None
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, height=min(38 + 35 * len(rows), 430),
        column_config={"percentile": st.column_config.ProgressColumn("percentile", min_value=0, max_value=100, format="%.0f")},
    )  # fmt: skip


def _place(name: str) -> int:
    return HEADLINE.index(name) if name in HEADLINE else len(HEADLINE)


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _labels(document: Document) -> None:
    if not document.labels:
        st.caption("Nobody has labelled it yet.")
        return
    undone = {label.undoes for label in document.labels if label.undoes}
    rows = [
        {"when": label.at[:19].replace("T", " "), "who": label.who, "question": label.schema, "label": label.value,
         "state": "undone" if label.seq in undone else ""}
        for label in document.labels if label.undoes is None
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def neighbours_filter(doc_id: int) -> Filter:
    """Return the view "more like this"."""
    return Filter(like=doc_id)


def duplicates_filter(document: Document) -> Filter | None:
    """Return the view of a document's exact and near copies, or None when it is the only one."""
    groups: dict[str, Any] = {name: document.values.get(name) for name in ("duplicate_group", "near_group")}
    conditions = [f"{name} = {int(group)}" for name, group in groups.items() if known(group)]
    return replace(Filter(), where=" OR ".join(conditions)) if conditions else None
