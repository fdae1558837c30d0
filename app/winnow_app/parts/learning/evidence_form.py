"""What a rater is to learn from: labels, a file of pairs, a reference, columns or a judge."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from winnow.catalog.label_schemas import BETWEEN
from winnow.catalog.labels import NOTHING, PSEUDO, SKIP
from winnow.errors import SettingError
from winnow.method import Setting
from winnow.rate.base import FEWEST, Rater
from winnow.rate.pairwise import QuRating
from winnow_app import data
from winnow_app.parts.highlight import plain
from winnow_app.parts.server_paths import within_reach

KINDS = {
    "labels": "Hand labels",
    "pairs": "Judged pairs",
    "reference": "A reference",
    "columns": "Columns",
    "judge": "A judge",
}


FILE = ""
"""Stands for a file among the questions."""


@dataclass(frozen=True)
class Evidence:
    """The plan that the form describes, and what it still lacks, in words; a judge costs something."""

    plan: dict[str, Any] = field(default_factory=dict)
    lacks: str = ""
    costs: bool = False


def evidence_form(kind: type[Rater]) -> Evidence:
    """Ask where the rater is to learn from, of what it can learn from."""
    _pairs_wait(kind)
    ways = [way for way in KINDS if way in kind.learns_from]
    way = st.segmented_control(
        "Learn from",
        ways,
        default=ways[0],
        required=True,
        format_func=lambda way: KINDS[way],
        key=f"learn.way.{kind.name}",
    )
    asked = {"labels": _labels, "pairs": _pairs, "reference": _reference, "judge": _judge}.get(str(way))
    return asked(kind) if asked else Evidence()


def _pairs_wait(kind: type[Rater]) -> None:
    """Point to the rater of pairs, when a rater of documents is chosen and pairs were judged."""
    asked = [schema for schema in data.workspace().labels.schemas().values() if schema.kind == "pair"]
    if asked and "labels" in kind.learns_from and "pairs" not in kind.learns_from:
        st.button(
            "Learn from pairs instead", icon=":material/compare:", type="tertiary", on_click=st.session_state.update,
            args=({"learn.rater": QuRating.name},), help="The question " + plain(asked[0].question),
        )  # fmt: skip


def _labels(kind: type[Rater]) -> Evidence:
    schemas = {name: schema for name, schema in data.workspace().labels.schemas().items() if schema.kind != "pair"}
    if kind.several:
        chosen = st.multiselect("Questions, each named like a criterion", list(schemas), key="learn.schemas")
    else:
        chosen = [
            str(
                st.selectbox(
                    "Question", list(schemas), format_func=lambda name: schemas[name].question, key="learn.schema"
                )
            )
        ]
    counts = {name: _said(name) for name in chosen}
    several = [name for name in chosen if schemas[name].several]
    if len(chosen) == 1 and several and kind().output("").kind == "probability":
        return _one_of_several(chosen[0], [name for name in counts[chosen[0]] if name != NOTHING])
    told = st.text_input(
        "What the values mean", key="learn.values", placeholder="keep:1, drop:0 (known without saying)",
        help="VALUE:NUMBER, separated by commas; keep and drop, yes and no, and numbers are known.",
    )  # fmt: skip
    try:
        values = Setting("values", dict, {}, "").parse(told) if told.strip() else {}
    except SettingError as reason:
        return Evidence(lacks=plain(str(reason)))
    least = min((sum(said.values()) for said in counts.values()), default=0)
    lacks = f"A rater learns from {FEWEST} labels or more: there are {least}." if least < FEWEST else ""
    return Evidence({"labels": chosen, "values": values}, lacks if chosen else "Choose a question.")


def _one_of_several(question: str, answers: Sequence[str]) -> Evidence:
    """Ask which answer the rater is to find, where a label may hold several."""
    wanted = st.selectbox(
        "The answer to find", answers, key=f"learn.wanted.{question}", help="A label without it says no."
    )
    plan = {"labels": [question], "values": {str(wanted): 1} if wanted else {}}
    return Evidence(plan, "" if wanted else "Label some documents first.")


def _said(question: str) -> dict[str, int]:
    """Say how often each answer was given, and return it, the commonest first."""
    counts: Counter[str] = Counter()
    for row in data.workspace().labels.counts(question):
        if row["value"] not in (None, SKIP) and not str(row["who"]).startswith(PSEUDO):
            for answer in str(row["value"]).split(BETWEEN):
                counts[answer] += int(row["documents"])
    said = ", ".join(f"{plain(value)} {count:,}" for value, count in counts.most_common())
    st.caption(f"{plain(question)}: {said or 'no label yet'}")
    return dict(counts.most_common())


def _pairs(kind: type[Rater]) -> Evidence:
    schemas = data.workspace().labels.schemas()
    asked = [name for name, schema in schemas.items() if schema.kind == "pair"]
    chosen = st.selectbox(
        "Which was better, of two", [*asked, FILE], key="learn.pairs_of",
        format_func=lambda name: schemas[name].question if name in schemas else "a file of judged pairs",
    )  # fmt: skip
    if chosen == FILE:
        return _pairs_file()
    _said(str(chosen))
    return Evidence({"pairs": str(chosen)})


def _pairs_file() -> Evidence:
    path = st.text_input(
        "File of judged pairs on this machine", key="learn.pairs", placeholder="pairs.jsonl",
        help='One JSON object a line: first and second (ids of documents) or first_text and second_text; winner "first", '
        '"second" or "tie"; criterion and group if there are several.',
    )  # fmt: skip
    named = within_reach(path)
    return Evidence({"pairs": named}, "" if named else "Name a file of judged pairs.")


def _reference(kind: type[Rater]) -> Evidence:
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    chosen = st.selectbox(
        "Reference", kept, index=None, accept_new_options=True, key="learn.reference", placeholder="a file, or a kept selection",
        help="Texts as you would like more of: a file or folder on this machine, or a selection. No test split of a benchmark.",
    )  # fmt: skip
    named = within_reach(str(chosen or ""))
    return Evidence({"reference": named}, "" if named else "Name a reference: a file, or a kept selection.")


def _judge(kind: type[Rater]) -> Evidence:
    place = st.segmented_control(
        "Judge", ["address", "this machine"], default="address", required=True, key="learn.judge"
    )
    model = st.text_input(
        "Model", key="learn.model", placeholder="its name on the server" if place == "address" else "a folder"
    )
    count = int(st.number_input("Texts or pairs to ask about", 10, 100_000, 500, 50, key="learn.count"))
    if place == "address":
        recipe = _endpoint(model.strip())
        lacks = "" if recipe["url"] and model.strip() else "Name the judge's address and model."
    else:
        recipe = {"method": "local", "model": within_reach(model)}
        lacks = "" if recipe["model"] else "Name the model's folder."
    return Evidence({"judge": recipe, "judged": count}, lacks, costs=True)


def _endpoint(model: str) -> dict[str, Any]:
    """Ask for an address. The key of this server goes to the address that this server was started with, and no other."""
    own = os.environ.get("WINNOW_JUDGE_URL", "")
    url = st.text_input(
        "Address",
        own,
        key="learn.url",
        placeholder="https://HOST/v1",
        help="Any server that speaks OpenAI's chat completions.",
    ).strip()
    trusted = bool(own) and url.rstrip("/") == own.rstrip("/")
    if url and not trusted:
        st.caption("No key is sent there: start the app with WINNOW_JUDGE_URL and WINNOW_JUDGE_KEY to use one.")
    left, right = st.columns(2)
    prices = {
        name: cell.number_input(
            label, 0.0, None, None, key=f"learn.{name}", placeholder="unknown", help="For the estimate alone."
        )
        for cell, name, label in ((left, "price_in", "Price per 1 M tokens in"), (right, "price_out", "and out"))
    }
    private = os.environ.get("WINNOW_JUDGE_PRIVATE") == "1"
    return {
        "method": "endpoint", "url": url, "model": model, "private": private, **prices,
        "key_env": "WINNOW_JUDGE_KEY" if trusted else "",
    }  # fmt: skip
