"""Compare: kept selections beside each other, the corpus and both random baselines."""

from __future__ import annotations

import streamlit as st

from winnow_app import data, state
from winnow_app.parts.comparison import comparison
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.missing_step import selection_needed, tell_missing
from winnow_app.parts.server_paths import within_reach
from winnow_app.parts.shell_command import shell_command

MOST = 6


def page() -> None:
    st.header("Compare")
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    if not kept:
        selection_needed()
        return
    tell_missing(state.get("names").split(","), kept)
    names, target = _asked(kept)
    if not names:
        st.info("Name a selection to see it beside chance.", icon=":material/compare_arrows:")
        return
    with failures_as_words("compare"):
        comparison(data.comparison(tuple(names), target))
        aimed = ["--target", target] if target else []
        shell_command("compare", *names, *aimed, note=" (add --json for every figure)")


def _asked(kept: list[str]) -> tuple[list[str], str]:
    """Ask for selections and a target; both live in the address."""
    before = [name for name in state.get("names").split(",") if name in kept] or kept[: min(2, len(kept))]
    left, right = st.columns([3, 2])
    names = left.multiselect(
        "Selections", kept, default=before, max_selections=MOST, key="compare.names",
        help="Random and balanced random, at the first one's tokens, always stand beside.",
    )  # fmt: skip
    targets = right.selectbox(
        "Target", kept, index=None, accept_new_options=True, key="compare.target",
        placeholder="what they aimed at; or a file, or a kept selection",
    )  # fmt: skip
    if ",".join(names) != state.get("names"):
        state.keep("names", ",".join(names) or None)
    return list(names), within_reach(str(targets or ""))
