"""What a method has to say of its own choice: rejected targets, repeated groups, phases, a law's uncertainty."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from winnow.jobs.select import Preview
from winnow.pool import Budget
from winnow.select.base import Mixer, Selector
from winnow.select.bimix import BiMixLaw
from winnow.select.cqf import CqfSelect
from winnow.select.phased import Phased
from winnow.select.replay import ReplayLaw
from winnow.select.runs import Estimate
from winnow_app import comparison_charts as charts
from winnow_app.parts.highlight import plain
from winnow_app.parts.table_height import table_height

STILL = {"displayModeBar": False}
MUCH = 0.3
"""A share of the target rejected from here on is shown as a warning."""


def method_panels(preview: Preview, selector: Selector, seed: int) -> None:
    """Draw what the method itself can tell of this choice; most have nothing to add."""
    budget = Budget(**preview.summary["asked"])
    if isinstance(selector, CqfSelect):
        _self_filter(preview, selector, budget, seed)
    if isinstance(selector, Mixer) and len(preview.pool):
        _mixture(preview, selector, budget)


def _self_filter(preview: Preview, selector: CqfSelect, budget: Budget, seed: int) -> None:
    found = selector.self_filter(preview.pool, budget, seed=seed)
    target = preview.pool.target
    texts = len(target.texts) if target else 0
    words = (
        f"At this budget the classifier would reject **{found.rejected:.0%}** of the target's own {texts:,} texts "
        f"(log-odds below {found.cut:.2f})."
    )
    if found.rejected >= MUCH:
        st.warning(f"{words} What is kept overshoots the target; a larger budget follows it more closely.", icon=":material/vertical_align_top:")  # fmt: skip
    else:
        st.caption(words)


def _mixture(preview: Preview, selector: Mixer, budget: Budget) -> None:
    law = _law(selector)
    names = [
        "how often groups are seen",
        *(["phases"] if isinstance(selector, Phased) else []),
        *(["the law"] if law else []),
    ]
    tabs = dict(zip(names, st.tabs(names), strict=True))
    with tabs["how often groups are seen"]:
        _repeats(selector.epochs(preview.pool, budget))
    if isinstance(selector, Phased):
        with tabs["phases"]:
            _phases(preview, selector, budget)
    if law:
        with tabs["the law"]:
            _uncertainty(law)


def _repeats(epochs: Mapping[str, float]) -> None:
    st.plotly_chart(charts.repeats(epochs), key="select.repeats", config=STILL)
    repeated = {name: times for name, times in epochs.items() if times > 1.0005}
    if repeated:
        most = max(repeated, key=lambda name: repeated[name])
        words = f"{len(repeated):,} of {len(epochs):,} groups are seen more than once, {plain(most)} {repeated[most]:.2f} times."
    else:
        words = f"None of the {len(epochs):,} groups is seen more than once."
    st.caption(f"{words} The dotted line is once; orange groups are repeated.")


def _phases(preview: Preview, selector: Phased, budget: Budget) -> None:
    phases = selector.phases(preview.pool, budget)
    heads = [f"{phase.start:.0%} to {phase.end:.0%} of the budget" for phase in phases]
    groups = sorted({name for phase in phases for name in phase.shares}, key=lambda n: -phases[-1].shares.get(n, 0.0))
    rows = [
        {"group": group, **{head: phase.shares.get(group, 0.0) for head, phase in zip(heads, phases, strict=True)}}
        for group in groups
    ]
    bars = {head: st.column_config.ProgressColumn(head, min_value=0, max_value=1, format="percent") for head in heads}
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=table_height(len(rows), 320), column_config=bars)


def _law(selector: Mixer) -> dict[str, Estimate]:
    """Return what a fitted law says, with its uncertainty; nothing for a mixer that fits none."""
    if isinstance(selector, BiMixLaw):
        return selector.estimates()
    return {selector.domain or "domain": selector.estimate()} if isinstance(selector, ReplayLaw) else {}


def _uncertainty(law: Mapping[str, Estimate]) -> None:
    st.plotly_chart(charts.law_shares(law), key="select.law", config=STILL)
    st.caption("Share of the budget that the law finds best, ± 1.96 standard errors by leaving out one run at a time.")
    for name, estimate in law.items():
        for warning in estimate.warnings:
            st.warning(f"{plain(name)}: {plain(warning)}", icon=":material/warning:")
