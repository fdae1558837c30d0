"""Text files: one file, one document."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa

from winnow.errors import InputError
from winnow.ingest.base import BATCH_BYTES, BATCH_ROWS, EXCERPT_BYTES, Batch, Reader, Rejected
from winnow.ingest.documents import Rows, checked
from winnow.ingest.streams import COMPRESSED, ByteStream
from winnow.method import param

_STEMS = [
    ".txt",
    ".text",
    ".md",
    ".markdown",
    ".mdx",
    ".rst",
    ".html",
    ".htm",
    ".xhtml",
    ".xml",
    ".tex",
    ".org",
    ".adoc",
    ".asciidoc",
    ".wiki",
    ".log",
    ".eml",
    ".srt",
    ".vtt",
]


@dataclass(frozen=True, kw_only=True)
class Text(Reader):
    """A text file, or a folder of them (.txt, .md, .rst, .html and the like): each file is one document.

    The id is the path below the folder, the source the name of the folder the file lies in; there is no date. Files
    with other suffixes are rejected by name unless every_file is set; hidden files and folders are passed over.
    """

    name: ClassVar[str] = "text"
    suffixes: ClassVar[tuple[str, ...]] = tuple(stem + packed for stem in _STEMS for packed in COMPRESSED)

    every_file: bool = param(False, "Read every file of a folder as text, whatever its suffix.")

    def read(self, path: Path) -> Iterator[Batch]:
        root = path if path.is_dir() else path.parent
        held: list[tuple[Path, str]] = []
        rejected: list[Rejected] = []
        size = done = 0
        for file in text_files(path) if path.is_dir() else (path,):
            if file == path or self.every_file or not file.suffix or self.accepts(file):
                found = self._content(file, single=file == path)
                if isinstance(found, Rejected):
                    rejected.append(found)
                elif found or file != path:
                    held.append((file, found))
                    size += len(found)
            else:
                rejected.append(Rejected(str(file), 1, f"'{file.suffix}' is no suffix of a text file", b""))
            done += file.stat().st_size if file.is_file() else 0
            if len(held) + len(rejected) >= BATCH_ROWS or size >= BATCH_BYTES:
                yield self._batch(root, held, rejected, done)
                held, rejected, size = [], [], 0
        if held or rejected:
            yield self._batch(root, held, rejected, done)

    def _content(self, file: Path, single: bool) -> str | Rejected:
        """Read one file, but never much more of it than a document may hold."""
        limit = 4 * self.max_chars
        parts: list[bytes] = []
        size = 0
        reason = ""
        try:
            stream = ByteStream(file)
            for block in stream:
                parts.append(block)
                size += len(block)
                if size > limit:
                    reason = f"longer than max_chars = {self.max_chars:,} characters"
                    break
            reason = reason or stream.damage
        except InputError as error:
            if single:
                raise
            return Rejected(str(file), 1, error.found, b"")
        content = b"".join(parts)
        try:
            text = "" if reason else content.decode()
        except UnicodeDecodeError as wrong:
            reason = f"invalid UTF-8 at byte {wrong.start + 1}"
        return Rejected(str(file), 1, reason, content[:EXCERPT_BYTES]) if reason else text

    def _batch(self, root: Path, held: list[tuple[Path, str]], rejected: list[Rejected], done: int) -> Batch:
        constant = self.source[1:] if self.source is not None and self.source.startswith("=") else None
        count = len(held)
        files = [file for file, _ in held]
        sources = [constant or _name(file.parent.resolve().name) for file in files]
        rows = Rows(
            text=pa.array([text for _, text in held], pa.large_string()),
            id=pa.array([_name(file.relative_to(root).as_posix()) for file in files], pa.string()),
            source=pa.array(sources, pa.string()),
            url=pa.nulls(count, pa.string()),
            date=pa.nulls(count, pa.timestamp("us")),
            meta=pa.nulls(count, pa.string()),
            lines=np.arange(count, dtype=np.int64),
            faults={},
        )
        batch = checked(rows, root, self.max_chars, lambda row: held[row][1][:EXCERPT_BYTES].encode())
        refused = [Rejected(str(files[row.line]), 1, row.reason, row.excerpt) for row in batch.rejected]
        return Batch(batch.documents, [*rejected, *refused], done, [1] * batch.documents.num_rows, str(root))


def text_files(folder: Path) -> Iterator[Path]:
    """Walk a folder in order; hidden files and folders are passed over."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(at) / name for name in sorted(files) if not name.startswith("."))


def _name(name: str) -> str:
    """Make a name that is not valid UTF-8 on the disk readable."""
    return name.encode(errors="replace").decode()
