"""The checks that every document passes, whatever file it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from winnow.ingest.base import DOCUMENT, EXCERPT_BYTES, Batch, Rejected


@dataclass(frozen=True)
class Rows:
    """Columns of one batch before the checks, all of one length, typed as in DOCUMENT."""

    text: pa.Array
    id: pa.Array
    source: pa.Array
    url: pa.Array
    date: pa.Array
    meta: pa.Array
    lines: NDArray[np.int64]
    faults: dict[int, str]
    """Rows known to be bad already, and why; their text is null."""


def checked(rows: Rows, file: Path, max_chars: int, excerpt: Callable[[int], bytes]) -> Batch:
    """Set aside the rows that are no documents; `excerpt` gives the raw bytes of a row and is asked only for those."""
    faults = _faults(rows, max_chars)
    documents = pa.RecordBatch.from_arrays(
        [rows.text, rows.id, rows.source, rows.url, rows.date, rows.meta], schema=DOCUMENT
    )
    lines = rows.lines
    if faults:
        keep = np.ones(len(lines), np.bool_)
        keep[list(faults)] = False
        documents, lines = documents.filter(pa.array(keep)), lines[keep]
    rejected = [
        Rejected(str(file), int(rows.lines[row]), reason, excerpt(row)[:EXCERPT_BYTES])
        for row, reason in sorted(faults.items())
    ]
    return Batch(documents, rejected, lines=lines.tolist(), file=str(file))


def _faults(rows: Rows, max_chars: int) -> dict[int, str]:
    text = rows.text.fill_null("")  # what lies behind a null need not be UTF-8, and Arrow's text functions look at it
    faults = dict.fromkeys(_where(pc.equal(pc.binary_length(text), 0)), "empty text")
    faults |= dict.fromkeys(_where(rows.text.is_null()), "no text")
    faults |= dict.fromkeys(_where(pc.utf8_is_space(text)), "only white space")
    for name in ("text", "id", "source", "url"):
        column = text if name == "text" else getattr(rows, name)
        if _may_hold_nul(column):
            faults |= dict.fromkeys(_where(pc.match_substring(column, "\0")), f"NUL byte in the {name}")
    if text.nbytes > max_chars:
        lengths = pc.utf8_length(text)
        for row in _where(pc.greater(lengths, max_chars)):
            faults[row] = f"{lengths[row].as_py():,} characters, more than max_chars = {max_chars:,}"
    return faults | rows.faults


def _where(mask: pa.Array) -> list[int]:
    found: list[int] = np.flatnonzero(mask.fill_null(False).to_numpy(zero_copy_only=False)).tolist()
    return found


def _may_hold_nul(column: pa.Array) -> bool:
    """Look at the bytes behind the column at once: cheaper than a search in each value."""
    _, offsets, data = column.buffers()
    if data is None or len(column) == 0:
        return False
    kind = np.int64 if column.type == pa.large_string() else np.int32
    ends = np.frombuffer(offsets, kind, count=column.offset + len(column) + 1)
    first, last = ends[column.offset], ends[-1]
    return bool(np.frombuffer(data, np.uint8)[first:last].min(initial=1) == 0)
