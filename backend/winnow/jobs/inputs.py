"""The files behind paths and addresses, each with its reader; one elsewhere is fetched when its turn comes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from winnow.catalog.intake import Origin
from winnow.ingest.base import Batch, Reader
from winnow.ingest.files import expand, fingerprint, named_data, reader_for
from winnow.jobs.progress import Progress
from winnow.storage import Remote, fetch, find, is_remote


@dataclass(frozen=True)
class File:
    """A file to take: one here with its reader, or one elsewhere that is fetched when its turn comes."""

    name: str
    size: int
    fingerprint: str
    local: Path | None
    reader: Callable[[Path], Reader]
    remote: Remote | None = None

    @contextmanager
    def opened(self, staged: Path) -> Iterator[tuple[Origin, Iterator[Batch]]]:
        """Give the file's row and its batches; one from elsewhere is fetched to a folder and removed again."""
        path = self.local or self._fetched(staged)
        try:
            reader = self.reader(path)
            batches = reader.read(path)
            found = batches if self.local else (_renamed(batch, str(path), self.name) for batch in batches)
            yield Origin(self.name, self.fingerprint, self.size, reader.recipe), found
        finally:
            if self.local is None:
                path.unlink()

    def _fetched(self, staged: Path) -> Path:
        assert self.remote is not None
        folder = staged / "fetched"
        folder.mkdir(exist_ok=True)
        fetch(self.remote, folder / self.remote.name)
        return folder / self.remote.name


def files_behind(
    paths: Sequence[str], format: str | None, settings: Mapping[str, Any], progress: Progress
) -> list[File]:
    """Return the files behind paths and addresses, in order; raises InputError, MissingNeed, SettingError."""
    files: list[File] = []
    for path in paths:
        files += _elsewhere(path, format, settings) if is_remote(path) else _on_disk(path, format, settings, progress)
    return files


def _on_disk(path: str, format: str | None, settings: Mapping[str, Any], progress: Progress) -> Iterator[File]:
    for source in expand([path], format):
        # Only who says that a folder is text means each of its files.
        guessed = {"every_file": False} if format is None and source.format == "text" else {}
        reader = reader_for(source.path, format or source.format, {**guessed, **settings})
        if source.left_out:
            listed = ", ".join(left.name for left in source.left_out[:5])
            progress.note(f"{source.path}: {len(source.left_out)} other files are left out ({listed} …)")
        chosen = functools.partial(_same, reader)
        yield File(str(source.path), size_of(source.path), fingerprint(source.path), source.path, chosen)


def _same(reader: Reader, path: Path) -> Reader:
    return reader


def _elsewhere(address: str, format: str | None, settings: Mapping[str, Any]) -> Iterator[File]:
    """Yield the files at an address, each once, known by size and time or tag: they are fetched when they are read."""
    found = find(address)
    names = named_data([remote.name for remote in found], format)
    for remote in found if len(found) == 1 else [one for one in found if one.name in names]:
        mark = hashlib.sha256(f"{remote.address}\0{remote.size}\0{remote.stamp}".encode()).hexdigest()
        choose = functools.partial(_fitting, format=format, settings=settings)
        yield File(remote.address, max(remote.size, 0), f"remote:{mark}", None, choose, remote)


def _fitting(path: Path, format: str | None, settings: Mapping[str, Any]) -> Reader:
    (source,) = expand([path], format)
    return reader_for(path, format or source.format, settings)


def _renamed(batch: Batch, local: str, name: str) -> Batch:
    """Name a file by its address instead of the place to which it was fetched."""
    rejected = [replace(row, file=name if row.file == local else row.file) for row in batch.rejected]
    return replace(batch, rejected=rejected, file=name)


def size_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
