"""Export as Megatron's indexed data sets: .bin with tokens, .idx with where each document stands."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from winnow.export.base import appearing
from winnow.export.tokens import Tokenised

MAGIC = b"MMIDIDX\x00\x00"
CODES = {"int32": 4, "uint16": 8}
_HEAD = struct.Struct("<9sQBQQ")


@dataclass(frozen=True, kw_only=True)
class Megatron(Tokenised):
    """Megatron-LM's indexed data set: part-00000.bin with tokens, part-00000.idx with lengths and places.

    The index is the mark MMIDIDX, version 1 (uint64), the code of the type (uint8), the numbers of sequences and of
    document bounds (uint64), then lengths (int32), places in bytes (int64) and bounds (int64); a document is one
    sequence. Tokens are uint16 below a vocabulary of 65,500, else int32, as Megatron itself chooses.
    Source: Megatron-LM, megatron/core/datasets/indexed_dataset.py.
    """

    name: ClassVar[str] = "megatron"

    @property
    def kind(self) -> np.dtype[Any]:
        return np.dtype(np.uint16 if self.encoder.vocabulary < 65_500 else np.int32)

    @property
    def suffix(self) -> str:
        return ".idx"

    def write_part(self, tables: Iterator[pa.Table], paths: Sequence[Path]) -> None:
        index, data = paths
        with appearing(index) as beside:
            lengths = self.put(tables, data)
            bounds = np.arange(len(lengths) + 1, dtype=np.int64)
            beside.write(_HEAD.pack(MAGIC, 1, CODES[self.kind.name], len(lengths), len(bounds)))
            beside.write(lengths.astype(np.int32).tobytes())
            beside.write(((np.cumsum(lengths) - lengths) * self.kind.itemsize).astype(np.int64).tobytes())
            beside.write(bounds.tobytes())

    def count(self, path: Path) -> int:
        if path.suffix != self.suffix:
            return 0
        with path.open("rb") as file:
            return int(_HEAD.unpack(file.read(_HEAD.size))[3])

    def usage(self, pattern: str) -> str:
        prefix = pattern.replace("*", "00000").removesuffix(self.suffix)
        return f'from megatron.core.datasets.indexed_dataset import IndexedDataset\n\ndocuments = IndexedDataset("{prefix}")'
