"""Reading documents from their shards: by id for a page, in batches for a pass over the corpus."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from winnow.catalog.manifest import Manifest, Part

ROW_GROUP = 2048


@functools.lru_cache(maxsize=64)
def _open(path: Path) -> tuple[pq.ParquetFile, NDArray[np.int64]]:
    """Open a shard once; shards are immutable. Returns the file and the first row of each row group."""
    file = pq.ParquetFile(path, memory_map=True)
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
    return file, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def read_rows(path: Path, rows: NDArray[np.int64], columns: Sequence[str]) -> pa.Table:
    """Return the rows of one shard in the order asked, reading only the row groups that hold them."""
    _, starts = _open(path)
    groups = np.searchsorted(starts, rows, side="right") - 1
    wanted = np.unique(groups)
    # A ParquetFile is not safe to read from two threads at once, so each read opens its own.
    with pq.ParquetFile(path, memory_map=True, metadata=_open(path)[0].metadata) as file:
        table = file.read_row_groups(wanted.tolist(), columns=list(columns), use_threads=False)
    sizes = starts[wanted + 1] - starts[wanted]
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    place = offsets[np.searchsorted(wanted, groups)] + rows - starts[groups]
    return table.take(pa.array(place))


class Texts:
    """Documents by id, and batches over the corpus."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def fetch(self, doc_ids: Sequence[int] | NDArray[np.int64], columns: Sequence[str] = ("text",)) -> pa.Table:
        """Return the named columns of the documents, in the order asked; an unknown id raises KeyError."""
        ids = np.asarray(doc_ids, dtype=np.int64)
        parts = self._manifest.parts()
        firsts = np.array([part.first_id for part in parts], dtype=np.int64)
        places = np.searchsorted(firsts, ids, side="right") - 1
        total = parts[-1].first_id + parts[-1].documents if parts else 0
        if len(ids) and (ids.min() < 0 or ids.max() >= total):
            raise KeyError(int(ids.max() if ids.max() >= total else ids.min()))
        tables, order = [], []
        for place in np.unique(places):
            mine = np.flatnonzero(places == place)
            tables.append(read_rows(parts[place].path, ids[mine] - firsts[place], columns))
            order.append(mine)
        if not tables:
            return pa.table({name: pa.array([], pa.large_string()) for name in columns})
        back = np.argsort(np.concatenate(order), kind="stable")
        return pa.concat_tables(tables).take(pa.array(back))

    def texts(self, doc_ids: Sequence[int] | NDArray[np.int64]) -> list[str]:
        return [text or "" for text in self.fetch(doc_ids).column("text").to_pylist()]

    def batches(self, columns: Sequence[str] = ("doc_id", "text")) -> Iterator[pa.RecordBatch]:
        """Yield the whole corpus in doc_id order, a row group at a time."""
        for part in self._manifest.parts():
            yield from part_batches(part.path, columns)


def part_batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield one shard a row group at a time, with text as large_string."""
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            table = file.read_row_group(group, columns=list(columns), use_threads=False).combine_chunks()
            yield from table.to_batches()


def shard_of(parts: Sequence[Part], doc_id: int) -> Part | None:
    return next((part for part in parts if part.first_id <= doc_id < part.first_id + part.documents), None)
