"""The Python half of the facet panel: what it shows, and what a click means for the filter."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from winnow.catalog.facets import Column
from winnow.catalog.filters import MISSING, Filter
from winnow_app import data, state

FIRST = (
    "source", "language", "cluster_top", "cluster_name", "label", "quality", "toxicity", "date", "tokens", "words",
    "pii", "cluster_keep", "duplicate_keep", "near_keep", "gopher_pass", "c4_pass", "fineweb_pass",
)  # fmt: skip
ABOUT = {
    "cluster_top": "Groups of clusters, by their commonest words.",
    "cluster_name": "Clusters of documents that are about the same, by their commonest words.",
    "quality": "How much a document resembles edited reference prose, from 0 to 1.",
    "toxicity": "How likely people would call it toxic, from 0 to 1.",
    "pii": "How many spans of personal data were found: addresses, numbers, names of accounts.",
    "cluster_keep": "What was decided on the Map about the document's cluster.",
    "duplicate_keep": "false: another copy of the same text is kept instead.",
    "near_keep": "false: another document that is nearly the same is kept instead.",
    "gopher_pass": "Whether it passes the rules that Gopher's texts were filtered by.",
    "c4_pass": "Whether it passes the rules that C4 was filtered by.",
    "fineweb_pass": "Whether it passes the rules that FineWeb was filtered by.",
}
"""What a column says, where its name alone does not tell."""

HERE = Path(__file__).parent


@functools.cache
def _component() -> Any:
    html = '<div class="facets" role="group" aria-label="Filters"></div>'
    script, style = (HERE / "facets.js").read_text("utf-8"), (HERE / "facets.css").read_text("utf-8")
    return st.components.v2.component("winnow_facets", html=html, css=style, js=script)


def shown_columns(columns: Mapping[str, Column], extra: Sequence[str]) -> list[str]:
    """Return the columns to show: the usual ones, those that came with the documents, and those asked for."""
    brought = [name for name in data.workspace().catalog.manifest.facets() if columns[name].kind != "name"]
    wanted = [name for name in FIRST if name in columns] + brought[:6] + list(extra)
    return [name for name in dict.fromkeys(wanted) if columns[name].kind != "name"]


def facet_panel(key: str = "facets") -> None:
    """Draw the panel for the current filter, which a click changes.

    Where there are alternatives, the panel shows and changes the one that is being described.
    """
    filter, columns = state.current().own, data.columns()
    others = [name for name, column in columns.items() if column.kind in ("number", "group", "date", "flag")]
    extra = st.session_state.get("extra_facets", [])
    filtered = [name for name in (*filter.values, *filter.ranges) if name in columns]
    chosen = shown_columns(columns, [*extra, *filtered])
    shown = [_described(columns[name], filter) for name in chosen if not _unused_label(name)]
    _component()(data={"facets": shown}, key=key, on_change_change=functools.partial(_take, key))
    st.multiselect(
        "More columns",
        [name for name in others if name not in chosen or name in extra],
        key="extra_facets",
        placeholder="add a column …",
    )


def _take(key: str) -> None:
    """Filter by what was clicked, before the page is drawn: a second click comes on top of it."""
    change = (st.session_state.get(key) or {}).get("change")
    if change:
        state.put(changed(state.current(), change))


def _unused_label(name: str) -> bool:
    """Whether a column of labels or verdicts has none yet."""
    return (name in ("label", "cluster_keep") or name.startswith("label_")) and not data.facet(name, Filter(), 1).values


def _described(column: Column, filter: Filter) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": column.name, "kind": column.kind, "about": ABOUT.get(column.name)}
    selected = filter.values.get(column.name)
    if column.kind in ("number", "date"):
        histogram = data.histogram(column.name, filter, 24)
        bounds = filter.ranges.get(column.name)
        # What the column's own conditions take away is still there to be had.
        open = filter.with_values(column.name).with_range(column.name, None, None)
        missing = histogram.missing if open == filter else data.histogram(column.name, open, 24).missing
        return shown | {
            "edges": histogram.edges, "counts": histogram.counts, "all": histogram.all, "missing": missing,
            "low": bounds.low if bounds else None, "high": bounds.high if bounds else None, "absent": MISSING,
            "selected": list(selected.values) if selected else [MISSING] if bounds and bounds.missing else [],
            "exclude": bool(selected and selected.exclude),
        }  # fmt: skip
    facet = data.facet(column.name, filter.with_values(column.name), 8)
    shown |= {
        "values": [*facet.values, *([(MISSING, facet.missing)] if facet.missing else [])],
        "others": facet.others,
        "otherNames": facet.other_names,
        "selected": list(selected.values) if selected else [],
        "exclude": bool(selected and selected.exclude),
    }
    return shown


def changed(filter: Filter, event: Mapping[str, Any]) -> Filter:
    """Return the filter after a click in the panel.

    Clicking a value shows only it and those chosen before; clicking it again takes it out; the minus hides it.
    """
    column = str(event["column"])
    if event["what"] == "range":
        kept = filter.ranges.get(column)
        return filter.with_values(column).with_range(
            column, event.get("low"), event.get("high"), missing=bool(kept and kept.missing)
        )
    if event["what"] == "clear":
        return filter.with_values(column).with_range(column, None, None)
    exclude, value = event["what"] == "exclude", str(event["value"])
    bounds = filter.ranges.get(column)
    if bounds is not None and value == MISSING:
        # Beside a range, missing values come and go; alone they are a condition like any value.
        return filter.with_range(column, bounds.low, bounds.high, missing=not exclude and not bounds.missing)
    present = filter.values.get(column)
    chosen = list(present.values) if present and present.exclude == exclude else []
    chosen = [other for other in chosen if other != value] if value in chosen else [*chosen, value]
    return filter.with_values(column, *chosen, exclude=exclude)
