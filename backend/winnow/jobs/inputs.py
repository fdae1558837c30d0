"""The files behind paths and addresses, each with its reader; one elsewhere is fetched when its turn comes."""

from __future__ import annotations

import functools
import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from winnow.catalog.intake import Origin
from winnow.ingest.base import Batch, Reader
from winnow.ingest.files import expand, fingerprint, named_data, reader_for
from winnow.jobs.progress import Progress
from winnow.storage import Remote, fetch, find, is_remote, listing

_DOCUMENTS = "/documents/"
_COMPANIONS = ("attributes", "quality_signals", "duplicates", "minhash")
"""Folders beside documents/ that hold no documents; the first two are read with them."""


@dataclass(frozen=True)
class File:
    """A file to take: one here with its reader, or one elsewhere that is fetched when its turn comes."""

    name: str
    size: int
    fingerprint: str
    local: Path | None
    reader: Callable[[Path], Reader]
    remote: Remote | None = None
    beside: Mapping[str, Remote] = field(default_factory=dict)
    """Files that belong to one elsewhere, itself among them, by their places below a common folder."""

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
                shutil.rmtree(staged / "fetched")

    def _fetched(self, staged: Path) -> Path:
        assert self.remote is not None
        folder = staged / "fetched"
        place = folder / self.remote.name
        for inside, remote in (self.beside or {self.remote.name: self.remote}).items():
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            fetch(remote, folder / inside)
            place = folder / inside if remote == self.remote else place
        return place


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
    beside = _beside(found)
    others = tuple(f"{one.rpartition(_DOCUMENTS)[0]}/{name}/" for one in beside for name in _COMPANIONS)
    found = [remote for remote in found if not remote.address.startswith(others)]
    names = named_data([remote.name for remote in found], format)
    for remote in found if len(found) == 1 else [one for one in found if one.name in names]:
        mark = hashlib.sha256(f"{remote.address}\0{remote.size}\0{remote.stamp}".encode()).hexdigest()
        choose = functools.partial(_fitting, format=format, settings=settings)
        more = beside.get(remote.address, {})
        yield File(remote.address, max(remote.size, 0), f"remote:{mark}", None, choose, remote, more)


def _beside(found: Sequence[Remote]) -> dict[str, dict[str, Remote]]:
    """Return for each address of documents, as Dolma and RedPajama-V2 lay them out, all that belongs to it by its place."""
    groups: dict[str, dict[str, Remote]] = {}
    listed: dict[str, list[Remote]] = {}
    for remote in found:
        root, _, inside = remote.address.rpartition(_DOCUMENTS)
        if not root.partition("://")[2] or root.startswith("http"):
            continue
        if root not in listed:
            listed[root] = [one for name in _COMPANIONS[:2] for one in listing(f"{root}/{name}")]
        folder, _, name = inside.rpartition("/")
        signals = "/".join(filter(None, ("quality_signals", folder, name.replace(".json", ".signals.json", 1))))
        places = {one.address.removeprefix(f"{root}/"): one for one in listed[root]}
        mine = {place: one for place, one in places.items() if place == signals or place.split("/", 2)[2:] == [inside]}
        whole = {f"documents/{inside}": remote, **mine}
        if mine and not any(part in ("", ".", "..") for place in whole for part in place.split("/")):
            groups[remote.address] = whole
    return groups


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
