"""Reading many files on many machines: workers read, the driver says which ids repeat, workers write, the driver publishes.

Where a file's documents begin is known only when every file before it has been read, and its ids are held against all of
them. So a worker keeps what it read in a staging folder, with 8 bytes of each id, and writes the shards when it is told.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.intake import Origin, SeenIds, hashed
from winnow.catalog.publish import staging
from winnow.catalog.writing import Writing, Written
from winnow.compute.base import Executor
from winnow.errors import InputError
from winnow.jobs.inputs import File
from winnow.jobs.progress import Progress

READ, IDS, REPEATED = "batches.pickle", "ids.pickle", "repeated.pickle"
FILES_AT_ONCE = 4
"""How many files a worker has in a wave: what was read of them waits on the disk."""


@dataclass(frozen=True)
class Reading:
    """A file to read, and the folder for what it holds."""

    file: File
    staged: Path


@dataclass(frozen=True)
class Draft:
    """What was read of a file, or why it could not be; `first_id` is the place of its documents, once that is known."""

    reading: Reading
    origin: Origin | None
    skipped: Mapping[str, int]
    failed: InputError | None = None
    first_id: int = 0


def drafted(
    corpus: Path, files: Sequence[File], seen: SeenIds, *, first_id: int, executor: Executor, progress: Progress
) -> Generator[tuple[File, Draft, Written | None]]:
    """Yield every file in order with its draft and what was written of it, None for one that could not be opened.

    The files of one wave lie in a staging folder that goes when the next wave comes: publish each before taking the next.
    """
    size = FILES_AT_ONCE * executor.workers
    for start in range(0, len(files), size):
        with staging(corpus) as staged:
            readings = [Reading(file, staged / str(place)) for place, file in enumerate(files[start : start + size])]
            found: dict[Path, Draft] = {}
            with closing(executor.map(read, readings)) as drafts:
                for draft in drafts:
                    found[draft.reading.staged] = draft
                    progress.advance(draft.reading.file.size / 2)
            waiting: list[Draft] = []
            for reading in readings:
                draft, first_id = _placed(found[reading.staged], seen, first_id)
                waiting.append(draft)
            yield from _in_order(waiting, executor, progress)


def _placed(draft: Draft, seen: SeenIds, first_id: int) -> tuple[Draft, int]:
    """Mark the repeated ids of a draft; returns it with its first id, and the first id of the next."""
    staged, documents = draft.reading.staged, 0
    with open(staged / REPEATED, "wb") as file:
        for ids in _kept(staged / IDS):
            repeated = seen.repeated(ids)
            documents += int((~repeated).sum())
            pickle.dump(repeated, file, protocol=5)
    placed = Draft(draft.reading, draft.origin, draft.skipped, draft.failed, first_id)
    return placed, first_id if draft.failed else first_id + documents


def _in_order(
    drafts: Sequence[Draft], executor: Executor, progress: Progress
) -> Iterator[tuple[File, Draft, Written | None]]:
    """Yield the drafts as they stand, each as soon as it and all before it are written."""
    written: dict[Path, Written | None] = {draft.reading.staged: None for draft in drafts if draft.failed}
    waiting = list(drafts)
    with closing(executor.map(write, [draft for draft in drafts if not draft.failed])) as results:
        for staged, made in results:
            written[staged] = made
            while waiting and waiting[0].reading.staged in written:
                yield _next(waiting, written, progress)
    while waiting:
        yield _next(waiting, written, progress)


def _next(
    waiting: list[Draft], written: Mapping[Path, Written | None], progress: Progress
) -> tuple[File, Draft, Written | None]:
    draft = waiting.pop(0)
    progress.advance(draft.reading.file.size / 2)
    return draft.reading.file, draft, written[draft.reading.staged]


def read(reading: Reading) -> Draft:
    """Read a file and keep its batches and the hashes of its ids in a folder. Runs in any process."""
    staged, skipped = reading.staged, Counter[str]()
    staged.mkdir(exist_ok=True)
    with ExitStack() as stack:
        batches, ids = (stack.enter_context(open(staged / name, "wb")) for name in (READ, IDS))
        try:
            origin, found = stack.enter_context(reading.file.opened(staged))
            for batch in found:
                pickle.dump(batch, batches, protocol=5)
                pickle.dump(hashed(batch.documents.column("id")), ids, protocol=5)
                skipped.update(batch.skipped)
        except InputError as reason:
            return Draft(reading, None, skipped, reason)
    return Draft(reading, origin, skipped)


def write(draft: Draft) -> tuple[Path, Written]:
    """Write the shards of a draft whose place is known. Runs in any process."""
    staged, writing = draft.reading.staged, Writing(draft.reading.staged, draft.first_id)
    marks: Iterator[NDArray[np.bool_]] = _kept(staged / REPEATED)
    for batch, repeated in zip(_kept(staged / READ), marks, strict=True):
        writing.add(batch, draft.reading.file.name, repeated)
    return staged, writing.end()


def _kept(path: Path) -> Iterator[Any]:
    """Yield what was put into a file of our own, one after another."""
    with open(path, "rb") as file:
        size = path.stat().st_size
        while file.tell() < size:
            yield pickle.load(file)
