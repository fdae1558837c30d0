"""Writing documents in another order than they are read in, with bounded memory: an external sort by destination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.export.shards import plain_schema

Rows = NDArray[np.int64]
Texts = Callable[[pa.Array, Rows, Rows], pa.Array]
"""Makes the texts of entries from the texts of a batch, the rows in it that they come from, and their numbers."""

BIN_BYTES = 64 * 2**20
"""Text in one bin: what is sorted in memory at once."""

MOST_BINS = 512
"""Bins at most, since each is an open file; above 32 GB bins grow instead."""

ENTRY = "__entry"
"""The column with the place of a document in the new order."""


class Reordering:
    """Takes batches of documents in the order they are stored and gives them back in the order wanted.

    `rows` int64 [m], the document that comes at each place, numbered as they are put in; one may come several times or
    never. `sizes` int64 [m], about how many bytes each takes. Documents are put into bins of neighbouring places, each a
    file in `folder`, and a bin is sorted when it is read: every document is written and read once more, whatever its
    place. Memory: a batch and a bin.
    """

    def __init__(self, folder: Path, rows: Rows, sizes: Rows) -> None:
        self._folder = folder
        total = int(sizes.sum())
        most = max(BIN_BYTES, -(-total // MOST_BINS), 1)
        self._bin_of = (np.cumsum(sizes) - sizes) // most
        self._by_row = np.argsort(rows, kind="stable")
        self._rows = rows[self._by_row]

    def put(self, batches: Iterable[pa.RecordBatch], texts: Texts | None = None) -> None:
        """Take every document, in the order of their numbers; `texts` may give entries other texts."""
        folder, first = self._folder, 0
        folder.mkdir(parents=True, exist_ok=True)
        writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        try:
            for batch in batches:
                low, high = np.searchsorted(self._rows, [first, first + len(batch)])
                entries, rows = self._by_row[low:high], self._rows[low:high] - first
                taken = _plain(batch.drop_columns(["text"]).take(pa.array(rows)))
                given = batch.column("text")
                column = texts(given, rows, entries) if texts else given.take(pa.array(rows))
                taken = taken.append_column(ENTRY, pa.array(entries, pa.int64())).append_column("text", column)
                for number, place in self._parts(entries):
                    if number not in writers:
                        path = str(folder / f"{number:05d}.arrow")
                        writers[number] = pa.ipc.new_stream(path, taken.schema, options=options)
                    writers[number].write_table(taken.take(pa.array(place)))
                first += len(batch)
        finally:
            for writer in writers.values():
                writer.close()

    def _parts(self, entries: Rows) -> Iterator[tuple[int, Rows]]:
        """Yield each bin with the places of its entries; bin 0 comes even when it has none, to keep the schema."""
        bins = self._bin_of[entries]
        order = np.argsort(bins, kind="stable")
        numbers, starts = np.unique(bins[order], return_index=True)
        if not len(numbers):
            yield 0, order
        yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=False)

    def batches(self, size: int) -> Iterator[pa.RecordBatch]:
        """Yield the documents in their new order, at most `size` at a time, with the column ENTRY; a bin is then gone."""
        for path in sorted(self._folder.glob("*.arrow")):
            with pa.OSFile(str(path)) as source:
                table = pa.ipc.open_stream(source).read_all()
            order = np.argsort(table.column(ENTRY).to_numpy(), kind="stable")
            for start in range(0, max(len(order), 1), size):
                part = table.take(pa.array(order[start : start + size])).combine_chunks()
                yield from part.to_batches() or [pa.RecordBatch.from_pylist([], part.schema)]
            path.unlink()


def _plain(batch: pa.RecordBatch) -> pa.Table:
    return pa.Table.from_batches([batch]).cast(plain_schema(batch.schema))


class Spool:
    """Batches put aside on disk and read again, in their order."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, batches: Iterable[pa.RecordBatch]) -> None:
        writer: pa.ipc.RecordBatchStreamWriter | None = None
        try:
            for batch in batches:
                table = _plain(batch)
                if writer is None:
                    options = pa.ipc.IpcWriteOptions(compression="lz4")
                    writer = pa.ipc.new_stream(str(self.path), table.schema, options=options)
                writer.write_table(table.combine_chunks())
        finally:
            if writer is not None:
                writer.close()

    def batches(self) -> Iterator[pa.RecordBatch]:
        with pa.OSFile(str(self.path)) as source:
            yield from pa.ipc.open_stream(source)
