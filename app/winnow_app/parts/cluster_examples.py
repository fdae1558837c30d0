"""Documents of one cluster: nearest to its centre, and at its edge."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data, state
from winnow_app.parts.document_facts import title_of
from winnow_app.parts.highlight import plain, snippet

EACH = 3
SIMILARITY = "cluster_similarity"


def cluster_examples(cluster: int) -> None:
    """Draw a few documents near the centre and a few at the edge, each one click from its text."""
    if SIMILARITY not in data.columns():
        return
    inside = Filter().with_range("cluster", cluster, cluster)
    names = [name for name in ("url", "id", SIMILARITY) if name in data.columns()]
    for words, descending in (("Near the centre", True), ("At the edge", False)):
        rows = data.page(inside, names, sort=SIMILARITY, descending=descending, limit=EACH).to_dict("records")
        st.markdown(f"**{words}**")
        texts = data.texts(tuple(int(row["doc_id"]) for row in rows))
        for row, text in zip(rows, texts, strict=True):
            told = {str(name): value for name, value in row.items()}
            doc_id = int(row["doc_id"])
            st.button(
                plain(title_of(told)), key=f"example.{descending}.{doc_id}", type="tertiary", icon=":material/article:",
                on_click=state.keep, args=("doc", doc_id), help=f"similarity to the centre {row[SIMILARITY]:.2f}",
            )  # fmt: skip
            st.html(f'<div class="winnow-snippet" dir="auto">{snippet(text, (), 140)}</div>')
