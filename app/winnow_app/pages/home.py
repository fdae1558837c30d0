"""Home: what is in the corpus, what is wrong with it, and what is still missing."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from winnow.catalog.filters import Filter
from winnow_app import charts, data, state
from winnow_app.parts.job_bar import running_jobs

VERBS = {
    "score": "scores",
    "embed": "vectors",
    "cluster": "clusters and the map",
}


@dataclass(frozen=True)
class Finding:
    """Something worth looking at: how many documents, and the view that shows them."""

    words: str
    filter: Filter


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
        _findings(everything.documents)
        _charts()


def _distinct(column: str) -> int:
    columns = data.columns()
    return len(data.facet(column, Filter(), 1000).values) if column in columns else 0


def _missing() -> None:
    gaps = data.workspace().missing()
    running = {job.verb for job in data.workspace().catalog.jobs.all(20) if job.state in ("queued", "running")}
    for verb, names in gaps.items():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            listed = f": {', '.join(names)}" if verb == "score" else ""
            st.markdown(f"**Missing {VERBS[verb]}**{listed}")
            recipe = {"names": list(names)} if verb == "score" else {}
            st.button(
                "Running …" if verb in running else f"Run {verb}", key=f"missing.{verb}", type="primary",
                icon=":material/play_arrow:", on_click=data.workspace().start, args=(verb,), kwargs=recipe, disabled=verb in running,
            )  # fmt: skip


def findings() -> list[Finding]:
    """List the usual faults of a corpus as views, for the columns that exist."""
    listed = [
        ("quality", Finding("low quality (below 0.25)", Filter().with_range("quality", None, 0.25))),
        ("toxicity", Finding("likely toxic (0.5 or more)", Filter().with_range("toxicity", 0.5, None))),
        ("pii", Finding("hold personal data", Filter().with_range("pii", 1, None))),
        ("duplicate_keep", Finding("copies of another document", Filter().with_values("duplicate_keep", "false"))),
        ("gopher_pass", Finding("fail the Gopher rules", Filter().with_values("gopher_pass", "false"))),
        ("c4_pass", Finding("fail the C4 rules", Filter().with_values("c4_pass", "false"))),
        ("fineweb_pass", Finding("fail the FineWeb rules", Filter().with_values("fineweb_pass", "false"))),
        ("words", Finding("shorter than 50 words", Filter().with_range("words", None, 49))),
    ]
    columns = data.columns()
    return [finding for column, finding in listed if column in columns]


def _findings(documents: int) -> None:
    shown = findings()
    if not shown:
        return
    st.subheader("What may be wrong with it")
    for start in range(0, len(shown), 4):
        for column, finding in zip(st.columns(4), shown[start : start + 4], strict=False):
            count = data.count(finding.filter).documents
            with column.container(border=True):
                st.markdown(f"**{count:,}** documents ({count / documents:.1%})  \n{finding.words}")
                if st.button("Look", key=f"look.{finding.words}", disabled=not count, icon=":material/search:"):
                    state.put(finding.filter)
                    st.switch_page(st.session_state["pages"]["explore"])


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
            charts.bars([_short(value) for value, _ in pairs], [n for _, n in pairs], title),
            config={"displayModeBar": False},
            key=f"home.{name}",
        )
    numbers = [("quality", "Quality"), ("toxicity", "Toxicity"), ("tokens", "Tokens per document"), ("date", "Dates")]
    cells = st.columns(4)
    for cell, (name, title) in zip(cells, [pair for pair in numbers if pair[0] in columns], strict=False):
        cell.plotly_chart(
            charts.distribution(data.histogram(name, Filter()), title),
            config={"displayModeBar": False},
            key=f"home.{name}",
        )


def _short(name: str) -> str:
    return name if len(name) <= 28 else name[:27] + "…"
