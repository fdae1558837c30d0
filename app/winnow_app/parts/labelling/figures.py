"""A question in figures: who did how much, how far people agree, known answers, and whether there are enough labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from winnow.jobs.label_doubts import enough, wrong_labels
from winnow.jobs.label_review import gold_results, pace, team_agreement
from winnow.jobs.labels import progress
from winnow.label.agreement import Measured
from winnow_app import data, label_charts
from winnow_app.parts.failures import failures_as_words
from winnow_app.parts.highlight import plain


def figures(question: str, who: str) -> None:
    """Draw everything that is counted and measured about a question."""
    schema = data.workspace().labels.schema(question)
    with failures_as_words("people"):
        _people(question, who)
    with failures_as_words("agreement"):
        _agreement(question)
    if schema.nominal:
        with failures_as_words("enough"):
            _enough(question)


def _people(question: str, who: str) -> None:
    catalog = data.workspace().catalog
    far = progress(catalog, question, who)
    st.markdown(f"**{far.team:,}** answers by {len(far.people)} people, **{far.answered:,}** of them yours; you skipped {far.skipped:,}.")  # fmt: skip
    if not far.people:
        return
    fast = {row.who: row for row in pace(catalog, question)}
    gold = {row.who: row for row in gold_results(catalog, question)}
    rows = [
        {
            "who": name, "answers": count,
            "seconds, median": round(fast[name].median, 1) if name in fast else None,
            "seconds, 9 of 10 under": round(fast[name].slow, 1) if name in fast else None,
            "answers an hour": round(fast[name].per_hour) if name in fast and fast[name].per_hour < 1e6 else None,
            "known answers right": f"{gold[name].right} of {gold[name].of} ({gold[name].low:.0%} to {gold[name].high:.0%})" if name in gold else "",
        }
        for name, count in sorted(far.people.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    _table(rows)
    with st.expander("Answers by value"):
        counts = catalog.labels.counts(question)
        _table([{"who": row["who"], "answer": row["value"], "documents": row["documents"]} for row in counts])


def _agreement(question: str) -> None:
    st.subheader("Agreement", anchor=False)
    found = team_agreement(data.workspace().catalog, question)
    if not found.alpha.documents:
        st.caption("Nobody answered a document that somebody else answered too.")
        return
    first, second = st.columns(2)
    first.metric(f"Krippendorff's alpha ({found.metric})", _number(found.alpha.value), _interval(found.alpha), delta_color="off", delta_arrow="off")  # fmt: skip
    second.metric("Fleiss' kappa", _number(found.fleiss.value), _interval(found.fleiss), delta_color="off", delta_arrow="off")  # fmt: skip
    st.caption(
        f"On {found.alpha.documents:,} documents of two people or more; below each the 95 % interval over resampled documents. "
        "1 is full agreement, 0 is chance. Krippendorff asks for .8, and for .667 where conclusions are tentative."
    )
    left, right = st.columns(2)
    with left:
        _table([
            {"first": pair.first, "second": pair.second, "documents": pair.documents, "agree": pair.share, "Cohen's kappa": pair.kappa,
             "from": pair.low, "to": pair.high}
            for pair in found.pairs
        ])  # fmt: skip
    with right:
        _table([
            {"answer": name, "alpha, it against the rest": measured.value, "from": measured.low, "to": measured.high}
            for name, measured in found.per_answer.items()
        ])  # fmt: skip


def _enough(question: str) -> None:
    st.subheader("Are there enough labels?", anchor=False)
    if not st.toggle("Fit a small model to more and more of the labels", key=f"label.enough.{question}"):
        return
    with st.spinner("Fitting …"):
        found, wrong = _fitted(question, data.workspace().labels.last)
    st.markdown(f"**{plain(found.verdict)}**")
    st.plotly_chart(
        label_charts.curve([(point.labels, point.value, point.low, point.high) for point in found.curve], found.commonest),
        config={"displayModeBar": False}, key=f"curve.{question}",
    )  # fmt: skip
    for row in wrong[:4] if found.curve[-1].low > found.commonest else ():
        st.caption(
            f"About {row.labels:.0f} labels say {plain(row.value)} and look like {plain(row.truly)}: see Review."
        )


@st.cache_data(max_entries=5, show_spinner=False)
def _fitted(question: str, last: int) -> tuple[Any, Any]:
    catalog = data.workspace().catalog
    return enough(catalog, question), wrong_labels(catalog, question)


def _table(rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        shown = [
            {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}
            for row in rows
        ]
        st.dataframe(pd.DataFrame(shown), hide_index=True)


def _number(value: float) -> str:
    return f"{value:.3f}" if value == value else "undefined"


def _interval(measured: Measured) -> str:
    return f"{measured.low:.3f} to {measured.high:.3f}" if measured.low == measured.low else "no interval"
