"""ingest: files in, documents and a counted quarantine out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from winnow.catalog.catalog import Catalog
from winnow.catalog.intake import SeenIds, commit, hashed
from winnow.catalog.manifest import Input
from winnow.catalog.publish import exclusive, staging
from winnow.catalog.writing import Writing
from winnow.compute.base import Executor
from winnow.errors import ConflictError, InputError
from winnow.jobs.drafts import drafted
from winnow.jobs.inputs import File, files_behind
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


def ingest(
    catalog: Catalog,
    paths: Sequence[str],
    *,
    format: str | None,
    settings: Mapping[str, Any],
    again: bool,
    reserved: Collection[str],
    executor: Executor,
    progress: Progress,
) -> Ingested:
    """Take files in, each published whole and in order; those of an interrupted run are not taken twice.

    A file that cannot be opened does not keep the others out. Raises InputError when none can be opened, ConflictError
    when every file is in the corpus already.
    """
    start = time.monotonic()
    files = files_behind(paths, format, settings, progress)
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
        checks = _Checks(seen, reserved, skipped)
        if executor.remote:
            made, failed = _take_elsewhere(catalog, todo, checks, executor, progress)
        else:
            made, failed = _take_here(catalog, todo, checks, progress)
    return Ingested(made, known, failed, dict(skipped.most_common()), time.monotonic() - start)


def _unknown(files: Sequence[File], before: set[str]) -> tuple[list[File], list[str]]:
    """Part files into those to take and the paths of those whose content was taken before, or stands earlier in line."""
    todo: dict[str, File] = {}
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


@dataclass
class _Taken:
    """What became of the files so far."""

    made: list[Input] = field(default_factory=list)
    failed: list[tuple[str, InputError]] = field(default_factory=list)

    def fail(self, file: File, reason: InputError, progress: Progress) -> None:
        self.failed.append((file.name, reason))
        progress.note(str(reason))

    def told(self) -> tuple[list[Input], list[tuple[str, str]]]:
        if self.failed and not self.made:
            raise self.failed[0][1]
        return self.made, [(path, str(reason)) for path, reason in self.failed]


def _take_here(
    catalog: Catalog, todo: Sequence[File], checks: _Checks, progress: Progress
) -> tuple[list[Input], list[tuple[str, str]]]:
    taken = _Taken()
    for file in todo:
        try:
            taken.made.append(_take(catalog, file, checks, progress))
        except InputError as reason:
            taken.fail(file, reason, progress)
    return taken.told()


def _take_elsewhere(
    catalog: Catalog, todo: Sequence[File], checks: _Checks, executor: Executor, progress: Progress
) -> tuple[list[Input], list[tuple[str, str]]]:
    """Let the executor's workers read the files and write their shards, and publish each file in its turn."""
    taken, first = _Taken(), catalog.manifest.documents()
    drafts = drafted(catalog.folder, todo, checks.seen, first_id=first, executor=executor, progress=progress)
    with closing(drafts):
        for file, draft, written in drafts:
            if draft.failed:
                taken.fail(file, draft.failed, progress)
                continue
            assert draft.origin is not None
            assert written is not None
            taken.made.append(commit(catalog.manifest, written, draft.origin, checks.reserved))
            _tell(taken.made[-1], file, draft.skipped, checks, progress)
    return taken.told()


def _take(catalog: Catalog, file: File, checks: _Checks, progress: Progress) -> Input:
    read, skipped = 0, Counter[str]()
    with staging(catalog.folder) as staged, file.opened(staged) as (origin, batches):
        writing = Writing(staged, catalog.manifest.documents())
        for batch in batches:
            writing.add(batch, file.name, checks.seen.repeated(hashed(batch.documents.column("id"))))
            skipped.update(batch.skipped)
            progress.advance(max(min(batch.bytes_read, file.size) - read, 0))
            read = max(read, min(batch.bytes_read, file.size))
        progress.advance(file.size - read)
        made = commit(catalog.manifest, writing.end(), origin, checks.reserved)
    _tell(made, file, skipped, checks, progress)
    return made


def _tell(made: Input, file: File, skipped: Mapping[str, int], checks: _Checks, progress: Progress) -> None:
    checks.skipped.update(skipped)
    for reason, count in sorted(skipped.items(), key=lambda item: -item[1]):
        progress.note(f"{file.name}: {count:,} passed over: {reason}")
    if made.rejected:
        progress.note(f"{file.name}: {made.rejected:,} rows set aside (winnow quarantine)")


def _seen(catalog: Catalog) -> SeenIds:
    seen = SeenIds()
    for batch in catalog.texts.batches(["id"]):
        seen.repeated(hashed(batch.column("id")))
    return seen
