"""The settings of near-duplicates beside what they find: by the formula, and on pairs that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from winnow.method import method
from winnow.score.base import Scorer
from winnow.score.curves import expected_recall, knee, known_pairs, measured, settings
from winnow_app import charts, data, identity
from winnow_app.parts.method_form import method_form

SCORER = "near_duplicates"


def near_settings() -> None:
    """Draw the form, the curve of its bands and rows, and the button that looks again."""
    form, drawn = st.columns([3, 8], gap="large")
    with form:
        run = data.workspace().catalog.manifest.run("columns", SCORER)
        chosen = method_form(method(Scorer, SCORER), "copies", run.recipe if run else None)
        running = "score" in data.running_verbs()
        st.button(
            "Running …" if running else "Look again", type="primary", icon=":material/play_arrow:", key="copies.again",
            disabled=running or not identity.may("curate"), on_click=data.start, args=("score",),
            kwargs={"names": [SCORER], "settings": {SCORER: chosen}},
        )  # fmt: skip
    with drawn:
        _curve(int(chosen["bands"]), int(chosen["rows"]), float(chosen["verify"]))


def _curve(bands: int, rows: int, verify: float) -> None:
    similarity = np.linspace(0.3, 1, 141)
    made, points = known_pairs()[-1], [row for row in measured(bands, rows) if row.set == known_pairs()[-1].name]
    st.plotly_chart(
        charts.near_curve(similarity, bands, rows, verify), config={"displayModeBar": False}, key="copies.curve"
    )
    st.caption(
        f"Pairs more alike than {verify or knee(bands, rows):.2f} are mostly found. Documents that two programs took from "
        "one page are .5 to .98 alike: fewer rows find more of them, a threshold takes the wrong ones out again."
    )
    thresholds = np.linspace(0, 0.95, 20)
    recall = expected_recall(made, bands, rows, thresholds)
    st.plotly_chart(
        charts.recall_and_precision(thresholds, recall, points, verify),
        config={"displayModeBar": False},
        key="copies.recall",
    )
    told = "" if points else f" No precision was measured with {bands} x {rows}; it was with {_listed()}."
    st.caption(
        f"Measured on {made.pairs:,} variants of news articles, made by dropping sentences and putting others in, which are "
        f".3 to 1 alike. Your corpus has other pairs: look at some groups after each change.{told}"
    )
    _table(bands, rows)


def _listed() -> str:
    return ", ".join(f"{bands} x {rows}" for bands, rows in settings())


def _table(bands: int, rows: int) -> None:
    found = measured(bands, rows)
    if not found:
        return
    with st.expander("All figures of this setting"):
        st.dataframe(
            pd.DataFrame(
                {"known pairs": row.set, "threshold": row.verify or None, "pairs found": row.found,
                 "recall": row.recall, "precision": row.precision} for row in found
            ),
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.3f") for name in ("recall", "precision")},
        )  # fmt: skip
