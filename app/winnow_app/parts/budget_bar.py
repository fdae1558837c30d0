"""The budget: what is asked, what is chosen of the pool."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.jobs.select import Preview
from winnow_app import selection_charts


def budget_input(key: str = "select") -> dict[str, Any]:
    """Ask for a budget and return it as the one keyword that `preview` and `select` take."""
    unit = st.segmented_control(
        "Budget", ["share", "tokens", "docs"], default="share", required=True, key=f"{key}.unit",
        format_func=lambda unit: {"docs": "documents"}.get(unit, unit),
    )  # fmt: skip
    if unit == "share":
        percent = st.slider("Share of the pool's tokens", 1, 100, 10, key=f"{key}.share", format="%d%%")
        return {"share": percent / 100}
    default = 1_000_000 if unit == "tokens" else 1_000
    return {
        str(unit): int(st.number_input(f"{unit}", min_value=1, value=default, step=default // 10, key=f"{key}.{unit}"))
    }


def budget_bar(preview: Preview) -> None:
    """Draw what is chosen of the pool beside what was asked, in documents and tokens."""
    pool, told = preview.summary["pool"], preview.summary["asked"]
    chosen = {unit: (preview.summary[unit], pool[unit]) for unit in ("documents", "tokens")}
    unit = "documents" if "docs" in told else "tokens"
    asked = told["share"] * pool["tokens"] if "share" in told else next(iter(told.values()))
    documents, tokens = preview.summary["documents"], preview.summary["tokens"]
    spent = f"{chosen[unit][0] / asked:.0%}" if asked else "0%"
    st.markdown(
        f"**{documents:,}** documents · **{tokens:,}** tokens · {spent} of the budget · "
        f"{tokens / max(documents, 1):,.0f} tokens each"
    )
    figure = selection_charts.budget(chosen, unit, asked)
    st.plotly_chart(figure, key="select.budget", config={"displayModeBar": False})
