"""What a proof found: the verdict in words, differences with intervals, curves, guards, and the texts behind them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import streamlit as st

from winnow.prove.page import to_html
from winnow.prove.report import Report, in_words
from winnow.prove.results import read_curve
from winnow_app import data, proof_charts
from winnow_app.parts.highlight import plain
from winnow_app.parts.proof_more import proof_more

MARKS = {"better": ":green[**better**]", "worse": ":red[**worse**]", "not distinguishable": "**not distinguishable**"}
QUIET = {"displayModeBar": False}


def proof_verdict(name: str) -> None:
    """Draw a proof as far as it is finished."""
    made = data.workspace().proofs.report(name)
    plan = made.plan
    if not made.complete:
        done = sum(
            1 for arm, seed in plan.runs() if (_root(name) / "runs" / arm / f"seed-{seed}" / "result.json").exists()
        )
        st.progress(done / len(plan.runs()), text=f"{done} of {len(plan.runs())} runs are finished")
    if made.failed:
        st.error("Diverged: " + ", ".join(f"{plain(arm)} (seed {seed})" for arm, seed in made.failed))
    if not made.lines:
        st.info("Figures come as soon as every arm has finished a seed.", icon=":material/hourglass_empty:")
    for line in made.lines.get("target", ()):
        if line.difference:
            verdict = line.difference.verdict
            st.markdown(plain(in_words(line, len(made.seeds))).replace(verdict, MARKS[verdict], 1))
    names = [one for one, told in plan.sets.items() if told["kind"] == "texts"]
    for tab, one in zip(st.tabs([f"on {plain(one)}" for one in names]), names, strict=True):
        with tab:
            _set(made, name, one)
    _answers(made)
    proof_more(made)
    _facts(made)
    _downloads(made)


def _set(made: Report, name: str, one: str) -> None:
    told = made.plan.sets[one]
    st.caption(
        f"{told['count']:,} texts, {told['bytes']:,} bytes, {len(made.seeds)} seeds. No arm was shown any of them."
    )
    if one in made.lines:
        st.plotly_chart(proof_charts.forest(made.lines[one]), key=f"forest.{one}", config=QUIET)
    root = _root(name)
    points = {
        arm: [found for seed in made.plan.seeds if (found := read_curve(root, arm, seed))] for arm in made.plan.arms
    }
    if any(points.values()):
        st.plotly_chart(proof_charts.curves(points, one), key=f"curves.{one}", config=QUIET)
    if one in made.fine_line.settled:
        words = made.fine_line.settled[one].words
        st.caption(f"{words[0].upper()}{words[1:]}. {_alike(made, one)}")
    if made.seeds:
        _drill(made, one)


def _alike(made: Report, one: str) -> str:
    """Say how alike the arms' trajectories on other sets are to those on this one."""
    others = {other: found for other, found in made.fine_line.alike[one].items() if other != one}
    told = [f"{plain(other)} {found:+.2f}" for other, found in others.items() if found is not None]
    return f"Trajectories of the arms here and on other sets (Spearman): {', '.join(told)}." if told else ""


def _drill(made: Report, one: str) -> None:
    """List the texts that an arm reads better, and those that it reads worse, than the control."""
    told = made.texts.get(one, {})
    if not told:
        return
    with st.expander("Which texts gain and which lose"):
        arm = str(st.selectbox("Arm", list(told), key=f"drill.{one}"))
        st.caption(
            f"Nats per byte against the control, mean of {len(made.seeds)} seeds ± half the interval. The most extreme of "
            f"{made.plan.sets[one]['count']:,}: some of them are extreme by chance."
        )
        for title, found in (("reads better", told[arm].better), ("reads worse", told[arm].worse)):
            st.markdown(f"**{plain(arm)} {title}**" + ("" if found else ": no text"))
            for extreme in found:
                st.markdown(f"`{extreme.words}` {plain(extreme.text)}")


def _answers(made: Report) -> None:
    for name, answers in made.answers.items():
        st.markdown(f"**{plain(name)}**: {made.plan.sets[name]['count']:,} questions, {len(made.seeds)} seeds")
        rows = [
            dict(zip(("arm", "answered rightly", "against the control"), (one.arm, *one.words), strict=True))
            for one in answers
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True)


def _facts(made: Report) -> None:
    with st.expander("What each arm shows, and what keeps the comparison fair"):
        rows = [
            {
                "arm": arm, "documents": told["documents"], "tokens": told["tokens"],
                "passes": made.shown.get(arm, {}).get("epochs"),
                "mix": ", ".join(f"{one} {share:.0%}" for one, share in dict(told.get("mix", {})).items()),
            }
            for arm, told in made.plan.arms.items()
        ]  # fmt: skip
        numbers = st.column_config.NumberColumn
        st.dataframe(
            pd.DataFrame(rows), hide_index=True,
            column_config={
                "documents": numbers(format="localized"), "tokens": numbers(format="localized"),
                "passes": numbers(format="%.2f", help="How often a token was read on average."),
            },
        )  # fmt: skip
        for guard, value in made.plan.guards.items():
            if isinstance(value, int):
                st.markdown(f"- {plain(guard)}: **{value:,}**")
        for arm, told in dict(made.plan.guards.get("leakage amplified", {})).items():
            words = f"{told['rate']:.2f} times as often as chance [{told['low']:.2f}, {told['high']:.2f}]"
            st.markdown(f"- {plain(arm)} keeps leaked texts {words}")


def _downloads(made: Report) -> None:
    with st.container(horizontal=True):
        st.download_button("Report", to_html(made), f"{made.plan.name}.html", "text/html", icon=":material/download:")
        told = json.dumps(made.to_dict(), indent=1)
        st.download_button("Figures", told, f"{made.plan.name}.json", "application/json", icon=":material/data_object:")


def _root(name: str) -> Path:
    return data.workspace().proofs.folder(name)
