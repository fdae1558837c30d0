"""Writing documents: batches from a reader become shards and a quarantine under a staging folder, in any process."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.texts import ROW_GROUP
from winnow.ingest.base import DOCUMENT, Batch, Rejected

PART_DOCUMENTS = 16_384
PART_BYTES = 96 << 20
GROUP_BYTES = 32 << 20
KEYS = 10_000
"""How many different keys are looked at for facets: some files name every value."""
STORED = pa.schema([("doc_id", pa.int64()), *DOCUMENT])
QUARANTINE = pa.schema([("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("excerpt", pa.binary())])


@dataclass
class StagedShard:
    """A shard of documents as it grows."""

    path: Path
    first_id: int
    documents: int = 0
    bytes: int = 0


@dataclass
class Written:
    """What one input became, still under its staging folder; `kinds` counts the types of each other column's values."""

    shards: list[StagedShard] = field(default_factory=list)
    quarantine: Path | None = None
    documents: int = 0
    rejected: int = 0
    kinds: dict[str, Counter[str]] = field(default_factory=dict)


class Writing:
    """Writes one input's documents; the same batches from the same place give the same bytes."""

    def __init__(self, staged: Path, first_id: int) -> None:
        self._staged, self._next_id = staged, first_id
        self._waiting: list[pa.RecordBatch] = []
        self._writer: pq.ParquetWriter | None = None
        self._quarantine: pq.ParquetWriter | None = None
        self._made = Written()

    def add(self, batch: Batch, file: str, repeated: NDArray[np.bool_]) -> None:
        """Take one batch: rows whose id is in the corpus already go to the quarantine, the rest to the present shard."""
        self._reject(batch.rejected)
        if repeated.any():
            self._reject([_repeated(batch, int(row), batch.file or file) for row in np.flatnonzero(repeated)])
        kept = batch.documents.filter(pa.array(~repeated)) if repeated.any() else batch.documents
        if kept.num_rows == 0:
            return
        self._note_facets(kept.column("meta"))
        self._made.documents += kept.num_rows
        self._waiting.append(kept)
        self._flush(whole_groups=True)

    def _reject(self, rows: Sequence[Rejected]) -> None:
        """Write rows to the quarantine as they come: a file may hold nothing else."""
        if not rows:
            return
        if self._quarantine is None:
            self._made.quarantine = self._staged / "quarantine.parquet"
            self._quarantine = pq.ParquetWriter(self._made.quarantine, QUARANTINE, compression="zstd")
        plain = [{**vars(row), "file": printable(row.file), "reason": printable(row.reason)} for row in rows]
        self._quarantine.write_table(pa.Table.from_pylist(plain, QUARANTINE))
        self._made.rejected += len(rows)

    def _flush(self, whole_groups: bool) -> None:
        rows = sum(batch.num_rows for batch in self._waiting)
        size = sum(batch.nbytes for batch in self._waiting)
        if rows == 0 or (whole_groups and rows < ROW_GROUP and size < GROUP_BYTES):
            return
        table = pa.Table.from_batches(self._waiting, DOCUMENT).combine_chunks()
        end = table.num_rows if not whole_groups or size >= GROUP_BYTES else table.num_rows - table.num_rows % ROW_GROUP
        for start in range(0, end, ROW_GROUP):
            self._write_group(table.slice(start, min(ROW_GROUP, end - start)))
        rest = table.slice(end)
        self._waiting = rest.to_batches() if rest.num_rows else []

    def _write_group(self, table: pa.Table) -> None:
        if self._writer is None:
            path = self._staged / f"part-{len(self._made.shards):05d}.parquet"
            self._writer = pq.ParquetWriter(path, STORED, compression="zstd")
            self._made.shards.append(StagedShard(path, self._next_id))
        ids = pa.array(np.arange(self._next_id, self._next_id + table.num_rows, dtype=np.int64))
        self._writer.write_table(table.add_column(0, "doc_id", ids), row_group_size=table.num_rows)
        shard = self._made.shards[-1]
        shard.documents += table.num_rows
        shard.bytes += table.nbytes
        self._next_id += table.num_rows
        if shard.documents >= PART_DOCUMENTS or shard.bytes >= PART_BYTES:
            self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _note_facets(self, meta: pa.Array) -> None:
        """Learn the kinds of the other columns from the first documents and a sample of the rest."""
        step = 1 if self._made.documents < 5000 else 29
        for text in pc.drop_null(meta.take(pa.array(np.arange(0, len(meta), step)))).to_pylist():
            for key, value in orjson.loads(text).items():
                if key in self._made.kinds or len(self._made.kinds) < KEYS:
                    self._made.kinds.setdefault(key, Counter())[_kind(value)] += 1

    def end(self) -> Written:
        """Close the files and return what they hold."""
        self._flush(whole_groups=False)
        self._close()
        if self._quarantine is not None:
            self._quarantine.close()
        return self._made


def _repeated(batch: Batch, row: int, file: str) -> Rejected:
    excerpt = (batch.documents.column("text")[row].as_py() or "")[:2000].encode()
    identity = batch.documents.column("id")[row].as_py()
    return Rejected(file, batch.lines[row] if batch.lines else 0, f"id '{identity}' is in the corpus already", excerpt)


def printable(text: str) -> str:
    """Return text that can be stored and shown: a file's name may hold bytes that are none."""
    return text.encode("utf-8", "backslashreplace").decode()


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(\.[0-9]+)?")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return "BIGINT" if -(2**63) <= value < 2**63 else "DOUBLE"
    if isinstance(value, float):
        return "DOUBLE"
    if isinstance(value, str):
        # A CSV file says numbers in letters; "007" is a name, which a number would not give back.
        if len(value) < 20 and (found := _NUMBER.fullmatch(value)):
            return "DOUBLE" if found[1] else "BIGINT"
        return "VARCHAR" if len(value) <= 200 else "long"
    return "nested"
