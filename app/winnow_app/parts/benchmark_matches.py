"""The benchmark items that an open document holds, beside its text."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from winnow_app import data

SHOWN = 50


def benchmark_matches(doc_id: int) -> None:
    """Draw the items a document holds, the most covered first; nothing when there is none."""
    found = data.matches(doc_id)
    if not found:
        return
    with st.expander(f"Benchmark items ({len(found):,})", icon=":material/fact_check:"):
        st.dataframe(
            pd.DataFrame(
                {"item": f"{match.benchmark} {match.row}", "covered": match.coverage, "longest run": match.run, "text": match.text}
                for match in found[:SHOWN]
            ),
            hide_index=True,
            column_config={
                "covered": st.column_config.NumberColumn(format="percent", help="Share of the item's words in shared runs.", width=70),
                "longest run": st.column_config.NumberColumn(help="Words in a row that both share.", width=86),
                "text": st.column_config.TextColumn(width="large"),
            },
        )  # fmt: skip
