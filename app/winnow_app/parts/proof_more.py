"""What else a proof found: what methods inside the training read, experiments that ran together, and merged unions."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from winnow.prove.interplay import Interplay
from winnow.prove.ordering import Ordering
from winnow.prove.report import Report
from winnow_app import proof_charts
from winnow_app.parts.highlight import plain

QUIET = {"displayModeBar": False}


def proof_more(made: Report) -> None:
    """Draw a fold for each of them; a proof of selections alone has none."""
    for arm in made.steered:
        with st.expander(f"What {plain(arm)} read of each {plain(str(made.plan.arms[arm]['by']))}"):
            _steered(made, arm)
    for name, told in made.interplay.items():
        with st.expander(f"Do the experiments depend on each other, on {plain(name)}?", expanded=name == "target"):
            _interplay(told)
    for name, ordered in made.merge.items():
        with st.expander(f"Every union, estimated by merged weights, on {plain(name)}", expanded=name == "target"):
            _merge(ordered)


def _steered(made: Report, arm: str) -> None:
    groups = made.steered[arm]
    st.caption(
        f"Shares of tokens, {len(made.seeds)} seeds with 95 % intervals. Hollow: offered. Full: read, by how much it counted."
    )
    st.plotly_chart(proof_charts.shares(groups), key=f"steered.{arm}", config=QUIET)


def _interplay(told: Interplay) -> None:
    st.markdown(plain(f"{told.words[0].upper()}{told.words[1:]}."))
    rows = [(f"{one.name} alone", one) for one in told.alone]
    rows += [(f"{one.name}, over both states of the other", one) for one in told.main]
    rows += [(one.name, one) for one in (told.together, told.interaction)]
    _table(
        ("effect", "nats per byte", "p after Holm"), [(words, one.words, f"{one.adjusted:.3f}") for words, one in rows]
    )


def _merge(ordered: Ordering) -> None:
    st.markdown(plain(f"{ordered.words[0].upper()}{ordered.words[1:]}."))
    rows = [(one.name, one.estimated.words, one.real.words if one.real else "") for one in ordered.unions]
    _table(("union, the best first", "estimated, nats per byte", "trained on, nats per byte"), rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    st.dataframe(pd.DataFrame(rows, columns=list(heads)), hide_index=True)
