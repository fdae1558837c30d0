"""Rounds: teach a model, probe it, choose for it, teach it on that, and again."""

from __future__ import annotations

import os

import pandas as pd
import streamlit as st

from winnow.jobs.lab_series import kept_rounds, rounds_minutes
from winnow.jobs.rounds import METHODS, Plan, rows_of
from winnow.prove.tiers import TIERS
from winnow_app import data
from winnow_app.parts.highlight import plain
from winnow_app.parts.lab.launch import chosen, launch, size_input, target_input, told_minutes

HEADS = ("round", "model", "prediction ranks probes", "reliability", "like the round before", "documents", "tokens")
ABOUT = (
    "A small model takes one training step on each of some documents, and it is measured how much each step helps it to "
    "read texts you name. What helps is predicted for the whole corpus and chosen; the model goes on with that, and the "
    "next round measures anew. The union of the rounds is kept as a selection."
)


def rounds_tab() -> None:
    """Draw the form and what was found."""
    settings, found = st.columns([4, 9], gap="large")
    with found:
        name = chosen("rounds", ABOUT)
        if name:
            _found(name)
    with settings:
        _form()


def _form() -> None:
    target = target_input("rounds", "A file on this machine; no test split of a benchmark.")
    count = int(st.slider("Rounds", 1, 6, 2, key="rounds.rounds"))
    share = st.slider("Share of the tokens that all rounds choose", 1, 90, 20, key="rounds.share", format="%d%%") / 100
    method = str(st.segmented_control("Choose by", list(METHODS), default="mates", required=True, key="rounds.method"))
    probes = int(st.number_input("Documents probed in each round", 10, 100_000, 1000, 100, key="rounds.probes"))
    tier = size_input("rounds")
    plan = Plan(target=target, rounds=count, share=share, method=method, probes=probes, tier=tier)
    there = bool(target) and os.path.exists(plan.target)
    if there:
        told_minutes(_minutes(plan.target, count, method, probes, tier), f"{count} rounds of {probes:,} probes")
    flags = ["--target", plan.target if target else "FILE", "--rounds", str(count), "--share", f"{share:g}"]
    flags += ["--method", method, "--probes", str(probes), "--tier", tier]
    lacks = "" if there else f"There is no file {target}." if target else "Name the texts first."
    launch("rounds", "Run the rounds", {"plan": plan.recipe}, flags, lacks)


@st.cache_data(show_spinner="measuring this machine", ttl=600)
def _minutes(target: str, count: int, method: str, probes: int, tier: str) -> float | None:
    if TIERS[tier].vocabulary:
        return None
    return rounds_minutes(Plan(target=target, rounds=count, method=method, probes=probes, tier=tier))


def _found(name: str) -> None:
    made = kept_rounds(data.workspace().catalog, name)
    st.dataframe(pd.DataFrame(list(rows_of(made)), columns=list(HEADS)), hide_index=True)
    st.caption(
        "How well the prediction ranks documents that were probed and not learnt from, with its 95 % interval; how far a "
        "measure would come out the same on other texts of the target; how alike two rounds rank the corpus."
    )
    if any(selection.name == name for selection in data.workspace().catalog.selections.all()):
        st.markdown(f"All rounds together are the selection **{plain(name)}**.")
        with st.container(horizontal=True):
            for page, words, icon in (("compare", "Compare it", "compare_arrows"), ("export", "Export it", "download")):
                st.page_link(st.session_state["pages"][page], label=words, icon=f":material/{icon}:")
