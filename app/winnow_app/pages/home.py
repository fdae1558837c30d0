"""Home: what is in the corpus, what is wrong with it, and what is still missing."""

from __future__ import annotations

from typing import Any

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import charts, data, identity
from winnow_app.parts.findings import findings_board
from winnow_app.parts.job_bar import running_jobs

VERBS = {
    "score": "scores",
    "embed": "vectors",
    "cluster": "clusters and the map",
}


def page() -> None:
    everything = data.count(Filter())
    inputs = data.workspace().catalog.manifest.inputs()
    st.header("What is in this corpus")
    rejected = sum(made.rejected for made in inputs)
    facts = [
        ("Documents", f"{everything.documents:,}"),
        ("Tokens", f"{everything.tokens:,}" if everything.tokens else "not counted yet"),
        ("Sources", f"{_distinct('source'):,}"),
        ("Languages", f"{_distinct('language'):,}"),
        ("Clusters", f"{_distinct('cluster_name'):,}"),
        ("Rows set aside", f"{rejected:,}"),
    ]
    for column, (label, value) in zip(st.columns(len(facts)), facts, strict=True):
        column.metric(label, value)
    running_jobs()
    _missing()
    if everything.documents:
        findings_board(everything.documents)
        _charts()


def _distinct(column: str) -> int:
    columns = data.columns()
    return len(data.facet(column, Filter(), 1000).values) if column in columns else 0


def _missing() -> None:
    gaps = data.workspace().missing()
    running = data.running_verbs()
    for verb, names in gaps.items():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            listed = f": {', '.join(names)}" if verb != "cluster" else ""
            st.markdown(f"**Missing {VERBS[verb]}**{listed}", width="stretch")
            if not identity.may("curate"):
                continue
            recipes: dict[str, dict[str, Any]] = {"score": {"names": list(names)}, "embed": {"model": names[0]}}
            st.button(
                "Running …" if verb in running else f"Run {verb}", key=f"missing.{verb}", type="primary",
                icon=":material/play_arrow:", on_click=data.start, args=(verb,),
                kwargs=recipes.get(verb), disabled=verb in running,
            )  # fmt: skip


def _charts() -> None:
    st.subheader("How it is made up")
    columns = data.columns()
    groups = [
        ("source", "Documents per source"),
        ("language", "Documents per language"),
        ("cluster_top", "Documents per group of clusters"),
    ]
    cells = st.columns(3)
    for cell, (name, title) in zip(cells, [pair for pair in groups if pair[0] in columns], strict=False):
        facet = data.facet(name, Filter(), 10)
        pairs = [
            *facet.values,
            *([("(none)", facet.missing)] if facet.missing else []),
            *([(f"{facet.other_names} more", facet.others)] if facet.others else []),
        ]
        cell.plotly_chart(
            charts.bars([value for value, _ in pairs], [n for _, n in pairs], title),
            config={"displayModeBar": False},
            key=f"home.{name}",
        )
    numbers = [("quality", "Quality"), ("toxicity", "Toxicity"), ("tokens", "Tokens per document"), ("date", "Dates")]
    lower = st.columns(4)
    for cell, (name, title) in zip(lower, [pair for pair in numbers if pair[0] in columns], strict=False):
        cell.plotly_chart(
            charts.distribution(data.histogram(name, Filter()), title),
            config={"displayModeBar": False},
            key=f"home.{name}",
        )
