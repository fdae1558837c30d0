"""JSON Lines, and JSON files that hold one array of objects."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa

from winnow.ingest.base import BATCH_BYTES, BATCH_ROWS, Batch, Reader
from winnow.ingest.columns import ROLES, Columns, Kind, Place, add_kinds, dig, find_columns, more_columns
from winnow.ingest.dates import moments_of
from winnow.ingest.documents import Rows, checked
from winnow.ingest.packing import pack
from winnow.ingest.pieces import JsonValues, Pieces, Split, cut, lines
from winnow.ingest.streams import COMPRESSED, ByteStream
from winnow.ingest.tables import strings_of

_BYTES_PER_CHAR = 6
"""A character of a JSON text takes at most six bytes for each UTF-16 unit: \\u00e9."""
_OTHER_BYTES = 16 << 20

Enrich = Callable[[list[dict[str, Any]], list[int]], None]
"""Adds to objects, given the number of the line or element each stands in."""


@dataclass(frozen=True, kw_only=True)
class JsonLines(Reader):
    """JSON Lines (.jsonl, .ndjson) or one array of objects (.json), plain or compressed.

    A line that is no JSON object is rejected by its line number (in an array: the number of the element). Of a key
    written twice in one object the last value counts. NaN and Infinity, which are not JSON, are read as null.
    """

    name: ClassVar[str] = "jsonl"
    suffixes: ClassVar[tuple[str, ...]] = tuple(
        stem + packed for stem in (".jsonl", ".ndjson", ".json", ".jsonlines") for packed in COMPRESSED
    )

    def read(self, path: Path) -> Iterator[Batch]:
        yield from self.read_with(path, lambda rows, numbers: None)

    def read_with(self, path: Path, enrich: Enrich) -> Iterator[Batch]:
        """Read a file and let `enrich` change the objects of each batch before they are taken apart."""
        stream = ByteStream(path)
        objects = _Objects(self, path, enrich)
        limit = self.max_chars * _BYTES_PER_CHAR + _OTHER_BYTES
        split = _Layout(".json" in path.name.lower() and ".jsonl" not in path.name.lower())
        for pieces in cut(stream, split, limit):
            for part in _batches(pieces):
                batch = objects.batch(part)
                if batch.documents.num_rows or batch.rejected:
                    yield replace(batch, bytes_read=stream.position)


class _Layout:
    """Looks at the first bytes: lines, one array, or objects written over many lines."""

    def __init__(self, json_suffix: bool) -> None:
        self._json_suffix = json_suffix
        self._split: Split | None = None

    def __call__(self, block: bytes) -> list[bytes]:
        if self._split is None:
            if not block.strip():
                return lines(block)
            self._split = self._chosen(block.lstrip())
        return self._split(block)

    def _chosen(self, head: bytes) -> Split:
        first = head.split(b"\n", 1)[0].strip()
        if head.startswith(b"[") and (self._json_suffix or first == b"["):
            return JsonValues(array=True)
        if self._json_suffix and first == b"{":
            return JsonValues(array=False)
        return lines


def _batches(pieces: Pieces) -> Iterator[Pieces]:
    if pieces.fault:
        yield pieces
        return
    start = size = 0
    for place, part in enumerate(pieces.parts):
        size += len(part)
        if place + 1 - start == BATCH_ROWS or size >= BATCH_BYTES or place + 1 == len(pieces.parts):
            yield Pieces(pieces.first + start, pieces.parts[start : place + 1])
            start, size = place + 1, 0


class _Objects:
    """Turns the JSON objects of one file into documents."""

    def __init__(self, reader: JsonLines, file: Path, enrich: Enrich) -> None:
        self._reader = reader
        self._file = file
        self._enrich = enrich
        self._kinds: dict[str, Kind] = {}
        self._columns: Columns | None = None

    def batch(self, pieces: Pieces) -> Batch:
        values, numbers, raw, faults = _parsed(pieces)
        self._enrich(values, numbers)
        columns = self._found(values) or Columns(text=("",))
        text = [row.pop(columns.text[0], None) if len(columns.text) == 1 else dig(row, columns.text) for row in values]
        date, unread = _dates(values, columns.date)
        parts = {role: _taken(values, getattr(columns, role)) for role in ("id", "source", "url")}
        for row, key, value in unread:
            values[row][key] = value
        if columns.constant_source is not None:
            parts["source"] = pa.array([columns.constant_source] * len(values), pa.string())
        rows = Rows(
            text=_texts(text, faults),
            **parts,
            date=date,
            meta=pa.array([pack(row) for row in values], pa.string()),
            lines=np.array(numbers, np.int64),
            faults=faults,
        )
        return checked(rows, self._file, self._reader.max_chars, lambda row: raw[row])

    def _found(self, values: list[dict[str, Any]]) -> Columns | None:
        """Choose the columns from the first batch that holds an object; a part found only later is added then."""
        missing = self._columns is None or any(getattr(self._columns, role) is None for role in ROLES)
        keys = set().union(*values) if missing else set()
        if keys - self._kinds.keys():
            add_kinds(self._kinds, values)
            if self._columns is None:
                self._columns = find_columns(self._reader, self._kinds, self._file)
            else:
                self._columns = more_columns(self._columns, self._reader, self._kinds, self._file)
        return self._columns


def _parsed(pieces: Pieces) -> tuple[list[dict[str, Any]], list[int], list[bytes], dict[int, str]]:
    """Return objects, line numbers, raw lines and faults, aligned; blank lines are no rows."""
    if pieces.fault:
        return [{}], [pieces.first], pieces.parts, {0: pieces.fault}
    values: list[dict[str, Any]] = []
    numbers: list[int] = []
    raw: list[bytes] = []
    faults: dict[int, str] = {}
    for number, line in enumerate(pieces.parts, pieces.first):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as reason:
            if not line.strip():
                continue
            value = _second_try(line, reason)
        if type(value) is not dict:
            faults[len(values)] = value.reason if isinstance(value, _Fault) else _not_an_object(value)
            value = {}
        values.append(value)
        numbers.append(number)
        raw.append(line)
    return values, numbers, raw, faults


@dataclass(frozen=True)
class _Fault:
    reason: str


def _second_try(line: bytes, reason: orjson.JSONDecodeError) -> Any:
    try:
        decoded = line.decode()
    except UnicodeDecodeError as wrong:
        return _Fault(f"invalid UTF-8 at byte {wrong.start + 1} of the line")
    if "NaN" in decoded or "Infinity" in decoded:
        try:
            return orjson.loads(orjson.dumps(json.loads(decoded, parse_int=_number)))
        except (ValueError, TypeError, RecursionError):
            pass
    return _Fault(f"invalid JSON: {reason.msg} at character {reason.pos + 1}")


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 19 else float(digits)


def _not_an_object(value: Any) -> str:
    kinds = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}
    return f"not a JSON object but {kinds.get(type(value), 'a number')}"


def _texts(values: list[Any], faults: dict[int, str]) -> pa.Array:
    try:
        return pa.array(values, pa.large_string())
    except pa.ArrowException:
        for row, value in enumerate(values):
            if value is not None and not isinstance(value, str):
                faults[row] = f"text is not a string but {type(value).__name__}"
                values[row] = None
        return pa.array(values, pa.large_string())


def _taken(rows: list[dict[str, Any]], at: Place | None) -> pa.Array:
    return pa.nulls(len(rows), pa.string()) if at is None else strings_of(_values(rows, at))


def _values(rows: list[dict[str, Any]], at: Place) -> list[Any]:
    """Take a whole column out of the objects; what lies nested in one is read and stays."""
    if len(at) == 1:
        return [row.pop(at[0], None) for row in rows]
    return [dig(row, at) for row in rows]


def _dates(rows: list[dict[str, Any]], at: Place | None) -> tuple[pa.Array, list[tuple[int, str, Any]]]:
    """Return the dates, and (row, key, value) of those that could not be read, so that they stay in `meta`."""
    if at is None:
        return pa.nulls(len(rows), pa.timestamp("us")), []
    values = _values(rows, at)
    dates = moments_of(values)
    if len(at) > 1 or dates.null_count == 0:
        return dates, []
    unread = np.flatnonzero(dates.is_null().to_numpy(zero_copy_only=False)).tolist()
    return dates, [(row, at[0], values[row]) for row in unread if values[row] is not None]
