"""What pages read, cached by the version of the corpus: the only place that uses Streamlit's caches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from winnow.catalog.browse import Column, Count, Facet, Histogram
from winnow.catalog.filters import Filter
from winnow.workspace import Document, Workspace


@st.cache_resource(show_spinner="Opening the corpus …")
def _open(folder: str) -> Workspace:
    return Workspace(folder)


def workspace() -> Workspace:
    """Return the corpus this server shows; raises CorpusError."""
    return _open(os.environ.get("WINNOW_WORKSPACE", str(Path("corpus").absolute())))


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
def _summary(column: str, by: str, key: str, limit: int, version: str, _filter: Filter) -> pd.DataFrame:
    return workspace().browse.summary(column, by, _filter, limit=limit)


def summary(column: str, by: str, filter: Filter, limit: int = 50) -> pd.DataFrame:
    """Return documents, tokens and the mean of a column per group."""
    return _summary(column, by, filter.key, limit, version(), filter)


@st.cache_data(max_entries=500, show_spinner=False)
def texts(doc_ids: tuple[int, ...]) -> list[str]:
    """Return texts by id; documents never change, so these never grow stale."""
    return workspace().catalog.texts.texts(doc_ids)


def document(doc_id: int) -> Document:
    return workspace().document(doc_id)


@st.cache_data(max_entries=300, show_spinner=False)
def percentiles(doc_id: int, chosen: tuple[str, ...], version: str) -> dict[str, float]:
    return dict(workspace().browse.percentiles(doc_id, chosen))
