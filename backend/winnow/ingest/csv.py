"""Comma- and tab-separated files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from winnow.ingest.base import BATCH_BYTES, BATCH_ROWS, Batch, Reader
from winnow.ingest.records import Record, Records
from winnow.ingest.streams import COMPRESSED, ByteStream
from winnow.ingest.tables import TableDocuments, unique_names
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class Csv(Reader):
    """Comma-, semicolon-, bar- or tab-separated values with a header (.csv, .tsv), plain or compressed.

    The separator is the one that cuts the header into most columns; fields may be quoted and then hold newlines.
    A row with too few or too many fields is rejected by the number of its first line. An empty field is null; all
    values stay text.
    """

    name: ClassVar[str] = "csv"
    suffixes: ClassVar[tuple[str, ...]] = tuple(stem + packed for stem in (".csv", ".tsv") for packed in COMPRESSED)

    delimiter: str | None = param(None, "Character between fields ('tab' for tabs); read from the header if not given.")

    def read(self, path: Path) -> Iterator[Batch]:
        stream = ByteStream(path)
        records = Records(stream, self._separator(path), self.max_chars)
        documents = TableDocuments(self, path)
        names: list[str] = []
        held: list[Record] = []
        size = 0
        for record in records:
            if not names:
                names = unique_names([name.encode(errors="replace").decode().strip() for name in record.fields])
                continue
            held.append(record)
            size += record.chars
            if len(held) == BATCH_ROWS or size >= BATCH_BYTES:
                yield from _batches(documents, names, held, records)
                held, size = [], 0
        if names:
            yield from _batches(documents, names, held, records)
        elif records.rejected:
            yield replace(documents.nothing(), rejected=records.take_rejected(), bytes_read=stream.position)

    def _separator(self, path: Path) -> str | None:
        if self.delimiter is None:
            return "\t" if ".tsv" in path.name.lower() else None
        return {"tab": "\t", "\\t": "\t"}.get(self.delimiter, self.delimiter)


def _batches(documents: TableDocuments, names: list[str], held: list[Record], records: Records) -> Iterator[Batch]:
    fields = zip(*(record.fields for record in held), strict=True) if held else ((),) * len(names)
    columns = [pa.array([value or None for value in column], pa.large_string()) for column in fields]
    table = pa.RecordBatch.from_arrays(columns, names=names)
    lines = np.array([record.line for record in held], np.int64)
    pending = records.take_rejected()
    for batch in documents.batches(table, lines):
        rejected = sorted([*pending, *batch.rejected], key=lambda row: row.line)
        pending = []
        yield replace(batch, rejected=rejected, bytes_read=records.position)
    if pending:
        yield replace(documents.nothing(), rejected=pending, bytes_read=records.position)
