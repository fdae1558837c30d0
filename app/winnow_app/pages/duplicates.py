"""Duplicates: what says the same as something else: copies, repeated lines, benchmark items; and what to do about it."""

from __future__ import annotations

import streamlit as st

from winnow.catalog.filters import Filter
from winnow.jobs.copies import KINDS, Members
from winnow_app import data, state
from winnow_app.parts.copies import (
    benchmark_items,
    group_list,
    members_list,
    near_settings,
    policies,
    repeated_lines,
)
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.missing_step import Step, offer

VIEWS = {
    "exact": "Exact copies",
    "near": "Near-copies",
    "semantic": "Same meaning",
    "lines": "Repeated lines",
    "benchmarks": "Benchmarks",
}


def page() -> None:
    view = _view()
    running_jobs()
    if view == "lines":
        repeated_lines()
    elif view == "benchmarks":
        benchmark_items()
    else:
        _copies(view)


def _view() -> str:
    asked = state.get("copies", "near")
    shown = st.segmented_control(
        "What is alike", list(VIEWS), default=asked if asked in VIEWS else "near", required=True, key="copies.view",
        format_func=lambda name: VIEWS[name], label_visibility="collapsed", on_change=_show,
    )  # fmt: skip
    return str(shown)


def _show() -> None:
    state.keep("group")
    state.keep("copies", st.session_state["copies.view"])


def _copies(view: str) -> None:
    kind = KINDS[view]
    if kind.group not in data.columns():
        offer(VIEWS[view], [Step(f"column {kind.group}", "score", {"names": [kind.scorer]})])
        if view == "near":
            near_settings()
        return
    found = data.members(view)
    names = ["Groups", "Which one is kept", *(["How alike is alike"] if view == "near" else [])]
    tabs = st.tabs(names)
    if len(found) == 0:
        tabs[0].info("No two documents are alike in this way.", icon=":material/check:")
    else:
        with tabs[0]:
            _groups(found)
        with tabs[1], failures_as_words("policies"):
            policies(found)
    if view == "near":
        with tabs[2], failures_as_words("settings"):
            near_settings()


def _groups(found: Members) -> None:
    left, right = st.columns([5, 7], gap="large")
    with left:
        group = group_list(found, data.count(Filter()).documents)
    with right, failures_as_words("members"):
        if group is not None:
            members_list(found, group)
