"""Collects documents that come one by one, until a batch is full."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from winnow.ingest.base import BATCH_BYTES, BATCH_ROWS, EXCERPT_BYTES, Batch, Reader, Rejected
from winnow.ingest.dates import moments_of
from winnow.ingest.documents import Rows, checked
from winnow.ingest.packing import pack


@dataclass(frozen=True)
class Found:
    """One document of a file: `line` numbers it (line, record, page), `meta` holds what plays no part."""

    text: str
    file: Path
    line: int = 1
    id: str | None = None
    source: str | None = None
    url: str | None = None
    date: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


class Gathering:
    """Holds documents, rejected rows and counts of what was passed over until they make a batch."""

    def __init__(self, reader: Reader, file: Path) -> None:
        self._reader, self._file = reader, file
        source = reader.source
        self._source = source[1:] if source is not None and source.startswith("=") else None
        self._clear()

    def _clear(self) -> None:
        self._held: list[Found] = []
        self._rejected: list[Rejected] = []
        self._skipped: Counter[str] = Counter()
        self._size = 0

    def add(self, found: Found) -> None:
        self._held.append(found)
        self._size += len(found.text)

    def reject(self, line: int, reason: str, excerpt: bytes = b"", file: Path | None = None) -> None:
        self._rejected.append(Rejected(str(file or self._file), line, reason, excerpt[:EXCERPT_BYTES]))

    def skip(self, reason: str) -> None:
        """Count something that is no document of this kind, such as a redirect: nothing is lost with it."""
        self._skipped[reason] += 1

    @property
    def full(self) -> bool:
        return len(self._held) >= BATCH_ROWS or len(self._rejected) >= BATCH_ROWS or self._size >= BATCH_BYTES

    @property
    def empty(self) -> bool:
        return not (self._held or self._rejected or self._skipped)

    def batch(self, bytes_read: int) -> Batch:
        """Return what is held as a batch, and hold nothing."""
        held = self._held
        dates, unread = _dates(held)
        rows = Rows(
            text=_strings([found.text for found in held], pa.large_string()),
            id=_strings([found.id for found in held]),
            source=_strings([self._source or found.source for found in held]),
            url=_strings([found.url for found in held]),
            date=dates,
            meta=_strings([_packed(found, place in unread) for place, found in enumerate(held)]),
            lines=np.arange(len(held), dtype=np.int64),
            faults={},
        )
        made = checked(rows, self._file, self._reader.max_chars, lambda row: held[row].text[:EXCERPT_BYTES].encode())
        refused = [replace(row, file=str(held[row.line].file), line=held[row.line].line) for row in made.rejected]
        rejected, lines = [*self._rejected, *refused], [held[row].line for row in made.lines]
        rejected.sort(key=lambda row: (row.file, row.line))
        skipped = dict(self._skipped)
        self._clear()
        return Batch(made.documents, rejected, bytes_read, lines, str(self._file), skipped)


def _dates(held: list[Found]) -> tuple[pa.Array, set[int]]:
    dates = moments_of([found.date for found in held])
    missing = np.flatnonzero(~dates.is_valid().to_numpy(zero_copy_only=False)).tolist()
    return dates, {place for place in missing if held[place].date}


def _packed(found: Found, unread: bool) -> str | None:
    """Return the other columns as JSON; a date that could not be read stays there."""
    meta = {**found.meta, "date": found.date} if unread else found.meta
    packed = pack({key: value for key, value in meta.items() if value not in ("", [], {})})
    return None if packed is None else packed.decode()


def _strings(values: list[str | None] | list[str], kind: pa.DataType | None = None) -> pa.Array:
    try:
        return pa.array(values, kind or pa.string())
    except UnicodeEncodeError:
        readable = [value and value.encode("utf-8", "replace").decode() for value in values]
        return pa.array(readable, kind or pa.string())
