"""Review: documents that people answered differently or whose label looks wrong, one at a time, with a deciding answer."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from winnow.catalog.labels import LabelSchema
from winnow.jobs.label_doubts import Doubt, doubts
from winnow.jobs.label_review import decide, disputes, set_gold
from winnow.jobs.label_words import quoted
from winnow.jobs.labels import undo
from winnow_app import data, identity
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import block, plain

SOURCES = {"disputes": "Disagreements", "suspects": "Labels that look wrong", "decided": "Decided"}
SHOWN_CHARS = 20_000


@dataclass(frozen=True)
class Case:
    """What is to be decided: a document or pair, who said what, and what else is known."""

    doc_id: int
    other: int | None
    answers: Mapping[str, str]
    known: str = ""


def review(question: str, who: str) -> None:
    """Draw one case after another."""
    schema = data.workspace().labels.schema(question)
    kinds = [name for name in SOURCES if name != "suspects" or schema.nominal]
    source = st.segmented_control(
        "Which", kinds, default=kinds[0], required=True, format_func=lambda name: SOURCES[name], key="review.source",
        label_visibility="collapsed",
    )  # fmt: skip
    with failures_as_words("review"):
        cases = _cases(str(source), schema)
        if not cases:
            st.success("There is nothing to decide." if source != "decided" else "Nothing was decided yet.", icon=":material/done_all:")  # fmt: skip
            return
        place = st.session_state["review.place"] = min(int(st.session_state.get("review.place", 0)), len(cases) - 1)
        _case(cases[place], schema, who, f"{place + 1:,} of {len(cases):,}")


def _cases(source: str, schema: LabelSchema) -> list[Case]:
    catalog = data.workspace().catalog
    if source == "suspects":
        return [
            Case(doubt.doc_id, None, {}, f"The label says {doubt.value}, the document looks like {doubt.looks_like} (by {doubt.margin:.2f}).")
            for doubt in _doubts(schema.name, catalog.labels.last)
        ]  # fmt: skip
    found = disputes(catalog, schema.name, open_only=source == "disputes")
    return [
        Case(
            dispute.doc_id, dispute.other, dispute.answers,
            f"{dispute.decided.who} decided: {_words(schema, str(dispute.decided.value), dispute.doc_id)}"
            if dispute.decided else "",
        )
        for dispute in found if (dispute.decided is not None) == (source == "decided")
    ]  # fmt: skip


@st.cache_data(max_entries=5, show_spinner="Checking the labels …")
def _doubts(question: str, last: int) -> list[Doubt]:
    return doubts(data.workspace().catalog, question)


def _case(case: Case, schema: LabelSchema, who: str, place: str) -> None:
    reading, side = st.columns([9, 4], gap="large")
    with side:
        _decision(case, schema, who, place)
    with reading:
        ids = [doc_id for doc_id in (case.doc_id, case.other) if doc_id is not None]
        for cell, doc_id, text in zip(st.columns(len(ids)), ids, data.texts(tuple(ids)), strict=True):
            with cell, st.container(border=True, key=f"review-text-{doc_id}"):
                st.caption(f"document {doc_id}")
                st.html(block(text[:SHOWN_CHARS], []))


def _decision(case: Case, schema: LabelSchema, who: str, place: str) -> None:
    st.caption(place)
    st.markdown(f"**{plain(schema.question)}**")
    if case.known:
        st.markdown(plain(case.known))
    rows = [
        f'<div class="winnow-answer" dir="auto"><b>{html.escape(_words(schema, value, case.doc_id))}</b> {html.escape(name)}</div>'
        for name, value in (case.answers or _said(schema, case)).items()
    ]
    if rows:
        st.html("".join(rows))
    given = dict.fromkeys([*(schema.values if not schema.several else ()), *case.answers.values()])
    curates = identity.may("curate")
    if curates:
        st.caption("The deciding answer")
    with st.container(horizontal=True, key="review-values"):
        for number, value in enumerate(given if curates else (), start=1):
            st.button(
                plain(_words(schema, value, case.doc_id)), key=f"review.value.{number}", shortcut=str(number) if number < 10 else None,
                on_click=_decide, args=(schema.name, case, value, who),
            )  # fmt: skip
    with st.container(horizontal=True):
        st.button("Later", key="review.later", shortcut="S", icon=":material/skip_next:", type="tertiary", on_click=_move, args=(1,))  # fmt: skip
        st.button(
            "Back", key="review.back", icon=":material/skip_previous:", type="tertiary", on_click=_move, args=(-1,)
        )
        if curates:
            st.button("Undo", key="review.undo", shortcut="Backspace", icon=":material/undo:", type="tertiary", on_click=_undo, args=(schema.name, who))  # fmt: skip
    if curates:
        _gold(case, schema, who, given)


def _gold(case: Case, schema: LabelSchema, who: str, given: Collection[str]) -> None:
    """Ask whether the answer is known, so that it can be put to others as a test."""
    gold = st.selectbox(
        "Known answer, to measure annotators by", list(given), index=None, key=f"review.gold.{case.doc_id}",
        format_func=lambda value: _words(schema, value, case.doc_id),
    )  # fmt: skip
    place = f"review.gold.{case.doc_id}.{case.other}"
    if gold is not None:
        known = partial(_known, schema.name, case, gold, who)
        st.button(
            "Keep as known", key="review.gold.keep", icon=":material/verified:", on_click=act, args=(place, known)
        )
    outcome(place)


def _known(question: str, case: Case, gold: str, who: str) -> str:
    set_gold(data.workspace().catalog, question, case.doc_id, gold, who, other=case.other)
    return f"Document {case.doc_id} measures annotators now."


def _words(schema: LabelSchema, value: str, doc_id: int) -> str:
    """Return an answer in words, passages by what they quote."""
    return quoted(schema, value, data.texts((doc_id,))[0] if schema.kind == "spans" else "")


def _said(schema: LabelSchema, case: Case) -> dict[str, str]:
    """Return what stands about a document, by person."""
    return data.workspace().labels.said(schema.name, case.doc_id)


def _decide(question: str, case: Case, value: str, who: str) -> None:
    with failures_as_words("decide"):
        decide(data.workspace().catalog, question, case.doc_id, value, who, other=case.other)


def _move(step: int) -> None:
    st.session_state["review.place"] = max(0, int(st.session_state.get("review.place", 0)) + step)


def _undo(question: str, who: str) -> None:
    with failures_as_words("undo"):
        back = undo(data.workspace().catalog, question, who)
        if not back.labels:
            st.toast("There is nothing to take back.", icon=":material/undo:")
            return
        first = back.labels[0]
        said = _words(data.workspace().labels.schema(question), str(first.value), first.doc_id)
        st.toast(f"Taken back: {plain(said)}", icon=":material/undo:")
