"""The clusters under the filter as a table of groups that fold; its chosen rows are what the hands beside it act on."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

import pandas as pd
import streamlit as st

from winnow_app import data, state

FIT = 8
"""So many rows stand in the table without scrolling: more of them begin folded."""

TALL = 331
OPEN, FOLDED = ":material/keyboard_arrow_down:", ":material/chevron_right:"
VERDICT = {True: "✓ ", False: "✗ "}
INDENT = "\u2003"
"""An em space, which a table does not trim."""


def cluster_tree(found: pd.DataFrame) -> pd.DataFrame:
    """Draw the groups and the clusters of the unfolded ones, largest first, and return the rows that are chosen."""
    groups = [str(name) for name in found["cluster_top"].dropna().unique()]
    unfolded = _unfolded(groups, len(found))
    shown = tree(found, unfolded)
    # After a change another cluster stands in a row: what was chosen there is chosen no more.
    key = f"clusters.{data.workspace().catalog.clusters.last}.{state.current().key}"
    head = st.container(horizontal=True, vertical_alignment="center")
    event = st.dataframe(
        shown, hide_index=True, height=TALL, key=key, on_select="rerun",
        selection_mode="multi-row", column_order=["fold", "name", "documents", "quality", "toxicity"],
        column_config={
            "fold": st.column_config.ButtonColumn(
                "", width=34, type="tertiary", key="clusters.turned", on_click=_turn, args=(unfolded, found, shown, key)
            ),
            "name": st.column_config.TextColumn("group and cluster", width=170),
            "documents": st.column_config.NumberColumn("size", format="localized", width=68, help="documents"),
            "quality": st.column_config.NumberColumn("quality", format="%.2f", width=62, help="mean"),
            "toxicity": st.column_config.NumberColumn("toxicity", format="%.2f", width=62, help="mean"),
        },
    )  # fmt: skip
    rows = shown.iloc[[place for place in event.selection.rows if place < len(shown)]]
    with head:
        st.markdown(f"**{len(found):,} clusters** in {len(groups):,} groups")
        if len(groups) > 1:
            chosen = rows.loc[rows["cluster"] < 0, "cluster_top"].tolist()
            label, then = _fold(chosen or groups, unfolded)
            st.button(
                label if chosen else f"{label} all", key="clusters.fold", type="tertiary",
                on_click=_unfold, args=(then, found, shown, key),
            )  # fmt: skip
    return rows


def tree(found: pd.DataFrame, unfolded: Collection[str]) -> pd.DataFrame:
    """Return a row per group with its sum and weighed means, and its clusters below; a group's `cluster` is -1."""
    rows = []
    means = [name for name in ("quality", "toxicity") if name in found]
    sizes = found.groupby("cluster_top")["documents"].sum().sort_values(ascending=False, kind="stable")
    for top, documents in sizes.items():
        mine = found[found["cluster_top"] == top]
        weighed = {name: float((mine[name] * mine["documents"]).sum() / mine["documents"].sum()) for name in means}
        fold = OPEN if top in unfolded else FOLDED
        group = {"cluster": -1, "cluster_name": "", "cluster_top": top, "name": top, "fold": fold}
        rows.append({**group, "documents": documents, **weighed})
        for row in mine.to_dict("records") if top in unfolded else ():
            keep = row.get("cluster_keep")
            mark = "" if pd.isna(keep) else VERDICT[bool(keep)]
            named = {"name": f"{INDENT}{mark}{row['cluster_name']}", "fold": None}
            rows.append({**{str(name): value for name, value in row.items()}, **named})
    return pd.DataFrame(rows, columns=["fold", "cluster", "cluster_name", "cluster_top", "name", "documents", *means])


def _unfolded(groups: Sequence[str], clusters: int) -> list[str]:
    """Return which groups show their clusters: as somebody left them, else all where they fit."""
    try:
        return [name for name in groups if name in json.loads(state.get("unfolded"))]
    except (ValueError, TypeError):
        return list(groups) if len(groups) == 1 or len(groups) + clusters <= FIT else []


def _fold(groups: Sequence[str], unfolded: Sequence[str]) -> tuple[str, list[str]]:
    """Return what a button does with groups, which a keyboard reaches, and which are unfolded then."""
    if any(name in unfolded for name in groups):
        return "Fold", [name for name in unfolded if name not in groups]
    return "Unfold", [*unfolded, *groups]


def _turn(unfolded: Sequence[str], found: pd.DataFrame, shown: pd.DataFrame, key: str) -> None:
    """Fold or unfold the group whose sign was pressed."""
    top = str(shown["cluster_top"].iloc[st.session_state["clusters.turned"].row])
    _unfold(_fold([top], unfolded)[1], found, shown, key)


def _unfold(groups: Sequence[str], found: pd.DataFrame, shown: pd.DataFrame, key: str) -> None:
    """Show the clusters of these groups alone; of what was chosen, what is still seen stays chosen."""
    which = ["cluster_top", "cluster"]
    chosen = set(shown[which].iloc[st.session_state[key].selection.rows].itertuples(index=False, name=None))
    after = tree(found, groups)[which].itertuples(index=False, name=None)
    rows = [place for place, row in enumerate(after) if row in chosen]
    st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    state.keep("unfolded", json.dumps(groups, ensure_ascii=False))
