"""A rater's card: whether it beats length, whether it means what it says, what it learnt, and where it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from winnow.jobs.progress import Silent
from winnow.jobs.raters import Card
from winnow_app import data, rater_charts, state
from winnow_app.parts.deeds import act, outcome
from winnow_app.parts.highlight import plain
from winnow_app.parts.table_height import table_height

MUCH = 0.3
"""A correlation with length beyond this deserves a word."""


FIGURES = {"AUROC": "How often a yes rates above a no: 0.5 is chance, 1 is always."}


def rater_card(card: Card) -> None:
    """Draw everything about one rater."""
    told, fitted = card.told, card.told["fitted_on"]
    st.subheader(plain(card.name), anchor=False)
    st.caption(
        f"**{told['rater']['method']}** from {told['kind']} · {told['documents']:,} documents · "
        f"fitted {told['created'][:19].replace('T', ' ')} UTC"
    )
    _stale(card)
    if "answers" in fitted:
        _answers(fitted["answers"])
    for question, labelled in fitted.get("labelled", {}).items():
        st.caption(f"{plain(question)}: of {labelled:,} labelled documents a sample, those answered one by one first.")
    if fitted.get("ties"):
        st.caption(
            f"{fitted['pairs']:,} judged pairs. In {fitted['ties']:,} the two were equal: these pull their ratings together, "
            "and nobody is right or wrong about them."
        )
    outputs = {str(output["column"]): output for output in told["outputs"]}
    chosen = next(iter(outputs))
    if len(outputs) > 1:
        chosen = str(st.selectbox("Column", list(outputs), key=f"card.column.{card.name}"))
    _output(card, outputs[chosen])
    with st.expander("How it was fitted"):
        st.json({key: told[key] for key in ("rater", "plan", "fitted_on", "vectors")}, expanded=1)


def _stale(card: Card) -> None:
    outcome(f"rate.{card.name}")
    reasons = data.workspace().raters.stale(card)
    if not reasons:
        return
    st.warning("Out of date: " + "; ".join(reasons) + ".", icon=":material/update:")
    told = card.told
    with st.container(horizontal=True):
        if any("lack its column" in reason for reason in reasons):
            st.button(
                "Rate the corpus", icon=":material/table_chart:", type="primary", on_click=act,
                args=(f"rate.{card.name}", partial(_rated, card)),
            )  # fmt: skip
        recipe = {
            "name": card.name,
            "rater": told["rater"]["method"],
            "settings": dict(told["rater"]),
            "plan": dict(told["plan"]),
        }
        st.button("Fit it again", icon=":material/replay:", on_click=data.start, args=("learn",), kwargs=recipe)


def _rated(card: Card) -> str:
    st.toast("Rating every document …", icon=":material/table_chart:")
    data.workspace().raters.write(card, Silent())
    return "Every document has its rating."


def _answers(answers: Mapping[str, Any]) -> None:
    order = ""
    if answers.get("position_bias") is not None:
        order = f" · leans to the second text by {answers['position_bias']:+.3f} · same winner in both orders {answers['consistent']:.0%}"
    st.caption(
        f"Judge: {answers['asked']:,} answers, {answers['malformed']:,} malformed, {answers['failed']:,} failed{order}"
    )


def _output(card: Card, output: Mapping[str, Any]) -> None:
    _verdict(output)
    charts = []
    if output["calibration"]:
        charts.append(("calibration", rater_charts.calibration(output["calibration"])))
    curve = rater_charts.learning_curve(output["curve"], output["trivial"]["value"], output["figure"], of=_of(output))
    charts.append(("curve", curve))
    if "histogram" in output:
        charts.append(("ratings", rater_charts.ratings(output["histogram"]["edges"], output["histogram"]["counts"])))
    key = f"{card.run}.{output['column']}"
    for cell, (name, figure) in zip(st.columns(len(charts)), charts, strict=True):
        cell.plotly_chart(figure, config={"displayModeBar": False}, key=f"{key}.{name}")
    if "histogram" in output:
        _learnt(output)
    _tables(output)
    _onward(card, str(output["column"]))
    _pseudo(card, output)


def _of(output: Mapping[str, Any]) -> str:
    return "pairs" if output["output"]["kind"] == "preference" else "labels"


def _verdict(output: Mapping[str, Any]) -> None:
    cells = st.columns(3)
    for cell, name, figure, about in (
        (cells[0], f"{output['figure']}, held out", output["quality"], FIGURES.get(output["figure"])),
        (
            cells[1],
            str(output["trivial"]["says"]).capitalize(),
            output["trivial"],
            "What a rater without learning has.",
        ),
        (cells[2], "Gain over it", output["gain"], "The rater's figure less that one, on the same labels."),
    ):
        cell.metric(
            name,
            f"{figure['value']:.3f}",
            f"{figure['low']:.3f} to {figure['high']:.3f}",
            delta_color="off",
            delta_arrow="off",
            help=about,
        )
    where = f"on {output['labels']:,} {_of(output)} held out in {output['folds']} parts"
    if output["beats_trivial"]:
        st.success(f"It is better than the trivial rater, {where}.", icon=":material/check:")
    else:
        st.error(
            f"It is not surely better than the trivial rater, {where}: label more before you rely on it.",
            icon=":material/close:",
        )


def _learnt(output: Mapping[str, Any]) -> None:
    rho = output["length_correlation"]
    if rho is not None and abs(rho) > MUCH:
        side = "long" if rho > 0 else "short"
        st.warning(
            f"It follows length: {side} documents rate higher (correlation {rho:+.2f}).", icon=":material/straighten:"
        )
    elif rho is not None:
        st.caption(f"Correlation with length {rho:+.2f}, on {output['sample']:,} random documents.")
    for title, words in (
        ("Words of what rates high", output["ngrams_up"]),
        ("Words of what rates low", output["ngrams_down"]),
    ):
        st.markdown(f"**{title}**  \n" + (" · ".join(plain(word["ngram"]) for word in words) or "none stands out"))


def _tables(output: Mapping[str, Any]) -> None:
    found = [
        (title, rows)
        for title, rows in (("Per source", output.get("per_source")), ("Held out, per source", output["groups"]))
        if rows
    ]
    for cell, (title, rows) in zip(st.columns(max(len(found), 1)), found, strict=False):
        with cell:
            st.markdown(f"**{title}**")
            st.dataframe(
                pd.DataFrame(_renamed(rows, str(output["figure"]))),
                hide_index=True,
                height=table_height(len(rows), 250),
            )


def _renamed(rows: Sequence[Mapping[str, Any]], figure: str) -> list[dict[str, Any]]:
    names = {"above_median": "upper half", "group": "source", "value": figure}
    return [
        {names.get(key, key): round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
        for row in rows
    ]


def _onward(card: Card, column: str) -> None:
    if column not in data.columns():
        return
    pages = st.session_state["pages"]
    with st.container(horizontal=True):
        if st.button("Explore by it", icon=":material/search:", key=f"explore.{column}"):
            st.switch_page(pages["explore"], query_params={**state.current().to_query(), "sort": column})
        if st.button("Colour the map", icon=":material/scatter_plot:", key=f"map.{column}"):
            st.switch_page(pages["map"], query_params={**state.current().to_query(), "color": column})
        if st.button("Select by it", icon=":material/filter_alt:", key=f"select.{column}"):
            st.session_state["select.method"], st.session_state["select.top.column"] = "top", column
            st.switch_page(pages["select"])
        if st.button("Label what it doubts", icon=":material/sell:", key=f"doubt.{column}"):
            question = {"schema": card.plan.labels[0]} if card.plan.labels else {}
            desk = {"queue": "uncertain", "column": column, **question}
            st.switch_page(pages["label"], query_params={**state.current().to_query(), **desk})


def _pseudo(card: Card, output: Mapping[str, Any]) -> None:
    """Offer labels of the rater's own, above a threshold whose held-out precision is surely what it says."""
    if not output["safe"] or output["column"] not in data.columns() or not card.plan.labels:
        return
    with st.expander("Let it label what it is sure of"):
        safe = {found["wanted"]: found for found in output["safe"]}
        wanted = (
            st.select_slider("Precision, at least", list(safe), max(safe), format_func=lambda share: f"{share:.0%}")
            if len(safe) > 1
            else max(safe)
        )
        found = safe[wanted]
        st.caption(
            f"Above {found['threshold']:.2f}, {found['precision']:.1%} of {found['labels']:,} held-out labels were right, "
            f"at least {found['low']:.1%} for sure. The labels get the name rater:{plain(card.name)}; no rater learns from them."
        )
        schema = data.workspace().labels.schema(card.plan.labels[0])
        value = st.selectbox("Label", schema.values, key=f"pseudo.{card.name}")
        place = f"pseudo.do.{card.name}"
        label = partial(_labelled, card, str(output["column"]), float(wanted), schema.name, str(value))
        st.button("Label them", icon=":material/sell:", key=place, on_click=act, args=(place, label))
    # Below, for what is drawn above it now closes it.
    outcome(place)


def _labelled(card: Card, column: str, precision: float, question: str, value: str) -> str:
    made = data.workspace().raters.pseudo_label(card, column, precision, question, value)
    return f"{made:,} documents were labelled."
