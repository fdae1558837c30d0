"""Folders in which each file is one document, whatever mixture of formats they hold."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from winnow.errors import InputError
from winnow.ingest.base import EXCERPT_BYTES, Batch, Reader
from winnow.ingest.gathering import Found, Gathering
from winnow.ingest.isolated import Answer, Task, extract_each
from winnow.ingest.streams import ByteStream


@dataclass(frozen=True, kw_only=True)
class WholeFiles(Reader):
    """Reads a file, or every file of a folder, as one document each."""

    reads_text: ClassVar[bool] = False
    """Whether the files are text in UTF-8, so that one in UTF-16 can be told from damage."""

    @abstractmethod
    def task(self, content: bytes) -> Task | Answer:
        """Return how the document is found in the bytes of its file, or the document."""

    @property
    def most_bytes(self) -> int:
        """How many bytes a file may have after decompression."""
        return 4 * self.max_chars

    def reader_of(self, file: Path) -> WholeFiles | None:
        """Return who reads a file of a folder; None when nobody does."""
        return self if self.accepts(file) else None

    def read(self, path: Path) -> Iterator[Batch]:
        root, gathering = path if path.is_dir() else path.parent, Gathering(self, path)
        files = _Files(self, path, gathering)
        for answer in extract_each(files.tasks()):
            file, head = files.waiting.popleft()
            if answer.fault:
                gathering.reject(1, answer.fault, head, file)
            else:
                gathering.add(_found(file, root, answer))
            if gathering.full:
                yield gathering.batch(files.bytes_read)
        if not gathering.empty:
            yield gathering.batch(files.bytes_read)


class _Files:
    """The files of a folder in order, as tasks; those that cannot be read are rejected by name."""

    def __init__(self, reader: WholeFiles, path: Path, gathering: Gathering) -> None:
        self._reader, self._path, self._gathering = reader, path, gathering
        self.waiting: deque[tuple[Path, bytes]] = deque()
        """Each file whose answer is still to come, and how it begins."""
        self.bytes_read = 0

    def tasks(self) -> Iterator[Task | Answer]:
        for file in text_files(self._path) if self._path.is_dir() else (self._path,):
            reader = self._reader if file == self._path else self._reader.reader_of(file)
            content = self._content(file, reader) if reader is not None else None
            self.bytes_read += file.stat().st_size if file.is_file() else 0
            if reader is None:
                self._gathering.reject(1, f"'{file.suffix}' is no suffix of a {self._reader.name} file", b"", file)
            elif content or (content is not None and file != self._path):
                self.waiting.append((file, content[:EXCERPT_BYTES]))
                yield reader.task(content)

    def _content(self, file: Path, reader: WholeFiles) -> bytes | None:
        """Read one file, but never much more of it than a document may hold."""
        parts: list[bytes] = []
        size, reason = 0, ""
        try:
            stream = ByteStream(file, text=reader.reads_text)
            for block in stream:
                parts.append(block)
                size += len(block)
                if size > reader.most_bytes:
                    reason = f"longer than max_chars = {reader.max_chars:,} characters"
                    break
            reason = reason or stream.damage
        except InputError as error:
            if file == self._path:
                raise
            reason = error.found
        if reason:
            self._gathering.reject(1, reason, b"".join(parts)[:EXCERPT_BYTES], file)
        return None if reason else b"".join(parts)


def _found(file: Path, root: Path, answer: Answer) -> Found:
    """Return a document with the path below the folder as its id and the folder it lies in as its source."""
    value = dict(answer.value)
    return Found(
        text=str(value.pop("text", "")),
        file=file,
        id=_readable(file.relative_to(root).as_posix()),
        source=_readable(file.parent.resolve().name),
        url=value.pop("url", None),
        date=value.pop("date", None),
        meta=value,
    )


def text_files(folder: Path) -> Iterator[Path]:
    """Walk a folder in order; hidden files and folders are passed over."""
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(at) / name for name in sorted(files) if not name.startswith("."))


def _readable(name: str) -> str:
    """Make a name that is not valid UTF-8 on the disk readable."""
    return name.encode(errors="replace").decode()
