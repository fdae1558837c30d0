"""The groups of documents that say the same, largest first."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from winnow.jobs.copies import Groups, Members
from winnow_app import data, state
from winnow_app.charts import short
from winnow_app.parts.table_height import table_height

SHOWN = 200


def group_list(found: Members, documents: int) -> int | None:
    """Draw what there is and the list of groups, and return the chosen group."""
    groups = found.listed()
    dropped = int((~found.kept).sum())
    tokens = int(found.tokens[~found.kept].sum())
    facts = [
        ("Groups", f"{len(groups):,}", f"of {len(found):,} documents"),
        ("Dropped by the policy", f"{dropped:,}", f"{dropped / max(documents, 1):.1%} of the corpus"),
        ("Tokens dropped", short(tokens), f"{tokens:,}"),
    ]
    for cell, (label, value, of) in zip(st.columns(len(facts)), facts, strict=True):
        cell.metric(label, value, of, delta_color="off", delta_arrow="off")
    if found.kind.name == "semantic":
        _coverage()
    return _table(found, groups)


def _coverage() -> None:
    """Say what the comparison did not see."""
    table = data.scorer_tables("semantic_duplicates").get("coverage")
    if table is None:
        return
    [row] = table.to_pylist()
    missed = f"{row['missed']:,} of {row['probed']:,} documents without a twin have one across the nearest border"
    interval = f" ({row['low']:.1%}–{row['high']:.1%})" if row["probed"] else ""
    beyond = f"; {row['beyond_window']:,} were not compared with all of their cluster" if row["beyond_window"] else ""
    st.caption(
        f"Compared inside {row['clusters']:,} clusters, the largest of {row['largest_cluster']:,}: {missed}{interval}{beyond}."
    )


def _table(found: Members, groups: Groups) -> int | None:
    first = [int(group) for group in groups.groups[:SHOWN]]
    shown = pd.DataFrame(
        {
            "documents": groups.documents[:SHOWN],
            "tokens dropped": groups.dropped_tokens[:SHOWN],
            "begins with": [" ".join(text[:160].split()) for text in data.texts(tuple(first))],
        }
    )
    number = st.column_config.NumberColumn
    event = st.dataframe(
        shown, hide_index=True, height=table_height(len(shown), 640), key=f"copies.groups.{found.kind.name}",
        on_select="rerun", selection_mode="single-row",
        column_config={
            "documents": number(format="localized", width=86),
            "tokens dropped": number(format="localized", width=106),
            "begins with": st.column_config.TextColumn(width="medium", help="The first words of its first document."),
        },
    )  # fmt: skip
    if len(groups) > SHOWN:
        st.caption(f"The {SHOWN:,} largest of {len(groups):,} groups. Explore shows the group of any document.")
    # Somebody else's decisions may have left fewer groups than there were when the row was chosen.
    rows = [row for row in event.selection.rows if row < len(first)]
    if rows and state.get("group") != str(chosen := first[rows[0]]):
        state.keep("group", chosen)
        st.rerun()
    asked = state.get("group")
    if asked.isdigit() and int(asked) in groups.groups:
        return int(asked)
    return first[0] if first else None
