"""Prove: train small models on a selection and on random controls; and what else a series of small models tells."""

from __future__ import annotations

import streamlit as st

from winnow_app import data
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.lab import ladder_tab, rounds_tab, skills_tab
from winnow_app.parts.missing_step import selection_needed
from winnow_app.parts.proof_setup import proof_setup
from winnow_app.parts.proof_verdict import proof_verdict
from winnow_app.parts.tab_choice import tab_choice

WAYS = {
    "proof": "Does a selection help?",
    "skills": "Which groups help which",
    "ladder": "Ladder of models",
    "rounds": "Select in rounds",
}


def page() -> None:
    way = tab_choice("What to find out", WAYS, "prove.way")
    with failures_as_words("lab"):
        {"proof": _proofs, "skills": skills_tab, "ladder": ladder_tab, "rounds": rounds_tab}[way]()


def _proofs() -> None:
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    if not kept:
        selection_needed()
        return
    settings, found = st.columns([4, 9], gap="large")
    # What was found comes first: the form measures this machine once, which takes seconds.
    with found:
        running_jobs()
        _found()
    with settings:
        proof_setup(kept)


def _found() -> None:
    names = data.workspace().proofs.names()
    if not names:
        st.markdown(
            "Small models are trained on each selection and on random controls of the same size, with the same tokens "
            "and several seeds. Then all of them read texts that none was shown. A difference counts when its interval "
            "says so."
        )
        return
    shown = st.session_state.pop("prove.shown", None)
    if shown in names:
        st.session_state["prove.name"] = shown
    name = str(st.selectbox("Proof", names, key="prove.name"))
    working = "prove" in data.running_verbs()
    st.fragment(proof_verdict, run_every=3.0 if working else None)(name)
