"""The interface of every export format: documents in, files out."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from winnow.errors import ConflictError
from winnow.export.shards import shards
from winnow.method import Method, param


@dataclass(frozen=True, kw_only=True)
class Exporter(Method):
    """Writes documents as shards of one format; the same documents give the same bytes.

    A format says how one shard is encoded; cutting documents into shards, naming files and making them durable is the
    same for all. A part file is written under a temporary name and renamed when it is whole.
    """

    shard_docs: int = param(100_000, "Documents in one file at most.", low=1)

    @property
    @abstractmethod
    def suffix(self) -> str:
        """Return how the files' names end, such as ".parquet"."""

    @abstractmethod
    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        """Write one shard: at least one table, all of one schema, the last may be empty."""

    @abstractmethod
    def count(self, path: Path) -> int:
        """Return how many documents a file holds."""

    def write(self, rows: Iterable[pa.RecordBatch], folder: Path) -> list[Path]:
        """Write every batch, in order, to part files in an existing folder without any and return their paths in order.

        No batch gives no file; batches without a row give one file without a row, which keeps the columns. Raises
        ConflictError when parts lie there already, InputError when batches have different columns.
        """
        if any(folder.glob("part-*")):
            raise ConflictError(f"{folder} holds an export already", "it has part files", "choose another folder")
        paths = []
        for number, tables in enumerate(shards(rows, self.shard_docs)):
            path = folder / f"part-{number:05d}{self.suffix}"
            self._write_part(tables, path)
            paths.append(path)
        fsync_folder(folder)
        return paths

    def _write_part(self, tables: Iterator[pa.Table], path: Path) -> None:
        temporary = path.with_name(path.name + ".tmp")
        try:
            with temporary.open("wb") as file:
                self.encode(tables, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
