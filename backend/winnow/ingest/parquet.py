"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from winnow.errors import InputError
from winnow.ingest.base import BATCH_BYTES, BATCH_ROWS, Batch, Reader, Rejected
from winnow.ingest.streams import open_file
from winnow.ingest.tables import TableDocuments

_BROKEN = (pa.ArrowException, OSError, EOFError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Parquet(Reader):
    """Parquet (.parquet, .pq), one row group after another; a damaged row group is rejected, the others are read."""

    name: ClassVar[str] = "parquet"
    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".pq", ".parq")

    def read(self, path: Path) -> Iterator[Batch]:
        with open_file(path) as opened:
            if path.stat().st_size == 0:
                return
            try:
                file = pq.ParquetFile(opened, pre_buffer=False)
            except _BROKEN as reason:
                raise InputError(
                    f"a whole Parquet file is needed: {path}",
                    f"its footer cannot be read ({_short(reason)})",
                    "fetch it again, or leave it out",
                ) from reason
            with file:
                yield from self._groups(file, path)

    def _groups(self, file: Any, path: Path) -> Iterator[Batch]:
        documents = TableDocuments(self, path)
        bytes_per_row = path.stat().st_size / max(file.metadata.num_rows, 1)
        start = 0
        for group in range(file.num_row_groups):
            about = file.metadata.row_group(group)
            documents.row = start
            step = max(1, min(BATCH_ROWS, about.num_rows * BATCH_BYTES // max(about.total_byte_size, 1)))
            tables = file.iter_batches(batch_size=step, row_groups=[group], use_threads=False)
            damage = ""
            while True:
                try:
                    table = next(tables, None)
                except _BROKEN as reason:
                    table, damage = None, _short(reason)
                if table is None:
                    break
                for batch in documents.batches(table):
                    yield replace(batch, bytes_read=int(documents.row * bytes_per_row))
            start += about.num_rows
            if damage:
                yield _lost(documents, start, damage, int(start * bytes_per_row))


def _lost(documents: TableDocuments, end: int, damage: str, bytes_read: int) -> Batch:
    first = documents.row + 1
    rows = f"row {first}" if first == end else f"rows {first} to {end}"
    rejected = Rejected(str(documents.file), first, f"{rows} cannot be read: {damage}", b"")
    return replace(documents.nothing(), rejected=[rejected], bytes_read=bytes_read)


def _short(reason: BaseException) -> str:
    return str(reason).splitlines()[0][:200] if str(reason) else type(reason).__name__
