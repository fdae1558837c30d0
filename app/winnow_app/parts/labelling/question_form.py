"""The form of a question: its kind, answers, guidelines, and how a team shares the work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from winnow.catalog.label_schemas import FIXED, KINDS
from winnow.catalog.labels import LabelSchema
from winnow_app import data, state
from winnow_app.parts.deeds import ask, do_asked
from winnow_app.parts.failures import failures_as_words

PLACE = "question.keep"
NEW = LabelSchema("new", "", ("yes", "no"))


@st.dialog("Question", width="large")
def ask_question(known: LabelSchema | None) -> None:
    """Ask for a new question, or change a known one."""
    with failures_as_words("question"):
        name, told = _form(known or NEW, new=known is None)
        st.button("Keep it", type="primary", icon=":material/check:", key="question.keep", on_click=ask, args=(PLACE,))
        if do_asked(PLACE, partial(_kept, known or NEW, name, told), "Keeping it …"):
            st.rerun()


def _kept(known: LabelSchema, name: str, told: Mapping[str, Any]) -> str:
    schema = replace(known, name=name, **told)
    data.workspace().labels.define(schema)
    state.keep("schema", schema.name)
    return ""


def _form(known: LabelSchema, *, new: bool) -> tuple[str, dict[str, Any]]:
    place, told = known.name, dict[str, Any]()
    left, right = st.columns([2, 3])
    name = known.name
    if new:
        name = left.text_input("Name", placeholder="genre", key="question.name", help="Letters, digits and _.").strip()
    kinds = list(KINDS)
    kind = str(
        right.selectbox(
            "It asks for", kinds, index=kinds.index(known.kind), format_func=lambda kind: KINDS[kind], key=f"question.kind.{place}"
        )
    )  # fmt: skip
    told["kind"] = kind
    told["question"] = st.text_input(
        "Question", known.question, placeholder="What kind of text is this?", key=f"question.text.{place}"
    ).strip() or name  # fmt: skip
    told["values"] = FIXED.get(kind, ())
    if kind not in FIXED:
        words = {"scale": "Points of the scale", "tags": "Tags to offer (people may write others)", "spans": "Tags"}
        typed = st.text_input(
            f"{words.get(kind, 'Answers')}, in the order of their keys", "" if new else ", ".join(known.values),
            placeholder="1, 2, 3, 4, 5" if kind == "scale" else "news, forum, code, spam", key=f"question.values.{place}.{kind}",
        )  # fmt: skip
        told["values"] = tuple(value.strip() for value in typed.split(",") if value.strip())
    if kind == "scale":
        low, high = st.columns(2)
        told["low"] = low.text_input("The lowest point means", known.low, key=f"question.low.{place}").strip()
        told["high"] = high.text_input("The highest means", known.high, key=f"question.high.{place}").strip()
    told["guidelines"] = st.text_area(
        "Guidelines", known.guidelines, height=130, key=f"question.guidelines.{place}",
        placeholder="When to give which answer. # headings, - lists, **bold**, `code`.",
    )  # fmt: skip
    return name, {**told, **_team(known)}


def _team(known: LabelSchema) -> dict[str, Any]:
    place = known.name
    with st.expander("How a team shares it", expanded=known.overlap < 1 or known.gold > 0 or known.annotators > 0):
        cells = st.columns(3)
        overlap = cells[0].slider(
            "Seen by several people", 0, 100, round(100 * known.overlap), format="%d%%", key=f"question.overlap.{place}",
            help="This share of the documents is answered by several people; each of the others by one.",
        )  # fmt: skip
        annotators = cells[1].number_input(
            "by how many (0: everybody)", 0, 20, known.annotators, key=f"question.annotators.{place}"
        )
        gold = cells[2].slider(
            "With a known answer", 0, 50, round(100 * known.gold), format="%d%%", key=f"question.gold.{place}",
            help="This share of each queue are documents whose answer somebody set on Review.",
        )  # fmt: skip
    return {"overlap": overlap / 100, "annotators": int(annotators), "gold": gold / 100}
