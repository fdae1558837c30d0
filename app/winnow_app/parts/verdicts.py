"""In which kept selections a document is, and why it is in one or out of it."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.verdict import why
from winnow_app import data
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain


def verdicts(doc_id: int, key: str) -> None:
    """Draw a line per kept selection, and on request what each of its steps did with the document."""
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    if not kept:
        st.caption("No selection is kept yet.")
        return
    only = Filter().with_range("doc_id", doc_id, doc_id)
    for name in kept[:20]:
        inside = data.count(Filter(selection=name, ranges=only.ranges)).documents > 0
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("kept" if inside else "dropped", color="green" if inside else "gray", icon=":material/check:" if inside else ":material/block:")  # fmt: skip
            st.markdown(f"**{plain(name)}**", width="stretch")
            asked = st.button("Why?", key=f"{key}.why.{name}", type="tertiary")
        if asked:
            with failures_as_words("why"), st.spinner("Following the document through the steps …"):
                for reason in why(data.workspace().catalog, name, doc_id):
                    mark = ":material/check:" if reason.kept else ":material/block:"
                    st.markdown(f"{mark} **{plain(reason.step)}**: {plain(reason.words)}")
