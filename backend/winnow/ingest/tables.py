"""Turns Arrow record batches of any schema into documents."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.ingest.base import BATCH_BYTES, BATCH_ROWS, DOCUMENT, EXCERPT_BYTES, NESTED_NAMES, Batch, Reader, Rejected
from winnow.ingest.columns import Columns, Kind, Place, dig, find_columns, kind_of
from winnow.ingest.dates import moments, moments_of
from winnow.ingest.documents import Rows, checked
from winnow.ingest.packing import is_valid, pack, pack_columns, python_values, valid_text


def unique_names(names: list[str]) -> list[str]:
    """Give a repeated column a number, and one without a name its place.

    >>> unique_names(["text", "", "text"])
    ['text', 'column_2', 'text_2']
    """
    given, answer, counts = set(names), dict[str, None](), dict[str, int]()
    for place, name in enumerate(names, 1):
        base = name or f"column_{place}"
        count = counts.get(base, 0) + 1
        unique = base if count == 1 else f"{base}_{count}"
        while unique in answer or (count > 1 and unique in given):
            count += 1
            unique = f"{base}_{count}"
        counts[base] = count
        answer[unique] = None
    return list(answer)


def pieces_of(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that no piece exceeds BATCH_ROWS rows or, as far as whole rows allow, BATCH_BYTES."""
    by_size = max(1, int(batch.num_rows * BATCH_BYTES // max(batch.nbytes, 1)))
    step = min(BATCH_ROWS, by_size)
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


@dataclass
class TableDocuments:
    """Reads the tables of one file: the columns are chosen once, from the first batch."""

    reader: Reader
    file: Path
    columns: Columns | None = None
    row: int = 0
    constants: tuple[tuple[str, str], ...] = ()
    """Columns with one value that the file itself does not hold, such as the split it belongs to."""

    def batches(self, table: pa.RecordBatch, lines: NDArray[np.int64] | None = None) -> Iterator[Batch]:
        """Yield the documents of a table; `lines` numbers its rows, which else go on from the last table's."""
        numbers = np.arange(self.row + 1, self.row + 1 + table.num_rows) if lines is None else lines
        try:
            columns = [_plain(column) for column in table.columns]
            table = pa.RecordBatch.from_arrays(columns, names=unique_names(table.schema.names))
            kinds = table_kinds(table) if self.columns is None else {}
        except (pa.ArrowException, UnicodeDecodeError) as reason:
            self.row += table.num_rows
            if len(numbers):
                yield self._lost(numbers, reason)
            return
        if self.columns is None:
            self.columns = find_columns(self.reader, kinds, self.file)
        done = 0
        for piece in pieces_of(table):
            part = numbers[done : done + piece.num_rows]
            done += piece.num_rows
            self.row += piece.num_rows
            try:
                good = valid_text(piece.columns)
            except pa.ArrowInvalid as reason:
                yield self._lost(part, reason)
            else:
                yield self._batch(piece, part, good, self.columns)

    def nothing(self) -> Batch:
        return Batch(pa.RecordBatch.from_pylist([], schema=DOCUMENT), file=str(self.file))

    def _lost(self, lines: NDArray[np.int64], reason: Exception) -> Batch:
        first, last = int(lines[0]), int(lines[-1])
        text = f"rows {first} to {last} cannot be read: {str(reason).splitlines()[0][:200]}"
        return replace(self.nothing(), rejected=[Rejected(str(self.file), first, text, b"")])

    def _batch(
        self, table: pa.RecordBatch, lines: NDArray[np.int64], good: NDArray[np.bool_], columns: Columns
    ) -> Batch:
        whole = table if good.all() else table.filter(pa.array(good))
        rows = self._rows(whole, columns)
        if whole is not table:
            rows = _with_gaps(rows, good)
        rows = replace(rows, lines=lines)
        return checked(rows, self.file, self.reader.max_chars, lambda row: excerpt(table, columns.text, row))

    def _rows(self, table: pa.RecordBatch, columns: Columns) -> Rows:
        count = table.num_rows
        raw = place(table, columns.text)
        text, faults = _text(raw)
        date, unread = pa.nulls(count, pa.timestamp("us")), np.zeros(count, np.bool_)
        if columns.date is not None:
            found = place(table, columns.date)
            date = moments_of(found) if isinstance(found, list) else moments(found)
            unread = ~date.is_valid().to_numpy(zero_copy_only=False)
        source = _strings(table, columns.source)
        if columns.constant_source is not None:
            source = pa.array([columns.constant_source] * count, pa.string())
        return Rows(
            text=text,
            id=_strings(table, columns.id),
            source=source,
            url=_strings(table, columns.url),
            date=date,
            meta=self._meta(table, columns, unread),
            lines=np.zeros(count, np.int64),
            faults=faults,
        )

    def _meta(self, table: pa.RecordBatch, columns: Columns, unread: NDArray[np.bool_]) -> pa.Array:
        """Pack what plays no part; a date that could not be read stays here under its own name."""
        names, values, taken = [], [], columns.taken
        for name, column in zip(table.schema.names, table.columns, strict=True):
            if name not in taken:
                names.append(name)
                values.append(column)
            elif columns.date == (name,) and unread.any():
                names.append(name)
                values.append(pa.array([v if u else None for v, u in zip(python_values(column), unread, strict=True)]))
        for name, value in self.constants:
            if name not in table.schema.names:
                names.append(name)
                values.append(pa.array([value] * table.num_rows, pa.string()))
        return pack_columns(names, values, table.num_rows)


def table_kinds(table: pa.RecordBatch) -> dict[str, Kind]:
    kinds = {field.name: _kind(field.type) for field in table.schema}
    for name, kind in kinds.items():
        if kind == "text" and name.lower() in NESTED_NAMES:
            with contextlib.suppress(pa.ArrowInvalid):  # damage is told apart, row by row, when the rows are read
                column = table.column(name)
                first = next((value for value in column if value.is_valid), None) if is_valid(column) else None
                kinds[name] = kind_of(name, None if first is None else first.as_py())
    return kinds


def _kind(kind: Any) -> Kind:
    if pa.types.is_struct(kind):
        return {field.name: _kind(field.type) for field in kind}
    if pa.types.is_null(kind):
        return "nothing"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return "moment"
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return "number" if numeric else "other"


def _plain(column: pa.Array) -> pa.Array:
    """Undo encodings (dictionary, run-end, views, extensions) that say nothing about the value."""
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    kind = column.type
    if pa.types.is_dictionary(kind):
        is_valid(column)  # an index out of range would crash the decoding
        return _plain(column.dictionary_decode())
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(column))
    if pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    return column


def place(table: pa.RecordBatch, at: Place) -> pa.Array | list[Any]:
    """Return the column at a place: an array, or a list where it lies inside JSON text."""
    column = table.column(at[0])
    for depth, key in enumerate(at[1:], 1):
        if not pa.types.is_struct(column.type):
            return [dig(value, at[depth:]) for value in python_values(column)]
        column = pc.struct_field(column, key)
    return column


def _text(raw: pa.Array | list[Any]) -> tuple[pa.Array, dict[int, str]]:
    if isinstance(raw, list):
        raw = pa.array([value if isinstance(value, str) else None for value in raw], pa.large_string())
    kind = raw.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return raw.cast(pa.large_string()), {}
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return _decoded(raw)
    present = np.flatnonzero(raw.is_valid().to_numpy(zero_copy_only=False))
    return pa.nulls(len(raw), pa.large_string()), dict.fromkeys(present.tolist(), f"text is not a string but {kind}")


def _decoded(raw: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    try:
        return raw.cast(pa.large_binary()).cast(pa.large_string()), {}
    except pa.ArrowInvalid:
        good = valid_text([pc.cast(raw, pa.large_binary()).view(pa.large_string())])
        bad = np.flatnonzero(~good).tolist()
        kept = pc.if_else(pa.array(good), raw, None)
        return kept.cast(pa.large_binary()).cast(pa.large_string()), dict.fromkeys(bad, "invalid UTF-8")


def _strings(table: pa.RecordBatch, at: Place | None) -> pa.Array:
    if at is None:
        return pa.nulls(table.num_rows, pa.string())
    found = place(table, at)
    if not isinstance(found, list):
        try:
            return found.cast(pa.string())
        except pa.ArrowException:
            found = python_values(found)
    return strings_of(found)


def strings_of(values: list[Any]) -> pa.Array:
    """Return Python values as text: numbers written out, nested values as JSON, null stays null."""
    try:
        return pa.array(values, pa.string())
    except pa.ArrowException:
        return pa.array([_string(value) for value in values], pa.string())


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    written = (pack({"value": value}) or b"")[len(b'{"value":') : -1].decode()
    return None if written in ("", "null") else written.strip('"')


def _with_gaps(rows: Rows, good: NDArray[np.bool_]) -> Rows:
    """Put back, as faults, the rows that were left out because their text is not UTF-8."""
    order = np.cumsum(good) - 1
    index = pa.array(np.where(good, order, 0), mask=~good)
    columns = {name: getattr(rows, name).take(index) for name in ("text", "id", "source", "url", "date", "meta")}
    back = np.flatnonzero(good)
    faults = {int(back[row]): reason for row, reason in rows.faults.items()}
    faults |= dict.fromkeys(np.flatnonzero(~good).tolist(), "invalid UTF-8")
    return Rows(**columns, lines=np.zeros(len(good), np.int64), faults=faults)


def excerpt(table: pa.RecordBatch, text: Place, row: int) -> bytes:
    """Return a row as JSON, or the bytes of its text where that is impossible."""
    one = table.slice(row, 1)
    try:
        values = [python_values(column)[0] for column in one.columns]
        return pack(dict(zip(one.schema.names, values, strict=True))) or b"{}"
    except (UnicodeDecodeError, TypeError):
        raw = one.column(text[0])
        wide = pa.types.is_large_string(raw.type) or pa.types.is_large_binary(raw.type)
        if not (wide or pa.types.is_string(raw.type) or pa.types.is_binary(raw.type)):
            return b""
        data: bytes | None = raw.view(pa.large_binary() if wide else pa.binary())[0].as_py()
        return (data or b"")[:EXCERPT_BYTES]
