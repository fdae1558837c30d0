"""Export as Mosaic Data Shards, which MosaicML's streaming library reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import numpy as np
import orjson
import pyarrow as pa
import zstandard

from winnow.errors import SettingError
from winnow.export.base import Exporter, write_text
from winnow.export.jsonl import plain_value, readable
from winnow.method import param

VERSION = 2
LARGEST = 2**32 - 1
INDEX = "index.json"


@dataclass(frozen=True, kw_only=True)
class Mds(Exporter):
    """Mosaic Data Shards (shard.00000.mds, plain or zstd) with index.json, for MosaicML's StreamingDataset.

    A shard is the number of samples (uint32), the places where they begin and the last ends (uint32), the configuration
    as JSON, and the samples: the sizes of their columns of variable size (uint32), then the values, columns by name.
    Text is `str`, a column that no document lacks (doc_id, tokens) `int64`, its weight `float64`, everything else, which
    may be missing, `json`. A missing text is an empty one, since `str` knows no null.
    Source: the MDS format of mosaicml-streaming, version 2.
    """

    name: ClassVar[str] = "mds"

    shard_mb: int = param(
        64, "Megabytes of text after which a file ends; at most 2,000: places are 32-bit.", low=1, high=2000
    )
    compression: str = param("none", "How shards are compressed.", choices=("none", "zstd"))

    @property
    def suffix(self) -> str:
        return ".mds.zstd" if self.compression == "zstd" else ".mds"

    def names(self, number: int, split: str = "") -> list[str]:
        return [f"{split}/shard.{number:05d}{self.suffix}" if split else f"shard.{number:05d}{self.suffix}"]

    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        held = list(tables)
        table = pa.concat_tables(held)
        raw = _shard(table, self._config(_encodings(table.schema)))
        file.write(zstandard.ZstdCompressor(level=3).compress(raw) if self.compression == "zstd" else raw)

    def _config(self, encodings: dict[str, str]) -> dict[str, Any]:
        names = sorted(encodings)
        return {
            "version": VERSION,
            "format": "mds",
            "compression": "zstd" if self.compression == "zstd" else None,
            "hashes": [],
            "size_limit": self.shard_mb * 10**6,
            "column_names": names,
            "column_encodings": [encodings[name] for name in names],
            "column_sizes": [8 if encodings[name] in ("int64", "float64") else None for name in names],
        }

    def finish(self, folder: Path, split: str, paths: Sequence[Path]) -> list[Path]:
        """Write index.json, in which the library finds shards, columns and counts."""
        shards = []
        for path in paths:
            raw = self._raw(path)
            config = _config_in(raw)
            zipped = self.compression == "zstd"
            name = path.name.removesuffix(".zstd")
            shards.append({
                **config,
                "samples": int(np.frombuffer(raw, np.uint32, 1)[0]),
                "raw_data": {"basename": name, "bytes": len(raw), "hashes": {}},
                "zip_data": {"basename": path.name, "bytes": path.stat().st_size, "hashes": {}} if zipped else None,
            })  # fmt: skip
        index = folder / split / INDEX
        index.parent.mkdir(exist_ok=True)
        write_text(index, json.dumps({"version": VERSION, "shards": shards}, sort_keys=True))
        return [index]

    def count(self, path: Path) -> int:
        return 0 if path.name == INDEX else int(np.frombuffer(self._raw(path), np.uint32, 1)[0])

    def _raw(self, path: Path) -> bytes:
        data = path.read_bytes()
        return zstandard.ZstdDecompressor().decompress(data) if self.compression == "zstd" else data

    def usage(self, pattern: str) -> str:
        split = ', split="train"' if pattern.startswith("train/") else ""
        return f'from streaming import StreamingDataset\n\ndocuments = StreamingDataset(local="FOLDER"{split}, batch_size=1)'


def _encodings(schema: pa.Schema) -> dict[str, str]:
    return {field.name: _encoding(field) for field in schema}


def _encoding(field: pa.Field) -> str:
    kind = field.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "str"
    # A shard says one encoding for all of its documents, and all shards must say the same one.
    if field.name in WHOLE and pa.types.is_integer(kind):
        return "int64"
    return "float64" if field.name == "weight" else "json"


WHOLE = ("doc_id", "tokens", "window", "window_start", "copy", "phase")
"""Columns of whole numbers that no document lacks."""


def _shard(table: pa.Table, config: dict[str, Any]) -> bytes:
    about = json.dumps(config, sort_keys=True).encode()
    pairs = zip(config["column_names"], config["column_encodings"], strict=True)
    columns = [_values(table.column(name), encoding) for name, encoding in pairs]
    samples = []
    for values in zip(*columns, strict=True):
        sizes = [len(value) for value, size in zip(values, config["column_sizes"], strict=True) if size is None]
        samples.append(np.array(sizes, np.uint32).tobytes() + b"".join(values))
    ends = np.cumsum([0, *map(len, samples)], dtype=np.int64) + 4 + 4 * (len(samples) + 1) + len(about)
    if ends[-1] > LARGEST:
        raise SettingError("mds: a shard has less than 4 GB", f"this one has {ends[-1]:,} bytes", "--set shard_mb=64")
    return b"".join([np.uint32(len(samples)).tobytes(), ends.astype(np.uint32).tobytes(), about, *samples])


def _values(column: pa.ChunkedArray, encoding: str) -> list[bytes]:
    if encoding == "int64":
        return [np.int64(value).tobytes() for value in column.to_pylist()]
    if encoding == "float64":
        return [np.float64(value).tobytes() for value in column.to_pylist()]
    if encoding == "str":
        return [(value or "").encode() for value in column.to_pylist()]
    return [orjson.dumps(value, default=plain_value) for value in readable(column).to_pylist()]


def _config_in(raw: bytes) -> dict[str, Any]:
    samples = int(np.frombuffer(raw, np.uint32, 1)[0])
    start = 4 + 4 * (samples + 1)
    config, _ = json.JSONDecoder().raw_decode(raw[start : start + 2**20].decode(errors="replace"))
    return dict(config)
