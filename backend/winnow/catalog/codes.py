"""Columns as small numbers a document, kept in memory, so that any filter's histograms and facets are one count each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.catalog.bars import Bars, make_bars, number
from winnow.catalog.quoting import quoted

BATCH = 1 << 17
SAMPLED = 50_000
"""Percentiles are taken of about so many documents: one standard error is 0.2 % of them at most."""

Rows = NDArray[np.bool_] | NDArray[np.int64]
"""The documents of a filter: a mark for each doc_id, or the doc_ids when they are few."""


@dataclass(frozen=True, eq=False)
class Codes:
    """A column by doc_id: 0 where the value is missing, else 1 + the place of its bar or name; shape [documents]."""

    places: NDArray[Any]
    names: tuple[str, ...]
    totals: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        return self.places.nbytes

    def counts(self, rows: Rows | None) -> NDArray[np.int64]:
        """Return how many documents have no value, and how many each bar or name has; None means all documents."""
        if rows is None:
            return self.totals
        if rows.dtype != np.bool_:
            return np.bincount(self.places[rows], minlength=len(self.totals))
        # A product is faster than an index; what it makes 0 is taken off the missing ones.
        found = _tally(self.places * rows, len(self.totals))
        found[0] = np.count_nonzero(rows) - found[1:].sum()
        return found


def _tally(codes: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Return how often each of `count` codes stands there; bytes are read two at a time."""
    if codes.dtype != np.uint8 or len(codes) % 2 or len(codes) < BATCH:
        return np.bincount(codes, minlength=count)
    pairs = np.bincount(codes.view(np.uint16), minlength=1 << 16).reshape(256, 256)
    return np.asarray(pairs.sum(0) + pairs.sum(1))[:count]


@dataclass(frozen=True, eq=False)
class CodedBars:
    """A number or date column's bars, and each document's place among them."""

    bars: Bars
    codes: Codes

    @property
    def nbytes(self) -> int:
        return self.codes.nbytes


def coded_bars(cursor: duckdb.DuckDBPyConnection, column: str, kind: str, count: int) -> CodedBars:
    """Number a column's values by bar; what lies beyond the outer edges is in the outer bars."""
    bars = make_bars(cursor, quoted(column), kind, count)
    places = np.zeros(documents(cursor), np.min_scalar_type(len(bars.edges)))
    if bars.edges:
        for doc_ids, values in _batches(cursor, number(quoted(column), kind)):
            numbers = values.fill_null(0).to_numpy(zero_copy_only=False)
            found = np.searchsorted(bars.inner, numbers, side="right") + 1
            places[doc_ids] = found * values.is_valid().to_numpy(False)
    return CodedBars(bars, Codes(places, (), np.bincount(places, minlength=max(len(bars.edges), 1))))


def coded_names(cursor: duckdb.DuckDBPyConnection, column: str) -> Codes:
    """Number a column's values by name, in the order in which the names are met."""
    known: dict[str, int] = {}
    places = np.zeros(documents(cursor), np.int32)
    for doc_ids, values in _batches(cursor, f"CAST({quoted(column)} AS VARCHAR)"):
        found = pc.dictionary_encode(values)
        lookup = [known.setdefault(name, len(known) + 1) for name in found.dictionary.to_pylist()]
        places[doc_ids] = np.array([0, *lookup])[found.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1]
    small = places.astype(np.min_scalar_type(len(known)))
    return Codes(small, tuple(known), np.bincount(small, minlength=len(known) + 1))


def marked(doc_ids: NDArray[np.int64], documents: int) -> Rows:
    """Return some of so many documents in the shape that is counted fastest."""
    if len(doc_ids) * 16 < documents:
        return doc_ids
    rows = np.zeros(documents, np.bool_)
    rows[doc_ids] = True
    return rows


def documents(cursor: duckdb.DuckDBPyConnection) -> int:
    """Return how many doc_ids there are."""
    row = cursor.execute("SELECT COALESCE(MAX(doc_id), -1) + 1 FROM docs").fetchone()
    return int(row[0]) if row else 0


def _batches(cursor: duckdb.DuckDBPyConnection, value: str) -> Iterator[tuple[NDArray[np.int64], pa.Array]]:
    reader = cursor.execute(f"SELECT doc_id, {value} AS value FROM docs").to_arrow_reader(BATCH)
    for batch in reader:
        yield batch.column("doc_id").to_numpy(), batch.column("value")


@dataclass(frozen=True, eq=False)
class Sample:
    """The values of number columns in evenly spaced documents, sorted, missing ones left out."""

    values: dict[str, NDArray[Any]]

    @property
    def nbytes(self) -> int:
        return sum(values.nbytes for values in self.values.values())

    def at_most(self, column: str, value: float) -> float:
        """Return the share of a column's values that are at most a value."""
        values = self.values[column]
        return float(np.searchsorted(values, value, side="right") / max(len(values), 1))


def sample_of(cursor: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> Sample:
    """Return the values of number columns in about `SAMPLED` documents, all of them in a smaller corpus."""
    step = max(1, documents(cursor) // SAMPLED)
    chosen = ", ".join(map(quoted, columns)) or "0"
    table = cursor.execute(f"SELECT {chosen} FROM docs WHERE doc_id % {step} = 0").to_arrow_table()
    return Sample({name: np.sort(table.column(name).drop_null().to_numpy()) for name in columns})


class Sized(Protocol):
    """Something that takes memory."""

    @property
    def nbytes(self) -> int: ...


T = TypeVar("T", bound=Sized)


class Kept:
    """Answers kept by key until those asked longest ago would take more than `BYTES`."""

    BYTES = 1 << 29

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._bytes = 0

    def found(self, key: Hashable) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            if key not in self._found:
                return None
            self._found.move_to_end(key)
            return self._found[key]

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under a key, or make it."""
        kept: T | None = self.found(key)
        if kept is not None:
            return kept
        made = make()
        with self._lock:
            if key not in self._found:
                self._bytes += made.nbytes
            self._found[key] = made
            while self._bytes > self.BYTES and len(self._found) > 1:
                self._bytes -= self._found.popitem(last=False)[1].nbytes
        return made
