"""Export as JSON lines."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import orjson
import pyarrow as pa
import zstandard

from winnow.export.base import Exporter
from winnow.export.parquet import load_dataset
from winnow.method import param

BLOCK = 2**20


@dataclass(frozen=True, kw_only=True)
class JsonLines(Exporter):
    """One JSON object a line, readable by eye and by every language.

    Dates are ISO 8601, missing and infinite numbers are null, bytes are base64.
    """

    name: ClassVar[str] = "jsonl"
    hub_loads: ClassVar[bool] = True

    compression: str = param("none", "How files are compressed.", choices=("none", "gzip", "zstd"))

    @property
    def suffix(self) -> str:
        return {"none": ".jsonl", "gzip": ".jsonl.gz", "zstd": ".jsonl.zst"}[self.compression]

    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        with self._packed(file) as packed:
            for table in tables:
                packed.write(_lines(table))

    def count(self, path: Path) -> int:
        with path.open("rb") as file, self._unpacked(file) as unpacked:
            return sum(block.count(b"\n") for block in iter(lambda: unpacked.read(BLOCK), b""))

    def usage(self, pattern: str) -> str:
        return load_dataset("json", pattern)

    def _packed(self, file: BinaryIO) -> AbstractContextManager[Any]:
        if self.compression == "gzip":  # without a name and a time, so that the same lines give the same bytes
            return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)
        if self.compression == "zstd":
            return zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False)
        return nullcontext(file)

    def _unpacked(self, file: BinaryIO) -> AbstractContextManager[Any]:
        if self.compression == "gzip":
            return gzip.GzipFile(fileobj=file, mode="rb")
        if self.compression == "zstd":
            return zstandard.ZstdDecompressor().stream_reader(file, closefd=False)
        return nullcontext(file)


def _lines(table: pa.Table) -> bytes:
    plain = pa.table([readable(column) for column in table.columns], names=table.column_names)
    return b"".join(
        orjson.dumps(row, default=plain_value, option=orjson.OPT_APPEND_NEWLINE) for row in plain.to_pylist()
    )


def readable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return nanoseconds as microseconds: Python knows no finer time."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


def plain_value(value: Any) -> Any:
    """Return what JSON lacks as text."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
