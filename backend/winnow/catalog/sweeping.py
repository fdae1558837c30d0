"""Sweeping: what the manifest no longer names, and runs that later ones replaced, are removed while the corpus rests."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from winnow.catalog.audit import record
from winnow.catalog.catalog import Catalog
from winnow.catalog.manifest import Run
from winnow.catalog.publish import exclusive, sweep
from winnow.errors import ConflictError

FOLDERS = ("docs", "cols", "vectors", "quarantine", "selections")
"""Where shards and selections lie; indexes, logs and everything else are left alone."""

LOCKS = ("ingest", "index")
SETTLED = 3600.0
"""Seconds that a file must have stood still: between its renaming and its row in the manifest no table names it."""


@dataclass(frozen=True)
class Swept:
    """What was removed, or would be: superseded runs by name, files that nothing names, and their bytes."""

    runs: tuple[str, ...]
    files: tuple[Path, ...]
    bytes: int


def sweep_corpus(catalog: Catalog, *, dry_run: bool = False, settled: float = SETTLED) -> Swept:
    """Remove superseded runs and files that nothing names; raises ConflictError while a job runs.

    A superseded run leaves the manifest first: whatever is killed then, its files are merely named by nothing, and the
    next sweep takes them. A run that was begun and not finished stays, since it goes on from its shards.
    """
    with _at_rest(catalog):
        gone = superseded(catalog)
        old = {path for run in gone for path in _files(catalog, run)}
        named = _named(catalog) - old
        old = {path for path in old if path.exists()}
        files = sorted(old | {path for path in _present(catalog.folder) - named if _stands_still(path, settled)})
        found = Swept(tuple(run.run for run in gone), tuple(files), sum(path.stat().st_size for path in files))
        if not dry_run:
            _forget(catalog, gone, found)
            sweep(catalog.folder)
            _remove(catalog.folder, files)
        return found


def superseded(catalog: Catalog) -> list[Run]:
    """Return runs that another of their kind and name replaced: older than the current one, or complete beside it."""
    current = {(run.kind, run.name): run for run in catalog.manifest.runs()}
    found = []
    for run in catalog.manifest.runs(current=False):
        successor = current.get((run.kind, run.name))
        if run.current or successor is None:
            continue
        if run.created < successor.created or set(run.paths) >= set(successor.paths):
            found.append(run)
    return found


@contextmanager
def _at_rest(catalog: Catalog) -> Iterator[None]:
    """Hold the locks of the verbs that take one, and see that no job runs; raises ConflictError."""
    with ExitStack() as held:
        for lock in LOCKS:
            held.enter_context(exclusive(catalog.folder, lock))
        running = [job for job in catalog.jobs.all(limit=1_000_000) if job.state in ("queued", "running")]
        if running:
            found = ", ".join(f"job {job.job} ({job.command}) is {job.state}" for job in running[:3])
            raise ConflictError("sweep needs the corpus at rest", found, "wait for it, or winnow jobs cancel N")
        yield


def unnamed(catalog: Catalog, *, settled: float = SETTLED) -> list[Path]:
    """Return the files that no table names and that stood still long enough not to be somebody's unfinished work."""
    return sorted(path for path in _present(catalog.folder) - _named(catalog) if _stands_still(path, settled))


def _named(catalog: Catalog) -> set[Path]:
    """Return every file that a table of the control file names."""
    manifest = catalog.manifest
    found = {part.path for part in manifest.parts()}
    found |= {path for run in manifest.runs(current=False) for path in _files(catalog, run)}
    found |= {catalog.folder / made.quarantine for made in manifest.inputs() if made.quarantine}
    return found | {kept.path for kept in catalog.selections.all()}


def _files(catalog: Catalog, run: Run) -> set[Path]:
    """Return the shards of a run, and the tables that it made of the corpus as a whole."""
    return {*run.paths.values(), *(catalog.folder / table for table in run.extra.get("tables", {}).values())}


def _present(corpus: Path) -> set[Path]:
    files = (path for folder in FOLDERS for path in (corpus / folder).rglob("*"))
    return {path for path in files if path.is_file() and not path.is_symlink()}


def _stands_still(path: Path, settled: float) -> bool:
    status = path.stat()
    return time.time() - max(status.st_mtime, status.st_ctime) >= settled


def _forget(catalog: Catalog, runs: Iterable[Run], found: Swept) -> None:
    """Take runs off the manifest in one transaction, if they still are not current."""
    with catalog.control.write() as connection:
        record(connection, "sweep", ", ".join(found.runs), files=len(found.files), bytes=found.bytes)
        for run in runs:
            connection.execute(
                "DELETE FROM run_parts WHERE run = ? AND run IN (SELECT run FROM runs WHERE NOT current)", (run.run,)
            )
            connection.execute("DELETE FROM runs WHERE run = ? AND NOT current", (run.run,))


def _remove(corpus: Path, files: Iterable[Path]) -> None:
    for path in files:
        path.unlink(missing_ok=True)
    for folder in ("cols", "vectors"):
        for emptied in (corpus / folder).glob("*"):
            if emptied.is_dir() and not any(emptied.iterdir()):
                shutil.rmtree(emptied, ignore_errors=True)
