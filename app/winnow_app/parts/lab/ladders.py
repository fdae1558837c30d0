"""Ladders: models from weak to strong, put in order by how well they read some texts."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from winnow.jobs.ladder import Rung, Rungs, ladder, minutes
from winnow.prove.tiers import TIERS
from winnow_app import data, lab_charts
from winnow_app.parts.highlight import plain
from winnow_app.parts.lab.launch import chosen, launch, target_input, told_minutes
from winnow_app.parts.shell_command import repeated

SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
ABOUT = (
    "A ladder is a handful of small models that have read less or more of the corpus, put in order by how well they read "
    "texts you name. A document whose own difficulty puts the models into the same order tells what those texts tell: the "
    "rater **preselect** learns from that."
)


def ladder_tab() -> None:
    """Draw the form and what was found."""
    settings, found = st.columns([4, 9], gap="large")
    with found:
        name = chosen("ladder", ABOUT)
        if name:
            _found(name)
    with settings:
        _form()


def _form() -> None:
    target = target_input(
        "ladder", "A file on this machine, or a selection: its texts say which model is the better one."
    )
    tiers = st.pills("Sizes", list(TIERS), selection_mode="multi", default=["ci", "cpu"], key="ladder.tiers")
    shares = st.pills(
        "Each reads these shares of its size's tokens", SHARES, selection_mode="multi", default=[0.05, 0.2, 0.5],
        format_func=lambda share: f"{share:.0%}", key="ladder.shares",
    )  # fmt: skip
    rungs = Rungs(target=target, tiers=tuple(tiers or ()), shares=tuple(shares or ()))
    sizes = rungs.sizes()
    if target:
        told_minutes(_minutes(rungs.tiers, rungs.shares), f"{len(sizes)} models")
    flags = ["--target", target or "FILE"]
    flags += [*repeated("--tier", rungs.tiers), *repeated("--share", [f"{share:g}" for share in rungs.shares])]
    launch("ladder", "Build the ladder", {"rungs": vars(rungs)}, flags, "" if target else "Name the texts first.")


@st.cache_data(show_spinner="measuring this machine", ttl=600)
def _minutes(tiers: tuple[str, ...], shares: tuple[float, ...]) -> float | None:
    if any(TIERS[tier].vocabulary for tier in tiers):
        return None
    return minutes(Rungs(target="", tiers=tiers, shares=shares))


def _found(name: str) -> None:
    made = ladder(data.workspace().catalog, name)
    st.caption(f"By {made.texts:,} texts of {plain(made.target)}: fewer bits are better.")
    st.plotly_chart(lab_charts.rungs(made.rungs), config={"displayModeBar": False}, key=f"ladder.chart.{name}")
    rows = [
        {"model": rung.model, "size": rung.tier, "tokens": rung.tokens, "bits per byte": round(rung.bits, 3),
         "better than the one above": _gap(rung)}
        for rung in made.rungs
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True,
        column_config={"tokens": st.column_config.NumberColumn(format="localized")},
    )  # fmt: skip
    if st.button("Learn a rater from it", icon=":material/model_training:", key=f"ladder.learn.{name}"):
        st.session_state["learn.rater"], st.session_state["learn.preselect.ladder"] = "preselect", name
        st.switch_page(st.session_state["pages"]["learn"])


def _gap(rung: Rung) -> str:
    if rung.sure is None:
        return ""
    return "surely" if rung.sure else f"not surely (± {rung.half:.3f})"
