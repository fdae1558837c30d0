"""Select: a chain of methods with budgets, or kept selections combined; live counts; a name to keep the choice under."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from winnow.errors import SettingError
from winnow.method import methods
from winnow.select.base import Selector
from winnow_app import data, state
from winnow_app.parts.beside_others import beside_others
from winnow_app.parts.budget_bar import budget_input
from winnow_app.parts.chain_cards import add_step, chain_cards, starting_point, steps_before
from winnow_app.parts.copied_recipe import copy_input
from winnow_app.parts.facets import facet_panel
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.long_choice import choose_as_job, told_to_wait
from winnow_app.parts.method_form import method_form
from winnow_app.parts.missing_step import offer_missing
from winnow_app.parts.outcome import outcome
from winnow_app.parts.save_selection import save_selection
from winnow_app.parts.select_command import select_command
from winnow_app.parts.server_paths import target_input
from winnow_app.parts.set_algebra import algebra_form, algebra_outcome
from winnow_app.parts.tab_choice import tab_choice
from winnow_app.parts.view_bar import view_bar

WAYS = {"methods": "Methods", "algebra": "Set algebra"}


def page() -> None:
    with st.sidebar:
        facet_panel()
    view_bar()
    form, shown = st.columns([4, 9], gap="large")
    with form:
        way = tab_choice("How", WAYS, "select.way")
        if way == "algebra":
            told = algebra_form()
    if way == "algebra":
        with shown, failures_as_words("outcome"):
            algebra_outcome(told)
    else:
        _methods(form, shown)


def _methods(form: DeltaGenerator, shown: DeltaGenerator) -> None:
    with form:
        copy_input()
        within = starting_point()
        chain_cards()
        name, settings = _method()
        target = target_input() if "target" in methods(Selector)[name]().needs() else None
        budget = budget_input()
        seed = int(st.number_input("seed", value=0, step=1, key="select.seed", help="Same seed, same choice."))
    with shown, failures_as_words("outcome"):
        selector = data.workspace().selector(name, settings)
        if offer_missing(selector):
            running_jobs()
            return
        if target == "":
            st.info("This method aims at a target: name a file or a kept selection.", icon=":material/target:")
            return
        choice = {
            "filter": state.current(), "within": within, "before": steps_before(), "seed": seed, "target": target,
            "force_target": bool(st.session_state.get("select.force") and target), **budget,
        }  # fmt: skip
        waits = told_to_wait(selector, choice)
        if not waits and not _previewed(selector, choice):
            return
    with form, failures_as_words("save"):
        add_step({"method": dict(selector.recipe), "budget": budget, "seed": seed, "target": target})
        if waits:
            choose_as_job(name, {"settings": settings, **choice})
        else:
            save_selection("select", partial(data.workspace().select, name, settings=settings, **choice))
        select_command(selector, choice)


def _method() -> tuple[str, dict[str, Any]]:
    found = methods(Selector)
    first = list(found).index("top" if "quality" in data.columns() else "random")
    step = len(steps_before()) + 1
    name = st.selectbox(f"Step {step}: method" if step > 1 else "Method", list(found), index=first, key="select.method")
    kind = found[name]
    st.caption(kind.summary() + (" :gray-badge[reconstruction]" if kind.reconstruction else ""))
    if kind.paper:
        title, url = kind.paper.title, kind.paper.url
        st.caption(f"[{title}]({url}) ({kind.paper.year})" if url else title)
    return name, method_form(kind, "select")


def _previewed(selector: Selector, choice: dict[str, Any]) -> bool:
    """Draw the outcome and return whether there is one; a benchmark's test split is aimed at only when told to."""
    try:
        preview = data.workspace().preview(selector, **choice)
    except SettingError as reason:
        if "--force-target" not in reason.fix:
            raise
        st.error(f"**{plain(reason.needs)}**  \n{plain(reason.found)}", icon=":material/error:")
        st.toggle("Aim at it all the same: every manifest will tell", key="select.force")
        return False
    if choice["force_target"]:
        st.toggle("Aim at a test split all the same: every manifest will tell", key="select.force")
    outcome(preview, selector, choice["seed"])
    beside_others(preview, choice)
    return True
