"""ingest: files in, documents and a counted quarantine out."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.intake import Intake, SeenIds
from winnow.catalog.manifest import Input
from winnow.catalog.publish import exclusive, staging, sweep
from winnow.errors import ConflictError
from winnow.ingest.base import Reader
from winnow.ingest.files import expand, fingerprint, reader_for
from winnow.jobs.progress import Progress


@dataclass(frozen=True)
class Ingested:
    """What an ingest did."""

    inputs: list[Input] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    """Files that were in the corpus already and were left alone."""
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
    path: Path
    reader: Reader
    size: int
    fingerprint: str


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

    Raises InputError when nothing can be read, ConflictError when every file is in the corpus already.
    """
    start = time.monotonic()
    files = []
    for source in expand(paths, format):
        reader = reader_for(source.path, format or source.format, settings)
        files.append(_File(source.path, reader, size_of(source.path), fingerprint(source.path)))
        if source.left_out:
            listed = ", ".join(path.name for path in source.left_out[:5])
            progress.note(f"{source.path}: {len(source.left_out)} other files are left out ({listed} …)")
    with exclusive(catalog.folder, "ingest"):
        sweep(catalog.folder)
        before = {made.fingerprint for made in catalog.manifest.inputs()}
        known = [str(file.path) for file in files if file.fingerprint in before and not again]
        todo = [file for file in files if str(file.path) not in known]
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
        made = [_take(catalog, file, seen, reserved, progress) for file in todo]
    return Ingested(made, known, time.monotonic() - start)


def _take(catalog: Catalog, file: _File, seen: SeenIds, reserved: Collection[str], progress: Progress) -> Input:
    with staging(catalog.folder) as staged:
        intake = Intake(catalog.manifest, staged, seen, reserved)
        read = 0
        for batch in file.reader.read(file.path):
            intake.add(batch, str(file.path))
            progress.advance(max(min(batch.bytes_read, file.size) - read, 0))
            read = max(read, min(batch.bytes_read, file.size))
        progress.advance(file.size - read)
        made = intake.commit(str(file.path), file.fingerprint, file.size, file.reader.recipe)
    if made.rejected:
        progress.note(f"{file.path}: {made.rejected:,} rows set aside (winnow quarantine)")
    return made


def _seen(catalog: Catalog) -> SeenIds:
    seen = SeenIds()
    for batch in catalog.texts.batches(["id"]):
        seen.repeated(batch.column("id"))
    return seen


def size_of(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size
