"""Export as WebDataset: tar files that are read front to back."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import orjson
import pyarrow as pa

from winnow.export.base import Exporter
from winnow.export.jsonl import plain_value, readable

TEXT, REST = ".txt", ".json"


@dataclass(frozen=True, kw_only=True)
class WebDataset(Exporter):
    """Tar files in which each document is KEY.txt with its text and KEY.json with its other columns.

    The key is the document's number and its place in the file, so that repeated documents differ. Owners and times are
    left out: the same documents give the same bytes.
    """

    name: ClassVar[str] = "webdataset"

    @property
    def suffix(self) -> str:
        return ".tar"

    def encode(self, tables: Iterator[pa.Table], file: BinaryIO) -> None:
        place = 0
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for table in tables:
                plain = pa.table([readable(column) for column in table.columns], names=table.column_names)
                for row in plain.to_pylist():
                    key = f"{row.get('doc_id', 0):012d}-{place:07d}"
                    _member(archive, key + TEXT, (row.pop("text", None) or "").encode())
                    _member(archive, key + REST, orjson.dumps(row, default=plain_value))
                    place += 1

    def count(self, path: Path) -> int:
        with tarfile.open(path) as archive:
            return sum(member.name.endswith(TEXT) for member in archive)

    def usage(self, pattern: str) -> str:
        shards = pattern.replace("*", "{00000..00000}")
        return f'import webdataset\n\ndocuments = webdataset.WebDataset("{shards}", shardshuffle=False).decode()'


def _member(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    about: Any = tarfile.TarInfo(name)
    about.size, about.mode = len(content), 0o644
    archive.addfile(about, io.BytesIO(content))
