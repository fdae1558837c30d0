"""Parquet: every value and type comes back, compressed as asked."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from winnow.export.parquet import Parquet
from winnow.export.shards import GROUP_DOCS, plain_schema


def test_every_value_comes_back(tmp_path, docs) -> None:
    batch = docs()
    (path,) = Parquet().write([batch], tmp_path)
    table = pq.read_table(path)
    assert table.schema.equals(plain_schema(batch.schema))
    assert table.to_pylist() == batch.to_pylist()


@pytest.mark.parametrize(
    ("asked", "found"), [("zstd", "ZSTD"), ("snappy", "SNAPPY"), ("gzip", "GZIP"), ("none", "UNCOMPRESSED")]
)
def test_compression_is_as_asked(tmp_path, docs, asked: str, found: str) -> None:
    (path,) = Parquet(compression=asked).write([docs()], tmp_path)
    assert pq.read_metadata(path).row_group(0).column(1).compression == found


def test_row_groups_are_small_enough_to_read_one_document(tmp_path) -> None:
    n = 2 * GROUP_DOCS + 5
    (path,) = Parquet().write([pa.RecordBatch.from_pydict({"doc_id": list(range(n))})], tmp_path)
    found = pq.read_metadata(path)
    assert [found.row_group(place).num_rows for place in range(found.num_row_groups)] == [GROUP_DOCS, GROUP_DOCS, 5]
