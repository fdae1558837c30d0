"""Documents in another order: every place is filled, whatever the size of bins and batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from winnow.export import reorder
from winnow.export.reorder import ENTRY, Reordering, Spool


@pytest.mark.parametrize("bin_bytes", [1, 300, 2**20])
@pytest.mark.parametrize("sizes", [[50], [7], [3, 0, 20]])
def test_documents_come_in_the_order_wanted(tmp_path: Path, docs, cut, monkeypatch, bin_bytes: int, sizes) -> None:
    monkeypatch.setattr(reorder, "BIN_BYTES", bin_bytes)
    batch = docs(50)
    rows = np.random.default_rng(0).integers(0, 50, 120)  # some come several times, some never
    rows = rows[rows != 13]
    reordering = Reordering(tmp_path / "bins", rows, np.full(len(rows), 40))
    reordering.put(cut(batch, sizes))
    found = pa.Table.from_batches(list(reordering.batches(16)))
    assert found.column("doc_id").to_pylist() == rows.tolist()
    assert found.column(ENTRY).to_pylist() == list(range(len(rows)))
    assert found.column("text").to_pylist() == batch.column("text").take(pa.array(rows)).to_pylist()
    assert not list((tmp_path / "bins").iterdir()), "a bin is gone when it was read"


def test_entries_may_have_other_texts(tmp_path: Path, docs) -> None:
    """Document 1 comes twice, once as its first letters and once as the rest."""
    reordering = Reordering(tmp_path / "bins", np.array([1, 2, 1]), np.ones(3, dtype=np.int64))

    def texts(given: pa.Array, rows: np.ndarray, entries: np.ndarray) -> pa.Array:
        return pa.array([f"{entry}:{row}:{given[row]}" for row, entry in zip(rows, entries, strict=True)])

    reordering.put([docs(4)], texts)
    found = pa.Table.from_batches(list(reordering.batches(2)))
    assert found.column("text").to_pylist() == ["0:1:", "1:2:שלום עולם", "2:1:"]


def test_no_documents_keep_their_columns(tmp_path: Path, docs) -> None:
    reordering = Reordering(tmp_path / "bins", np.empty(0, np.int64), np.empty(0, np.int64))
    reordering.put([docs(5)])
    (batch,) = reordering.batches(10)
    assert len(batch) == 0
    assert set(docs(0).schema.names) <= set(batch.schema.names)


def test_a_spool_gives_back_what_was_put_in(tmp_path: Path, docs, cut) -> None:
    spool = Spool(tmp_path / "spool.arrow")
    spool.put(cut(docs(20), [6]))
    assert pa.Table.from_batches(list(spool.batches())).to_pylist() == pa.Table.from_batches([docs(20)]).to_pylist()
