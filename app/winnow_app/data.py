"""What pages read, cached by the version of the corpus: with map_data.py the only place that uses Streamlit's caches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from winnow.api.scope import within
from winnow.catalog.browse import Count
from winnow.catalog.crossing import Cross
from winnow.catalog.facets import Column, Facet, Histogram
from winnow.catalog.filters import Filter
from winnow.catalog.joblog import OPEN
from winnow.catalog.selections import NamedSelection
from winnow.errors import WinnowError
from winnow.jobs.copies import Members
from winnow.jobs.copies import members as members_of
from winnow.jobs.document import Document
from winnow.jobs.export import Writing
from winnow.jobs.export_plan import Forecast, foresee
from winnow.jobs.leaks import Leaked, Match, of_selections, per_benchmark, per_item
from winnow.jobs.leaks import matches as matches_of
from winnow_app import identity
from winnow_app.opened import workspace as workspace


def start(verb: str, **recipe: Any) -> None:
    """Start a job; pages pass this to buttons."""
    try:
        within(recipe, identity.visitors().door.folders)
        job = workspace().start(verb, **recipe)
        command = workspace().catalog.jobs.get(job).command
    except WinnowError as reason:
        refuse(reason)
        return
    st.toast(f"Job {job} runs {command}", icon=":material/play_arrow:")


def refuse(reason: WinnowError) -> None:
    """Say why a button did not do what it says, without losing the page it stands on."""
    st.toast(str(reason), icon=":material/block:", duration="long")


def running_verbs() -> set[str]:
    """Name the verbs that a job is working on, or waits to."""
    return {job.verb for job in workspace().catalog.jobs.all(20) if job.state in OPEN}


def cancel(job: int) -> None:
    """Ask a job to stop; pages pass this to buttons."""
    try:
        workspace().catalog.jobs.cancel(job)
    except WinnowError as reason:
        refuse(reason)


def forget(name: str) -> None:
    """Take a selection off the list; pages pass this to buttons."""
    try:
        workspace().catalog.selections.remove(name)
    except WinnowError as reason:
        refuse(reason)


def version() -> str:
    """Name the state of everything a page may show: answers are cached under it."""
    return repr(workspace().catalog.table.version)


def columns() -> dict[str, Column]:
    return workspace().browse.columns()


def count(filter: Filter) -> Count:
    return workspace().browse.count(filter)


@st.cache_data(max_entries=2000, show_spinner=False)
def _facet(column: str, key: str, limit: int, version: str, _filter: Filter) -> Facet:
    return workspace().browse.facet(column, _filter, limit=limit)


def facet(column: str, filter: Filter, limit: int = 8) -> Facet:
    return _facet(column, filter.key, limit, version(), filter)


@st.cache_data(max_entries=2000, show_spinner=False)
def _histogram(column: str, key: str, bars: int, version: str, _filter: Filter) -> Histogram:
    return workspace().browse.histogram(column, _filter, bars=bars)


def histogram(column: str, filter: Filter, bars: int = 30) -> Histogram:
    return _histogram(column, filter.key, bars, version(), filter)


@st.cache_data(max_entries=200, show_spinner=False)
def _page(key: str, arguments: tuple[Any, ...], version: str, _filter: Filter) -> pd.DataFrame:
    chosen, sort, descending, offset, limit = arguments
    return workspace().browse.page(
        _filter, columns=chosen, sort=sort, descending=descending, offset=offset, limit=limit
    )


def page(
    filter: Filter, chosen: Sequence[str], *, sort: str = "", descending: bool = True, offset: int = 0, limit: int = 20
) -> pd.DataFrame:
    return _page(filter.key, (tuple(chosen), sort, descending, offset, limit), version(), filter)


@st.cache_data(max_entries=200, show_spinner=False)
def _groups(by: str, mean_of: str, key: str, version: str, _filter: Filter) -> pd.DataFrame:
    return workspace().browse.summary(mean_of, by, _filter, limit=1000)


def groups(by: str, mean_of: str, filter: Filter) -> pd.DataFrame:
    """Return documents, tokens and the mean of a column per group, largest first."""
    return _groups(by, mean_of, filter.key, version(), filter)


@st.cache_resource(max_entries=100, show_spinner=False)
def _cross(asked: tuple[str, str, str], key: str, version: str, _filter: Filter) -> Cross:
    by, across, mean_of = asked
    return workspace().browse.cross(by, across, _filter, mean_of=mean_of)


def cross(by: str, across: str, mean_of: str, filter: Filter) -> Cross:
    """Return documents, and the mean of a column, by two columns at once."""
    return _cross((by, across, mean_of), filter.key, version(), filter)


@st.cache_resource(max_entries=6, show_spinner="Reading the groups …")
def _members(kind: str, version: str) -> Members:
    return members_of(workspace().catalog, kind)


def members(kind: str) -> Members:
    """Return every document with a copy of a kind, as hands and policies decide on them."""
    return _members(kind, version())


@st.cache_data(max_entries=20, show_spinner=False)
def _scorer_tables(name: str, version: str) -> dict[str, pa.Table]:
    return workspace().catalog.manifest.tables(name)


def scorer_tables(name: str) -> dict[str, pa.Table]:
    """Return what a scorer found in the corpus as a whole."""
    return _scorer_tables(name, version())


@st.cache_data(max_entries=10, show_spinner="Counting benchmark items …")
def _leaks(view: str, version: str) -> pd.DataFrame:
    counted = {"per_benchmark": per_benchmark, "per_item": per_item}[view](workspace().catalog)
    return pd.DataFrame(counted.to_pandas())


def leaks(view: str) -> pd.DataFrame:
    """Return the benchmarks ("per_benchmark") or the items ("per_item") that documents hold."""
    return _leaks(view, version())


@st.cache_data(max_entries=200, show_spinner=False)
def _matches(doc_id: int, version: str) -> list[Match]:
    return matches_of(workspace().catalog, doc_id)


def matches(doc_id: int) -> list[Match]:
    """Return the benchmark items that a document holds."""
    return _matches(doc_id, version())


@st.cache_data(max_entries=10, show_spinner=False)
def _leaked_selections(names: tuple[str, ...], version: str) -> list[Leaked]:
    return of_selections(workspace().catalog, names) if names else []


def leaked_selections() -> list[Leaked]:
    """Return how much of what is leaked each selection keeps."""
    kept = workspace().catalog.selections.all()
    return _leaked_selections(tuple(selection.name for selection in kept), version() + repr([s.path for s in kept]))


@st.cache_data(max_entries=500, show_spinner=False)
def texts(doc_ids: tuple[int, ...]) -> list[str]:
    """Return texts by id; documents never change, so these never grow stale."""
    return workspace().catalog.texts.texts(doc_ids)


def document(doc_id: int) -> Document:
    return workspace().document(doc_id)


def sought(filter: Filter) -> tuple[list[str], str]:
    """Return the words and the pattern that a filter and its alternatives look for, to be marked."""
    parts = (filter, *filter.also)
    words = [term for part in parts for term in workspace().highlight_terms(part)]
    return words, "|".join(f"(?:{part.regex})" for part in parts if part.regex)


@st.cache_data(max_entries=300, show_spinner=False)
def percentiles(doc_id: int, chosen: tuple[str, ...], version: str) -> dict[str, float]:
    return dict(workspace().browse.percentiles(doc_id, chosen))


@st.cache_data(max_entries=50, show_spinner=False)
def _clusters(key: str, version: str, _filter: Filter) -> pd.DataFrame:
    return workspace().browse.clusters(_filter)


def clusters(filter: Filter) -> pd.DataFrame:
    """Return every cluster under the filter, largest first."""
    return _clusters(filter.key, version(), filter)


@st.cache_data(max_entries=50, show_spinner="Weighing a sample …")
def _forecasts(path: str, how: str, version: str, _chosen: NamedSelection, _writing: Writing) -> list[Forecast]:
    return foresee(workspace().catalog, _chosen, _writing)


def forecasts(chosen: NamedSelection, writing: Writing) -> list[Forecast]:
    """Return about how large each split of an export will be, before any arrangement."""
    return _forecasts(str(chosen.path), repr(writing), version(), chosen, writing)


@st.cache_data(max_entries=20, show_spinner="Comparing …")
def _comparison(names: tuple[str, ...], target: str, version: str) -> dict[str, Any]:
    return workspace().compare(names, target=target)


def comparison(names: tuple[str, ...], target: str = "") -> dict[str, Any]:
    """Return selections beside the corpus, each other and both random baselines."""
    kept = [workspace().catalog.selections.get(name).path.name for name in names]
    return _comparison(names, target, version() + repr(kept))


@st.cache_data(max_entries=10, show_spinner="Comparing …")
def _beside(names: tuple[str, ...], key: str, version: str, _present: NamedSelection) -> dict[str, Any]:
    return workspace().compare(names, present=_present)


def beside(present: NamedSelection, key: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return a choice that is not kept yet beside the corpus, kept selections and both random baselines."""
    kept = [workspace().catalog.selections.get(name).path.name for name in names]
    return _beside(names, key, version() + repr(kept), present)
