"""Learn: labels, pairs, a reference or a judge become a rater, with a card, and the rater a column."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from winnow.jobs.raters import plan_of
from winnow.method import methods
from winnow.rate.base import Rater
from winnow_app import data
from winnow_app.parts.deeds import ask, do_asked
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain
from winnow_app.parts.job_bar import running_jobs
from winnow_app.parts.learning import Evidence, evidence_form, rater_card
from winnow_app.parts.method_form import method_form
from winnow_app.parts.missing_step import missing_steps, offer

FIT = "learn.fit"


def page() -> None:
    form, shown = st.columns([4, 9], gap="large")
    with form, failures_as_words("learn"):
        _form()
    with shown, failures_as_words("card"):
        running_jobs()
        _cards()


def _form() -> None:
    st.subheader("Teach a rater", anchor=False)
    found = methods(Rater)
    first = list(found).index("yes_no")
    name = str(st.selectbox("Rater", list(found), index=first, key="learn.rater", label_visibility="collapsed"))
    kind = found[name]
    st.caption(kind.summary())
    if kind.paper and kind.paper.url:
        st.caption(f"[{kind.paper.title}]({kind.paper.url}) ({kind.paper.year})")
    evidence = evidence_form(kind)
    with st.expander("Settings", expanded=evidence.plan == {}):
        settings = method_form(kind, "learn")
    title = st.text_input("Name of the rater and its column", name, key=f"learn.name.{name}").strip()
    rater = kind.from_recipe(settings)
    needs = rater.needs() | ({"chars"} if rater.reads_length else set())
    steps = missing_steps(needs, data.columns(), data.workspace().catalog.vectors.models())
    offer(name, steps)
    if evidence.lacks:
        st.caption(f":material/arrow_upward: {evidence.lacks}")
    ready = bool(title) and not steps and not evidence.lacks
    if evidence.costs:
        _judge(title, rater, evidence, ready=ready)
    else:
        st.button(
            "Fit and rate the corpus", type="primary", icon=":material/model_training:", disabled=not ready,
            on_click=ask, args=(FIT,),
        )  # fmt: skip
        do_asked(FIT, partial(_fitted, title, name, evidence.plan, settings), "Fitting, and rating every document …")


def _judge(title: str, rater: Rater, evidence: Evidence, *, ready: bool) -> None:
    """Tell what a judge costs, and only then let it be asked."""
    asked = repr((title, rater, evidence.plan))
    if st.button("What does it cost?", icon=":material/receipt_long:", disabled=not ready):
        st.session_state["learn.cost"] = asked, data.workspace().raters.estimate(rater, plan_of(evidence.plan)).words
    known, words = st.session_state.get("learn.cost", ("", ""))
    if known != asked or not ready:
        return
    st.info(words, icon=":material/receipt_long:")
    recipe: dict[str, Any] = {
        "name": title,
        "rater": type(rater).name,
        "plan": evidence.plan,
        "settings": dict(rater.recipe),
    }
    st.button(
        "Ask, fit and rate",
        type="primary",
        icon=":material/gavel:",
        on_click=data.start,
        args=("learn",),
        kwargs=recipe,
    )


def _fitted(title: str, rater: str, plan: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    card = data.workspace().learn(title, rater, plan=plan, settings=settings)
    st.session_state["learn.wanted"] = card.name
    return f"{plain(card.name)} is fitted, and every document has its rating."


def _cards() -> None:
    cards = {card.name: card for card in reversed(data.workspace().raters.all())}
    if not cards:
        st.subheader("What a rater is", anchor=False)
        st.markdown(
            "A rater gives every document a number: how likely people would keep it, how much it teaches, which of two "
            "texts is better. It learns from **hand labels**, from **judged pairs**, from a **reference** you "
            "would like more of, or from a **judge**, a language model that is asked about a few hundred texts. Fitting "
            "takes a second; then the whole corpus is rated, and the rating is a column: a facet, a colour, an order, a "
            "way to select.\n\nIts card tells how good it is on labels it never saw, and whether it beats the trivial "
            "rater that only looks at length."
        )
        st.page_link(st.session_state["pages"]["label"], label="Label some documents first", icon=":material/sell:")
        return
    wanted = st.session_state.pop("learn.wanted", None)
    if wanted in cards:
        st.session_state["learn.card"] = wanted
    chosen = next(iter(cards))
    if len(cards) > 1:
        chosen = str(
            st.segmented_control(
                "Raters", list(cards), default=chosen, required=True, key="learn.card", format_func=plain
            )
        )
    rater_card(cards[chosen])
