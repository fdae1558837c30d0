"""ingest: files in, documents and a counted quarantine out."""

from __future__ import annotations

import functools
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.intake import Intake, SeenIds
from winnow.catalog.manifest import Input
from winnow.catalog.publish import exclusive, staging
from winnow.errors import ConflictError, InputError
from winnow.ingest.base import Batch, Reader
from winnow.ingest.files import expand, fingerprint, named_data, reader_for
from winnow.jobs.progress import Progress
from winnow.storage import Remote, fetch, find, is_remote


@dataclass(frozen=True)
class Ingested:
    """What an ingest did."""

    inputs: list[Input] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Files that were in the corpus already and were left alone."""
    failed: list[tuple[str, str]] = field(default_factory=list)
    """Files that could not be opened, each with the reason."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """What was passed over without fault, counted by reason: redirects, pictures among web pages."""
    seconds: float = 0.0

    @property
    def documents(self) -> int:
        return sum(made.documents for made in self.inputs)

    @property
    def rejected(self) -> int:
        return sum(made.rejected for made in self.inputs)

    @property
    def bytes(self) -> int:
        return sum(made.bytes for made in self.inputs)


@dataclass(frozen=True)
class _File:
    """A file to take: one here with its reader, or one elsewhere that is fetched when its turn comes."""

    name: str
    size: int
    fingerprint: str
    local: Path | None
    reader: Callable[[Path], Reader]
    remote: Remote | None = None

    @contextmanager
    def here(self, corpus: Path) -> Iterator[Path]:
        """Give the file on this machine; one that was fetched is removed again."""
        if self.local is not None:
            yield self.local
            return
        assert self.remote is not None
        with staging(corpus) as folder:
            path = folder / self.remote.name
            fetch(self.remote, path)
            yield path


def ingest(
    catalog: Catalog,
    paths: Sequence[str],
    *,
    format: str | None,
    settings: Mapping[str, Any],
    again: bool,
    reserved: Collection[str],
    progress: Progress,
) -> Ingested:
    """Take files in, one after another, each published whole; those of an interrupted run are not taken twice.

    A file that cannot be opened does not keep the others out. Raises InputError when none can be opened, ConflictError
    when every file is in the corpus already.
    """
    start = time.monotonic()
    files = _files(paths, format, settings, progress)
    with exclusive(catalog.folder, "ingest"):
        todo, known = _unknown(files, set() if again else {made.fingerprint for made in catalog.manifest.inputs()})
        if not todo:
            raise ConflictError(
                f"{known[0]} is in the corpus already"
                if len(known) == 1
                else f"all {len(known)} files are in the corpus already",
                "",
                "add --again to take the same documents a second time",
            )
        seen = SeenIds() if again else _seen(catalog)
        progress.stage("ingest", sum(file.size for file in todo), "bytes")
        skipped: Counter[str] = Counter()
        made, failed = _take_all(catalog, todo, _Checks(seen, reserved, skipped), progress)
    return Ingested(made, known, failed, dict(skipped.most_common()), time.monotonic() - start)


def _files(paths: Sequence[str], format: str | None, settings: Mapping[str, Any], progress: Progress) -> list[_File]:
    """Return the files behind paths and addresses, in order; raises InputError, MissingNeed, SettingError."""
    files: list[_File] = []
    for path in paths:
        files += _elsewhere(path, format, settings) if is_remote(path) else _on_disk(path, format, settings, progress)
    return files


def _on_disk(path: str, format: str | None, settings: Mapping[str, Any], progress: Progress) -> Iterator[_File]:
    for source in expand([path], format):
        # Only who says that a folder is text means each of its files.
        guessed = {"every_file": False} if format is None and source.format == "text" else {}
        reader = reader_for(source.path, format or source.format, {**guessed, **settings})
        if source.left_out:
            listed = ", ".join(left.name for left in source.left_out[:5])
            progress.note(f"{source.path}: {len(source.left_out)} other files are left out ({listed} …)")
        chosen = functools.partial(_same, reader)
        yield _File(str(source.path), size_of(source.path), fingerprint(source.path), source.path, chosen)


def _same(reader: Reader, path: Path) -> Reader:
    return reader


def _elsewhere(address: str, format: str | None, settings: Mapping[str, Any]) -> Iterator[_File]:
    """Yield the files at an address, each once, known by size and time or tag: they are fetched when they are read."""
    found = find(address)
    names = named_data([remote.name for remote in found], format)
    for remote in found if len(found) == 1 else [one for one in found if one.name in names]:
        mark = hashlib.sha256(f"{remote.address}\0{remote.size}\0{remote.stamp}".encode()).hexdigest()
        choose = functools.partial(_fitting, format=format, settings=settings)
        yield _File(remote.address, max(remote.size, 0), f"remote:{mark}", None, choose, remote)


def _fitting(path: Path, format: str | None, settings: Mapping[str, Any]) -> Reader:
    (source,) = expand([path], format)
    return reader_for(path, format or source.format, settings)


def _unknown(files: Sequence[_File], before: set[str]) -> tuple[list[_File], list[str]]:
    """Part files into those to take and the paths of those whose content was taken before, or stands earlier in line."""
    todo: dict[str, _File] = {}
    known = []
    for file in files:
        if file.fingerprint in before or file.fingerprint in todo:
            known.append(file.name)
        else:
            todo[file.fingerprint] = file
    return list(todo.values()), known


@dataclass(frozen=True)
class _Checks:
    """What documents are held against, and what is counted on the way."""

    seen: SeenIds
    reserved: Collection[str]
    skipped: Counter[str]


def _take_all(
    catalog: Catalog, todo: Sequence[_File], checks: _Checks, progress: Progress
) -> tuple[list[Input], list[tuple[str, str]]]:
    made: list[Input] = []
    failed: list[tuple[str, InputError]] = []
    for file in todo:
        try:
            made.append(_take(catalog, file, checks, progress))
        except InputError as reason:
            failed.append((file.name, reason))
            progress.note(str(reason))
    if failed and not made:
        raise failed[0][1]
    return made, [(path, str(reason)) for path, reason in failed]


def _take(catalog: Catalog, file: _File, checks: _Checks, progress: Progress) -> Input:
    with file.here(catalog.folder) as path, staging(catalog.folder) as staged:
        intake = Intake(catalog.manifest, staged, checks.seen, checks.reserved)
        read, skipped, reader = 0, Counter[str](), file.reader(path)
        for found in reader.read(path):
            batch = found if file.local is not None else _renamed(found, str(path), file.name)
            intake.add(batch, file.name)
            skipped.update(batch.skipped)
            progress.advance(max(min(batch.bytes_read, file.size) - read, 0))
            read = max(read, min(batch.bytes_read, file.size))
        progress.advance(file.size - read)
        made = intake.commit(file.name, file.fingerprint, file.size, reader.recipe)
    checks.skipped.update(skipped)
    for reason, count in skipped.most_common():
        progress.note(f"{file.name}: {count:,} passed over: {reason}")
    if made.rejected:
        progress.note(f"{file.name}: {made.rejected:,} rows set aside (winnow quarantine)")
    return made


def _renamed(batch: Batch, local: str, name: str) -> Batch:
    """Name a file by its address instead of the place to which it was fetched."""
    rejected = [replace(row, file=name if row.file == local else row.file) for row in batch.rejected]
    return replace(batch, rejected=rejected, file=name)


def _seen(catalog: Catalog) -> SeenIds:
    seen = SeenIds()
    for batch in catalog.texts.batches(["id"]):
        seen.repeated(batch.column("id"))
    return seen


def size_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
