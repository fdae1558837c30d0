"""One document, open: its text with marks, its scores with percentiles, its labels, and the way to its neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from winnow.catalog.labels import FINAL
from winnow.jobs.document import Document, Span
from winnow.jobs.label_words import in_words
from winnow.score.shown_rules import broken_rules, repetitions
from winnow_app import data, state
from winnow_app.parts.benchmark_matches import benchmark_matches
from winnow_app.parts.document_facts import HEADLINE, badges, heading
from winnow_app.parts.highlight import block, hit_marks, plain, span_marks
from winnow_app.parts.relatives import duplicates, neighbours
from winnow_app.parts.rendering import render, ways
from winnow_app.parts.table_height import table_height
from winnow_app.parts.verdicts import verdicts

__all__ = ["badges", "document_card", "heading"]

SHOWN_CHARS = 20_000
NOT_SCORES = ("doc_id", "source", "cluster", "cluster_name", "cluster_top", "duplicate_group")
MARKS = {
    "pii_spans": "Personal data",
    "toxicity_spans": "Toxic passages",
    "boilerplate_spans": "Repeated lines",
    "contamination_spans": "Benchmark items",
    "repetition_spans": "Repetition",
    "rule_spans": "Rules broken",
}
ON_REQUEST = ("repetition_spans", "rule_spans")
"""Marks that stand in many lines of an honest text: they are shown when asked for."""
RAW = "text"
STATES = {FINAL: "deciding answer"}
"""What the role of a label is called in the history."""


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
    views: dict[str, Callable[[], None]] = {
        "Scores": lambda: _scores(document),
        "Neighbours": lambda: neighbours(document),
        "Duplicates": lambda: duplicates(document),
        "Came with it": lambda: _brought(document),
        "Labels": lambda: _labels(document),
        "Selections": lambda: verdicts(document.doc_id, key),
    }
    tabs = st.tabs(list(views), key=f"{key}.view", on_change="rerun")
    for tab, draw in zip(tabs, views.values(), strict=True):
        # Only what is looked at is asked for.
        if tab.open:
            with tab:
                draw()


def _brought(document: Document) -> None:
    st.json(dict(document.meta), expanded=True) if document.meta else st.caption("No other columns came with it.")


def _text(document: Document, key: str) -> None:
    spans = {
        **document.spans,
        "repetition_spans": [Span(*span) for span in repetitions(document.text)],
        "rule_spans": [Span(*span) for span in broken_rules(document.text)],
    }
    found = {name: words for name, words in MARKS.items() if spans.get(name)}
    shown: list[str] = []
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        way = _way(document, key)
        if found and way == RAW:
            picked = st.pills(
                "Marks", list(found), format_func=lambda name: f"{found[name]} ({len(spans[name])})",
                selection_mode="multi", default=[name for name in found if name not in ON_REQUEST], key=f"{key}.marks",
                label_visibility="collapsed",
            )  # fmt: skip
            shown = list(picked or [])
    if way != RAW:
        with st.container(border=True, key=f"{key}.rendered", height=520):
            render(document.text, document.meta, way)
        return
    whole = st.session_state.get(f"{key}.whole") == document.doc_id
    text = document.text if whole else document.text[:SHOWN_CHARS]
    marks = hit_marks(text, *data.sought(state.current())) + span_marks(spans, shown)
    with st.container(border=True, key=f"{key}.text"):
        st.html(block(text, [mark for mark in marks if mark.start < len(text)]))
    more = f"Show all {len(document.text):,} characters"
    if len(text) < len(document.text) and st.button(more, key=f"{key}.all", type="tertiary"):
        st.session_state[f"{key}.whole"] = document.doc_id
        st.rerun()


def _way(document: Document, key: str) -> str:
    """Ask whether to show the text as it is, or as the chat, the Markdown, the LaTeX or the code that it seems to be."""
    able = ways(document.text, document.meta)
    if not able:
        return RAW
    return str(
        st.segmented_control(
            "Show as", [RAW, *able], default=RAW, required=True, key=f"{key}.way.{'.'.join(able)}",
            label_visibility="collapsed",
        )
    )  # fmt: skip


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
        pd.DataFrame(rows), hide_index=True, height=table_height(len(rows), 430),
        column_config={
            "percentile": st.column_config.ProgressColumn(
                "at or below", min_value=0, max_value=100, format="%.0f %%",
                help="How many documents of a hundred have this value or a lower one.",
            )
        },
    )  # fmt: skip


def _place(name: str) -> int:
    return HEADLINE.index(name) if name in HEADLINE else len(HEADLINE)


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _labels(document: Document) -> None:
    if not document.labels:
        st.caption("Nobody has labelled it yet.")
        return
    schemas = data.workspace().labels.schemas()
    undone = {label.undoes for label in document.labels if label.undoes}
    rows = [
        {"when (UTC)": label.at[:19].replace("T", " "), "who": plain(label.who),
         "question": plain(schemas[label.schema].question),
         "answer": plain(in_words(schemas[label.schema], label, document.doc_id, document.text)),
         "": "undone" if label.seq in undone else STATES.get(label.role, "")}
        for label in document.labels if label.undoes is None
    ]  # fmt: skip
    # A plain table wraps long passages; a grid would cut them off.
    st.table(pd.DataFrame(rows).set_index("when (UTC)"))
