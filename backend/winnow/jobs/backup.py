"""backup and restore: a second corpus folder that is brought up to the first, and a corpus made from it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from winnow.catalog.catalog import Catalog
from winnow.catalog.control import Control
from winnow.catalog.publish import exclusive
from winnow.errors import ConflictError, CorpusError, InputError
from winnow.export.base import fsync_folder
from winnow.jobs.progress import Progress

LEFT_OUT = frozenset({"tmp", "index", "tables", "damaged", "logs"})
"""What a backup does not need: unfinished work, the keyword index (built again at the first search), logs."""

CONTROL = "control.sqlite"


@dataclass(frozen=True)
class Copied:
    """How many files and bytes a copy wrote, and how many files were there already."""

    files: int
    bytes: int
    known: int


def back_up(catalog: Catalog, where: Path, progress: Progress) -> Copied:
    """Bring the folder `where` up to the corpus, which may be used meanwhile; it is itself a corpus, to be opened or read.

    Files are written once and never changed, so only new ones are copied; the control file is copied last and renamed
    into place, so that a backup that was killed is still the one before. Raises ConflictError for a folder that is the
    corpus itself or another's backup, InputError for one that holds something else, CorpusError without space.
    """
    target = where.absolute()
    _check_target(catalog, target)
    with exclusive(catalog.folder, "ingest", wait=True):
        target.mkdir(parents=True, exist_ok=True)
        fresh = target / f".{CONTROL}-new"
        fresh.unlink(missing_ok=True)
        catalog.control.copy_to(fresh)
        copied = _copy_new(catalog.folder, target, progress)
        for left in (target / f"{CONTROL}-wal", target / f"{CONTROL}-shm"):
            left.unlink(missing_ok=True)
        os.replace(fresh, target / CONTROL)
        fsync_folder(target)
    return copied


def restore(backup: Path, folder: Path, progress: Progress) -> Copied:
    """Make a corpus of a backup; raises CorpusError where `backup` is none, ConflictError where `folder` is in use."""
    source = Control.open(backup.absolute())
    if folder.exists() and any(folder.iterdir()):
        raise ConflictError(
            "a corpus is restored into a folder of its own",
            f"{folder} is not empty",
            "move it away, or name another: -w DIR",
        )
    folder.mkdir(parents=True, exist_ok=True)
    copied = _copy_new(source.folder, folder, progress)
    source.copy_to(folder / f".{CONTROL}-new")
    os.replace(folder / f".{CONTROL}-new", folder / CONTROL)
    fsync_folder(folder)
    return copied


def _check_target(catalog: Catalog, target: Path) -> None:
    if target == catalog.folder or catalog.folder in target.parents or target in catalog.folder.parents:
        raise ConflictError("a backup needs a folder outside the corpus", f"found {target}", "name another folder")
    if not target.exists() or not any(target.iterdir()):
        return
    if not (target / CONTROL).exists() and not (target / f".{CONTROL}-new").exists():
        raise InputError(f"{target} is no backup", "it holds other files", "name an empty or a new folder")
    if (target / CONTROL).exists() and _made(Control.open(target)) != _made(catalog.control):
        raise ConflictError(f"{target} is the backup of another corpus", "", "name another folder")


def _made(control: Control) -> str:
    return control.meta("created")


def _copy_new(source: Path, target: Path, progress: Progress) -> Copied:
    """Copy what `target` lacks, or holds in another size or older; each file appears whole or not at all."""
    files = [(path, path.stat()) for path in _files(source)]
    todo = [(path, status) for path, status in files if not _same(target / path.relative_to(source), status)]
    progress.stage("copy", float(sum(status.st_size for _, status in todo)), "bytes")
    for path, status in todo:
        final = target / path.relative_to(source)
        final.parent.mkdir(parents=True, exist_ok=True)
        staged = final.with_name(f".{final.name}-copy")
        try:
            shutil.copy2(path, staged)
            with open(staged, "rb") as file:
                os.fsync(file.fileno())
        except FileNotFoundError:
            # A sweep may take a superseded run away meanwhile; the control file copied before does not need it then.
            continue
        except OSError as reason:
            staged.unlink(missing_ok=True)
            raise CorpusError(
                f"{final} cannot be written", str(reason), "free some space, then run it again"
            ) from reason
        os.replace(staged, final)
        progress.advance(float(status.st_size))
    return Copied(len(todo), sum(status.st_size for _, status in todo), len(files) - len(todo))


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in LEFT_OUT or path.name.startswith((".", CONTROL)) or path.suffix == ".lock":
            continue
        if path.is_file():
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from (inner for inner in sorted(path.rglob("*")) if inner.is_file() and not inner.is_symlink())


def _same(path: Path, status: os.stat_result) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_size == status.st_size and found.st_mtime_ns == status.st_mtime_ns
