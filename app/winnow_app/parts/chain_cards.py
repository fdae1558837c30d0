"""A selection as a chain: where it starts, the steps before the present one as cards, and what each step left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from winnow_app import comparison_charts as charts
from winnow_app import data
from winnow_app.parts.highlight import plain
from winnow_app.parts.missing_step import still

BEFORE = "select.before"


def steps_before() -> list[dict[str, Any]]:
    """Return the recipes of the steps before the present one."""
    return list(st.session_state.get(BEFORE, []))


def starting_point() -> str:
    """Ask where a selection starts, and return the name of another one, or "" for the documents in view."""
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    kept = still([st.session_state.get("select.within") or ""], kept)
    chosen = st.selectbox(
        "Start from", kept, index=None, key="select.within", placeholder="the documents in view",
        help="Choose from what a kept selection holds, instead of every document that the filter leaves.",
    )  # fmt: skip
    return str(chosen or "")


def chain_cards() -> None:
    """Draw the steps before the present one, each with the way to take it out."""
    for turn, step in enumerate(steps_before()):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"chain-{turn}"):
            st.markdown(
                f"**{turn + 1}. {plain(step['method']['method'])}**  \n{plain(step_words(step))}", width="stretch"
            )
            st.button("Take out", icon=":material/close:", key=f"chain.out.{turn}", type="tertiary", on_click=_take_out, args=(turn,))  # fmt: skip


def step_words(step: Mapping[str, Any]) -> str:
    """Say what a step's settings and budget are, those that say nothing left out."""
    told = {
        name: value for name, value in step["method"].items() if name != "method" and value not in ("", None, {}, [])
    }
    settings = ", ".join(f"{name} {value}" for name, value in told.items())
    [(unit, amount)] = step["budget"].items()
    budget = f"{amount:.0%} of the tokens" if unit == "share" else f"{amount:,} {unit}"
    words = f"{settings}; " if settings else ""
    return (words if len(words) < 90 else words[:87] + "…; ") + (
        "all that pass" if step["budget"] == {"share": 1.0} else budget
    )


def add_step(step: Mapping[str, Any]) -> None:
    """Draw the button that keeps the present step and goes on within what it chose."""
    st.button(
        "Add a step after this one", icon=":material/add:", on_click=_add, args=(dict(step),), key="chain.add",
        help="The next method chooses from what this one keeps.",
    )  # fmt: skip


def waterfall(steps: Sequence[Mapping[str, Any]]) -> None:
    """Draw documents and tokens left after each step, when there is more than one."""
    if len(steps) < 3:
        return
    unit = st.segmented_control(
        "After each step", ["documents", "tokens"], default="documents", required=True, key="select.waterfall_of"
    )
    st.plotly_chart(charts.waterfall(steps, str(unit)), key="select.steps", config={"displayModeBar": False})


def _add(step: dict[str, Any]) -> None:
    st.session_state[BEFORE] = [*steps_before(), step]


def _take_out(turn: int) -> None:
    st.session_state[BEFORE] = [step for place, step in enumerate(steps_before()) if place != turn]
