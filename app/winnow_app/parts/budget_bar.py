"""The budget: what is asked, what is spent."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.jobs.select import Preview
from winnow_app.charts import short


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
    """Draw documents and tokens kept of those in the pool."""
    pool, asked = preview.summary["pool"], preview.summary["asked"]
    documents, tokens = preview.summary["documents"], preview.summary["tokens"]
    wanted = asked["share"] * pool["tokens"] if "share" in asked else next(iter(asked.values()))
    spent = documents if "docs" in asked else tokens
    facts = [
        ("Documents kept", f"{documents:,}", f"of {pool['documents']:,}"),
        ("Tokens kept", f"{tokens:,}", f"of {pool['tokens']:,}"),
        ("Budget spent", f"{spent / wanted:.0%}" if wanted else "0%", f"{short(spent)} of {short(wanted)}"),
        ("Mean length", f"{tokens / documents if documents else 0:,.0f}", "tokens"),
    ]
    for cell, (label, value, of) in zip(st.columns(4), facts, strict=True):
        cell.metric(label, value, of, delta_color="off", delta_arrow="off")
