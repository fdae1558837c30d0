"""Bars: edges that people can read, and every value counted once."""

from __future__ import annotations

import math

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.catalog.bars import Bars, date_edges, make_bars, number_bars

numbers = st.one_of(st.floats(-1e9, 1e9, width=32), st.floats(0, 1e-7), st.integers(-50, 50).map(float), st.none())


@given(st.lists(numbers, min_size=1, max_size=60), st.integers(1, 40))
def test_bars_hold_every_number_once(values: list[float | None], bars: int) -> None:
    with duckdb.connect(":memory:") as database:
        database.register("docs", pa.table({"doc_id": np.arange(len(values)), "v": pa.array(values, pa.float64())}))
        made = make_bars(database, '"v"', "DOUBLE", bars)
        if not made.edges:
            assert all(value is None for value in values)
            return
        row = database.execute(f"SELECT {made.sql('v')} FROM docs").fetchone()
    assert row is not None
    present = np.array([value for value in values if value is not None])
    assert np.all(np.diff(made.edges) > 0)
    assert len(made.edges) >= 2
    # Bar i holds edges[i] <= v < edges[i+1]; what lies beyond the outer edges belongs to the outer bars.
    place = np.clip(np.searchsorted(made.edges, present, side="right") - 1, 0, len(made.edges) - 2)
    assert made.counts(row[0] or {}) == np.bincount(place, minlength=len(made.edges) - 1).tolist()


@pytest.mark.parametrize("odd", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_stretches_no_bar(odd: float) -> None:
    with duckdb.connect(":memory:") as database:
        database.register("docs", pa.table({"doc_id": range(5), "v": [0.0, odd, 1.0, None, 0.5]}))
        assert make_bars(database, '"v"', "DOUBLE", 4).edges[-1] <= 1
        database.register("docs", pa.table({"doc_id": range(2), "v": [odd, odd]}))
        assert make_bars(database, '"v"', "DOUBLE", 4).edges == []


def test_bars_suit_their_numbers() -> None:
    assert number_bars(0, 3, [0, 1, 3], bars=30, whole=True).edges == [-0.5, 0.5, 1.5, 2.5, 3.5]
    assert number_bars(0.0, 1.0, [0.0, 0.5, 1.0], bars=4, whole=False) == Bars([0.0, 0.25, 0.5, 0.75, 1.0])
    tail = number_bars(0, 10**6, [1, 100, 10_000], bars=4, whole=True)
    assert tail == Bars([1.0, 10.0, 100.0, 1000.0, 10_000.0], log=True)
    assert number_bars(2.0, 2.0, [2.0, 2.0, 2.0], bars=4, whole=False) == Bars([2.0, 3.0])
    tiny = number_bars(0.0, 1e-8, [1e-12, 1e-10, 1e-8], bars=4, whole=False)
    assert len(tiny.edges) == 5


@given(st.integers(-(10**15), 10**15), st.integers(0, 10**16), st.integers(1, 60))
def test_date_edges_span_their_ends(low: int, span: int, bars: int) -> None:
    edges = date_edges(low, low + span, bars)
    first, last = (np.datetime64(edge, "us").astype(np.int64) for edge in (edges[0], edges[-1]))
    assert first <= low <= low + span < last
    assert len(edges) - 1 <= max(bars, 2)
    assert edges == sorted(edges)
