"""The interface of every export format: documents in, files out."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, ClassVar

import pyarrow as pa

from winnow.errors import ConflictError
from winnow.export.shards import shards
from winnow.method import Method, param

TRAIN, VALIDATION = "train", "validation"
"""The splits of an export that was asked for a share of validation documents."""


@dataclass(frozen=True, kw_only=True)
class Exporter(Method):
    """Writes documents as shards of one format; the same documents give the same bytes.

    A format says how one shard is encoded; cutting documents into shards, naming files and making them durable is the
    same for all. A part file is written under a temporary name and renamed when it is whole.
    """

    hub_loads: ClassVar[bool] = False
    """Whether `datasets.load_dataset` reads the folder."""
    whole_corpus: ClassVar[bool] = False
    """Whether the format may ask for the documents that were not chosen too, with weight 0."""

    shard_docs: int = param(100_000, "Documents in one file at most.", low=1, label="Documents in a file, at most")
    shard_mb: int = param(
        0, "Megabytes of text after which a file ends; 0 leaves it to shard_docs.", low=0,
        label="Megabytes of text in a file, at most (0: any)",
    )  # fmt: skip
    weights: str = param(
        "column",
        "Write weights as a column, or a document as often as its weight says (parts of one by chance and seed).",
        choices=("column", "repeat"), label="Documents with a weight other than 1",
    )  # fmt: skip

    @property
    @abstractmethod
    def suffix(self) -> str:
        """Return how the files' names end, such as ".parquet"."""

    @abstractmethod
    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        """Write one shard: at least one table, all of one schema, the last may be empty."""

    @abstractmethod
    def count(self, path: Path) -> int:
        """Return how many documents a file holds, 0 for one that only goes with another."""

    def names(self, number: int, split: str = "") -> list[str]:
        """Return the files of a shard, below the folder; where there are several, the first counts the documents."""
        return [f"{split}/part-{number:05d}{self.suffix}" if split else f"part-{number:05d}{self.suffix}"]

    def finish(self, folder: Path, split: str, paths: Sequence[Path]) -> list[Path]:
        """Write what stands beside the shards of a split, such as an index of them, and return the files."""
        return []

    @abstractmethod
    def usage(self, pattern: str) -> str:
        """Return how the files are read, in Python; `pattern` names them by a glob."""

    def write(
        self, rows: Iterable[pa.RecordBatch], folder: Path, split: str = "", *, resume: bool = False
    ) -> list[Path]:
        """Write every batch, in order, to part files in an existing folder without any and return their paths in order.

        No batch gives no file; batches without a row give one file without a row, which keeps the columns. With `resume`
        shards that are there, whole, are those of the first documents and are not written again. Raises ConflictError
        when parts lie there already, InputError when batches have different columns.
        """
        done = self._shards_there(folder, split)
        if done and not resume:
            raise ConflictError(f"{folder} holds an export already", "it has part files", "choose another folder")
        paths = [folder / name for number in range(done) for name in self.names(number, split)]
        known = sum(self.count(path) for path in paths)
        left = behind(rows, known) if known else rows
        for number, tables in enumerate(shards(left, self.shard_docs, self.shard_mb * 10**6), done):
            mine = [folder / name for name in self.names(number, split)]
            for path in mine:
                path.parent.mkdir(parents=True, exist_ok=True)
            self.write_part(tables, mine)
            paths += mine
        paths += self.finish(folder, split, paths)
        for place in {folder, *(path.parent for path in paths)}:
            fsync_folder(place)
        return paths

    def _shards_there(self, folder: Path, split: str) -> int:
        number = 0
        while all((folder / name).is_file() for name in self.names(number, split)):
            number += 1
        return number

    def write_part(self, tables: Iterator[pa.Table], paths: Sequence[Path]) -> None:
        """Write the files of one shard; the last appears when all are whole."""
        with appearing(paths[0]) as file:
            self.encode(tables, file)


@contextmanager
def appearing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write that appears under its name when it is whole and durable."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def behind(rows: Iterable[pa.RecordBatch], count: int) -> Iterator[pa.RecordBatch]:
    """Yield the rows behind the first `count`, without empty batches."""
    for batch in rows:
        passed = min(count, len(batch))
        count -= passed
        if passed < len(batch):
            yield batch.slice(passed)


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
