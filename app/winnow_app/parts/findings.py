"""What may be wrong with a corpus: the usual faults, each a view one click away."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import data


@dataclass(frozen=True)
class Finding:
    """Something worth looking at: how many documents, and the view that shows them."""

    words: str
    filter: Filter


def findings() -> list[Finding]:
    """List the usual faults of a corpus as views, for the columns that exist."""
    listed = [
        ("quality", Finding("low quality (below 0.25)", Filter().with_range("quality", None, 0.25))),
        ("toxicity", Finding("likely toxic (0.5 or more)", Filter().with_range("toxicity", 0.5, None))),
        ("pii", Finding("hold personal data", Filter().with_range("pii", 1, None))),
        ("duplicate_keep", Finding("exact copies", Filter().with_values("duplicate_keep", "false"))),
        ("near_keep", Finding("near-copies", Filter().with_values("near_keep", "false"))),
        ("boilerplate", Finding("half boilerplate or more", Filter().with_range("boilerplate", 0.5, None))),
        ("contaminated", Finding("hold benchmark items", Filter().with_values("contaminated", "true"))),
        ("gopher_pass", Finding("fail the Gopher rules", Filter().with_values("gopher_pass", "false"))),
        ("c4_pass", Finding("fail the C4 rules", Filter().with_values("c4_pass", "false"))),
        ("fineweb_pass", Finding("fail the FineWeb rules", Filter().with_values("fineweb_pass", "false"))),
    ]
    columns = data.columns()
    return [finding for column, finding in listed if column in columns]


def findings_board(documents: int) -> None:
    """Draw one card per fault with the way to its documents."""
    shown = findings()
    if not shown:
        return
    st.subheader("What may be wrong with it")
    for start in range(0, len(shown), 4):
        for column, finding in zip(st.columns(4), shown[start : start + 4], strict=False):
            count = data.count(finding.filter).documents
            with column.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{count:,}** ({count / documents:.1%})  \n{finding.words}", width="stretch")
                if st.button("Look", key=f"look.{finding.words}", disabled=not count):
                    st.switch_page(st.session_state["pages"]["explore"], query_params=finding.filter.to_query())
