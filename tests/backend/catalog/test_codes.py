"""Codes: counts of coded columns against counts of the values themselves, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from winnow.catalog.codes import Codes, Kept, coded_bars, coded_names, documents, marked, sample_of

numbers = st.one_of(st.none(), st.floats(-1e9, 1e9, width=32), st.integers(-3, 3).map(float))


def table(**columns: pa.Array) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:")
    count = len(next(iter(columns.values())))
    database.register("docs", pa.table({"doc_id": np.arange(count), **columns}))
    return database


def test_names_are_counted_under_a_filter() -> None:
    """b stands at 0, 3; a at 1; nothing at 2. Of documents 1, 2, 3: one missing, one b, one a."""
    with table(v=pa.array(["b", "a", None, "b"])) as database:
        codes = coded_names(database, "v")
    assert (codes.places.tolist(), codes.names) == ([1, 2, 0, 1], ("b", "a"))
    assert codes.counts(None).tolist() == [1, 2, 1]
    assert codes.counts(np.array([False, True, True, True])).tolist() == [1, 1, 1]
    assert codes.counts(np.array([2])).tolist() == [1, 0, 0], "few documents come as doc_ids"


@given(st.lists(numbers, min_size=1, max_size=80), st.integers(1, 40))
def test_bars_agree_with_the_aggregate(values: list[float | None], bars: int) -> None:
    with table(v=pa.array(values, pa.float64())) as database:
        made = coded_bars(database, "v", "DOUBLE", bars)
        row = database.execute(f"SELECT {made.bars.sql('v')} FROM docs").fetchone() if made.bars.edges else ({},)
    counts = made.codes.counts(None).tolist()
    assert counts[0] == sum(value is None for value in values)
    assert row is not None
    assert counts[1:] == (made.bars.counts(row[0] or {}) if made.bars.edges else [])


def test_more_names_than_a_byte_holds_stay_apart() -> None:
    with table(v=pa.array([f"name {number}" for number in range(300)] * 2)) as database:
        codes = coded_names(database, "v")
    assert codes.places.dtype == np.uint16
    assert set(codes.counts(None).tolist()) == {0, 2}


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=60))
def test_bytes_read_two_at_a_time_are_counted_alike(documents: list[tuple[int, bool]]) -> None:
    places, rows = np.array([code for code, _ in documents], np.uint8), np.array([kept for _, kept in documents])
    codes = Codes(places, (), np.bincount(places, minlength=5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("winnow.catalog.codes.BATCH", 2)
        assert codes.counts(rows).tolist() == np.bincount(places[rows], minlength=5).tolist()


def test_an_empty_corpus_has_no_documents_to_count() -> None:
    with table(v=pa.array([], pa.float64())) as database:
        assert documents(database) == 0
        assert coded_bars(database, "v", "DOUBLE", 5).codes.counts(None).tolist() == [0]
        assert coded_names(database, "v").counts(None).tolist() == [0]


@pytest.mark.parametrize("found", [[3], [0, 1, 2, 3, 4, 5, 6, 40], list(range(64)), []])
def test_marked_documents_are_the_same_in_either_shape(found: list[int]) -> None:
    assert np.arange(64)[marked(np.array(found, np.int64), 64)].tolist() == found


def test_a_sample_gives_shares_of_the_values_present() -> None:
    """Of 1, 2, 2, 4 (one missing) three are at most 2 and none at most 0."""
    with table(v=pa.array([2.0, None, 1.0, 4.0, 2.0])) as database:
        sample = sample_of(database, ["v"])
    assert [sample.at_most("v", value) for value in (2, 0, 4)] == [0.75, 0.0, 1.0]


@dataclass
class Sized:
    nbytes: int


def test_what_was_asked_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kept, "BYTES", 100)
    kept, made = Kept(), []

    def make(name: str) -> Sized:
        made.append(name)
        return Sized(40)

    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(name, lambda name=name: make(name))
    assert made == ["a", "b", "c", "b"], "c pushed b out, for a had been asked since"
