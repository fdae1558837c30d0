"""Export as Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from winnow.export.base import Exporter
from winnow.method import param


@dataclass(frozen=True, kw_only=True)
class Parquet(Exporter):
    """Columns in Parquet files: small, typed, and read by every data tool."""

    name: ClassVar[str] = "parquet"
    hub_loads: ClassVar[bool] = True

    compression: str = param(
        "zstd", "How columns are compressed; snappy is for older readers.", choices=("zstd", "snappy", "gzip", "none")
    )

    @property
    def suffix(self) -> str:
        return ".parquet"

    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        first = next(tables)
        with pq.ParquetWriter(file, first.schema, compression=self.compression) as writer:
            writer.write_table(first)
            for table in tables:
                writer.write_table(table)

    def count(self, path: Path) -> int:
        return int(pq.read_metadata(path).num_rows)

    def usage(self, pattern: str) -> str:
        return load_dataset("parquet", pattern)


def load_dataset(kind: str, pattern: str) -> str:
    """Return how Hugging Face's library reads files."""
    return f'from datasets import load_dataset\n\ndocuments = load_dataset("{kind}", data_files="{pattern}", split="train")'
