"""Set algebra of kept selections: what to combine, a cut to a budget, what comes out, and a name for it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from winnow.jobs.combine import combine
from winnow.select.set_algebra import OPERATIONS, WEIGHTS
from winnow_app import data
from winnow_app.parts.budget_bar import budget_input
from winnow_app.parts.missing_step import still
from winnow_app.parts.save_selection import save_selection

WORDS = {"union": "any", "intersect": "all", "subtract": "the first only"}


def algebra_form() -> dict[str, Any] | None:
    """Ask what to combine and return it as keywords of `Workspace.combine`; None until two selections are named."""
    kept = [selection.name for selection in data.workspace().catalog.selections.all()]
    kept = still(st.session_state.get("algebra.names", ()), kept)
    if len(kept) < 2:
        st.info("Keep two selections first, and combine them here.", icon=":material/join:")
        return None
    names = st.multiselect("selections", kept, key="algebra.names", placeholder="two or more, in order")
    operation = str(
        st.segmented_control(
            "documents of", list(OPERATIONS), default="union", required=True, key="algebra.operation",
            format_func=lambda name: WORDS[name], help="  \n".join(f"**{WORDS[n]}**: {o.sentence}" for n, o in OPERATIONS.items()),
        )
    )  # fmt: skip
    told: dict[str, Any] = {}
    if operation == "union":
        told["weights"] = st.selectbox(
            "weights", WEIGHTS, key="algebra.weights", help="How often a document of several selections is seen."
        )
    if st.toggle("cut to a budget", key="algebra.cut"):
        numbers = [name for name, column in data.columns().items() if column.kind == "number" and name != "doc_id"]
        by = st.selectbox("highest first by", numbers, index=None, key="algebra.by", placeholder="at random")
        told |= {
            **budget_input("algebra"),
            "by": by or "",
            "seed": int(st.number_input("seed", value=0, key="algebra.seed")),
        }
    return {"operation": operation, "names": list(names), **told} if len(names) > 1 else None


def algebra_outcome(told: dict[str, Any] | None) -> None:
    """Draw what comes out of a combination, and ask for a name to keep it under."""
    if told is None:
        st.info("Name two selections or more to see what they have together.", icon=":material/join:")
        return
    how = dict(told)
    found = combine(data.workspace().catalog, how.pop("operation"), how.pop("names"), **how)
    cells = st.columns(2)
    cells[0].metric("Documents", f"{found.summary['documents']:,}")
    cells[1].metric("Tokens seen", f"{found.summary['tokens']:,}")
    rows = [
        {"": step["step"], "documents": step["documents"], "tokens": step["tokens"]} for step in found.summary["steps"]
    ]
    numbers = {name: st.column_config.NumberColumn(format="localized") for name in ("documents", "tokens")}
    st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=numbers)
    save_selection("algebra", partial(data.workspace().combine, **told))
