"""What stands near a document: the nearest by meaning, and its copies with what differs marked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.document import Document
from winnow_app import data, state
from winnow_app.parts.copies.word_difference import REACH, difference, share_changed, steps
from winnow_app.parts.document_facts import badges, known, title_of
from winnow_app.parts.highlight import plain, snippet

NEAREST, COPIES = 8, 8
SHOWN = ("source", "quality", "language", "tokens")
GROUPS = ("duplicate_group", "near_group", "semantic_group")


def neighbours(document: Document) -> None:
    """Draw the documents whose vectors are nearest."""
    if not data.workspace().catalog.vectors.models():
        st.caption("Neighbours need vectors; Home has the button that makes them.")
        return
    rows = _rows(Filter(like=document.doc_id), NEAREST + 1)
    others = [row for row in rows if row["doc_id"] != document.doc_id][:NEAREST]
    texts = data.texts(tuple(int(row["doc_id"]) for row in others))
    for row, text in zip(others, texts, strict=True):
        _relative(row, f"similarity {row['score']:.3f}")
        st.html(f'<div class="winnow-snippet" dir="auto">{snippet(text, (), 200)}</div>')
    st.button("List them all", on_click=state.put, args=(Filter(like=document.doc_id),), icon=":material/hub:")


def duplicates(document: Document) -> None:
    """Draw a document's copies, each by the words that only one of the two has."""
    same = duplicates_filter(document)
    rows = [] if same is None else [row for row in _rows(same, COPIES + 1) if row["doc_id"] != document.doc_id]
    if same is None or not rows:
        st.caption("No other document says the same.")
        return
    texts = data.texts(tuple(int(row["doc_id"]) for row in rows))
    for row, text in zip(rows[:COPIES], texts, strict=False):
        found = steps(document.text, text)
        changed = share_changed(found)
        _relative(row, f"{changed:.1%} of the words differ" if changed else "the same words")
        if changed:
            st.html(f'<div class="winnow-difference" dir="auto" {REACH}>{difference(found)}</div>')
    count = data.count(same).documents
    st.button(f"List all {count:,}", on_click=state.put, args=(same,), icon=":material/content_copy:")


def duplicates_filter(document: Document) -> Filter | None:
    """Return the view of a document's exact, near and semantic copies, or None when it is the only one."""
    groups: dict[str, Any] = {name: document.values.get(name) for name in GROUPS}
    conditions = [f"{name} = {int(group)}" for name, group in groups.items() if known(group)]
    return replace(Filter(), where=" OR ".join(conditions)) if conditions else None


def _rows(filter: Filter, limit: int) -> list[dict[str, Any]]:
    names = [name for name in ("url", "id", *SHOWN) if name in data.columns()]
    rows = data.page(filter, names, limit=limit).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _relative(row: dict[str, Any], words: str) -> None:
    doc_id = int(row["doc_id"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            plain(title_of(row)), key=f"relative.{doc_id}", type="tertiary", icon=":material/article:",
            on_click=state.keep, args=("doc", doc_id), help=f"Open document {doc_id}",
        )  # fmt: skip
        st.caption(words)
    st.html(badges(row, SHOWN))
