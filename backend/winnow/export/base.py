"""The interface of every export format: documents in, files out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from winnow.method import Method, param


@dataclass(frozen=True, kw_only=True)
class Exporter(Method):
    """Writes documents as shards of one format; the same documents give the same bytes."""

    shard_docs: int = param(100_000, "Documents in one file at most.", low=1)

    @abstractmethod
    def write(self, rows: Iterable[pa.RecordBatch], folder: Path) -> list[Path]:
        """Write every batch, in order, to part files in an existing empty folder and return their paths in order."""
