"""What the forms of the lab share: a size, a name, the minutes ahead, the button and the command that does the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from winnow.jobs.lab_series import kept
from winnow.prove.tiers import TIERS
from winnow_app import data, identity
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.proof_setup import SIZES
from winnow_app.parts.server_paths import within_reach
from winnow_app.parts.shell_command import shell_command


def size_input(verb: str) -> str:
    """Ask how large the models are."""
    tier = str(st.segmented_control("Size", list(TIERS), default="ci", required=True, key=f"{verb}.tier"))
    st.caption(SIZES[tier])
    return tier


def target_input(verb: str, help: str) -> str:
    """Ask for the texts that models are to read better."""
    told = st.text_input(
        "Texts that a model is to read better", key=f"{verb}.target", placeholder="/data/held-out.jsonl", help=help
    )
    return within_reach(told)


def told_minutes(minutes: float | None, runs: str) -> None:
    """Say how long it takes, before anybody starts it; None where only the machine with the GPU can tell."""
    if minutes is None:
        st.caption("Its minutes are measured on the machine with the GPU: the command below with --dry-run.")
    else:
        st.markdown(f"{runs}, about **{max(minutes, 1):,.0f} minutes** on this machine.")


def launch(verb: str, words: str, recipe: Mapping[str, Any], flags: Sequence[str], lacks: str) -> None:
    """Draw the name, the button that starts the job, and the command; `lacks` says what the form still needs."""
    taken = kept(data.workspace().catalog, verb)
    name = st.text_input("Name", key=f"{verb}.name", placeholder="letters, digits and _").strip()
    if name in taken:
        lacks = f"'{name}' is there already: choose another name."
    elif not name and not lacks:
        lacks = "Give it a name."
    if not identity.may("curate"):
        lacks = "A curator can start it."
    st.button(
        words, type="primary", icon=":material/play_arrow:", disabled=bool(lacks), key=f"{verb}.start",
        on_click=data.start, args=(verb,), kwargs={"name": name, "replace": False, **recipe},
    )  # fmt: skip
    if lacks:
        st.caption(f":material/arrow_upward: {plain(lacks)}")
    shell_command(verb, name or "NAME", *flags)


def chosen(verb: str, about: str) -> str:
    """Draw the running jobs and ask which result to show; "" where there is none, having said what it would be."""
    running_jobs()
    names = kept(data.workspace().catalog, verb)
    if not names:
        st.markdown(about)
        return ""
    return str(st.selectbox("Result", names, key=f"{verb}.shown", label_visibility="collapsed"))
