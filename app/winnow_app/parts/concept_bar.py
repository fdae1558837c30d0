"""A concept under way: what was picked, and the way to keep it as a rater."""

from __future__ import annotations

from functools import partial

import streamlit as st

from winnow.rate.base import FEWEST
from winnow_app import data, identity, state
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain

PLACE = "concept.keep"

FEW = 3
"""So many documents of either side are wanted, of the least that a rater learns from."""


def concept_bar() -> None:
    """Draw the picked documents and the form that keeps them as labels and a rater; nothing without picks."""
    filter = state.current()
    outcome(PLACE)
    if not (filter.examples or filter.against):
        return
    fewest = min(len(filter.examples), len(filter.against))
    ready = fewest >= FEW and len(filter.examples) + len(filter.against) >= FEWEST
    with (
        st.container(border=True, horizontal=True, vertical_alignment="center", gap="small", key="concept"),
        failures_as_words("concept"),
    ):
        st.markdown(
            f":material/school: A kind learnt from **{len(filter.examples)}** documents, **{len(filter.against)}** against it."
        )
        for doc_id in (*filter.examples, *filter.against):
            st.button(
                f"{'+' if doc_id in filter.examples else '−'} {doc_id}", key=f"concept.{doc_id}", type="tertiary",
                on_click=state.pick, args=(doc_id,), kwargs={"example": doc_id in filter.examples}, help="Take it back",
            )  # fmt: skip
        if not identity.may("curate"):
            return
        with st.popover("Keep it as a rater", icon=":material/model_training:", disabled=not ready):
            _keep(filter.examples, filter.against)
        if not ready:
            st.caption(f"{FEWEST} picks, {FEW} of them on the smaller side, can be kept as a rater.")


def _keep(examples: tuple[int, ...], against: tuple[int, ...]) -> None:
    with st.form(PLACE, border=False):
        st.text_input("Name of the rater and its column", placeholder="recipes", key="concept.name")
        st.caption("What you picked becomes labels of a question with this name; the rater learns from them.")
        kept = partial(_kept, examples, against)
        st.form_submit_button("Fit and rate the corpus", type="primary", on_click=act, args=(PLACE, kept))


def _kept(examples: tuple[int, ...], against: tuple[int, ...]) -> str:
    name = str(st.session_state["concept.name"]).strip()
    card = data.workspace().keep_concept(name, examples, against, who=state.name() or "somebody")
    state.put(state.current().without("examples").with_range(card.columns[0], 0.5, None))
    return f"{plain(card.name)} is a column now: below is what it holds for one of the kind."
