"""ingest: files in, documents and a counted quarantine out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.intake import Intake, SeenIds
from winnow.catalog.manifest import Input
from winnow.catalog.publish import exclusive, staging
from winnow.errors import ConflictError, InputError
from winnow.ingest.base import Reader
from winnow.ingest.files import expand, fingerprint, reader_for
from winnow.jobs.progress import Progress


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

    A file that cannot be opened does not keep the others out. Raises InputError when none can be opened, ConflictError
    when every file is in the corpus already.
    """
    start = time.monotonic()
    files = []
    for source in expand(paths, format):
        # Only who says that a folder is text means each of its files.
        guessed = {"every_file": False} if format is None and source.format == "text" else {}
        reader = reader_for(source.path, format or source.format, {**guessed, **settings})
        files.append(_File(source.path, reader, size_of(source.path), fingerprint(source.path)))
        if source.left_out:
            listed = ", ".join(path.name for path in source.left_out[:5])
            progress.note(f"{source.path}: {len(source.left_out)} other files are left out ({listed} …)")
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


def _unknown(files: Sequence[_File], before: set[str]) -> tuple[list[_File], list[str]]:
    """Part files into those to take and the paths of those whose content was taken before, or stands earlier in line."""
    todo: dict[str, _File] = {}
    known = []
    for file in files:
        if file.fingerprint in before or file.fingerprint in todo:
            known.append(str(file.path))
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
            failed.append((str(file.path), reason))
            progress.note(str(reason))
    if failed and not made:
        raise failed[0][1]
    return made, [(path, str(reason)) for path, reason in failed]


def _take(catalog: Catalog, file: _File, checks: _Checks, progress: Progress) -> Input:
    with staging(catalog.folder) as staged:
        intake = Intake(catalog.manifest, staged, checks.seen, checks.reserved)
        read, skipped = 0, Counter[str]()
        for batch in file.reader.read(file.path):
            intake.add(batch, str(file.path))
            skipped.update(batch.skipped)
            progress.advance(max(min(batch.bytes_read, file.size) - read, 0))
            read = max(read, min(batch.bytes_read, file.size))
        progress.advance(file.size - read)
        made = intake.commit(str(file.path), file.fingerprint, file.size, file.reader.recipe)
    checks.skipped.update(skipped)
    for reason, count in skipped.most_common():
        progress.note(f"{file.path}: {count:,} passed over: {reason}")
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
