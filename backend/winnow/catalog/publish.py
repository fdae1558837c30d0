"""Publishing: files become visible all at once or not at all, whatever kills the process."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import xxhash

from winnow.errors import ConflictError
from winnow.export.base import fsync_folder


def move_into_place(moves: Sequence[tuple[Path, Path]]) -> list[str]:
    """Flush each temporary file, rename it to its final name, flush the folders; return each file's checksum.

    The manifest row that names the files is inserted afterwards: until then they do not exist for anybody.
    """
    sums = []
    for staged, final in moves:
        sums.append(checksum(staged))
        with open(staged, "rb") as file:
            os.fsync(file.fileno())
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, final)
    for folder in {final.parent for _, final in moves}:
        fsync_folder(folder)
        fsync_folder(folder.parent)
    return sums


def checksum(path: Path) -> str:
    """Return the XXH3 sum of a file, 128 bits as hex: it finds a damaged disk, not a forger."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, xxhash.xxh3_128).hexdigest()


@contextmanager
def staging(corpus: Path) -> Iterator[Path]:
    """Give a private folder under tmp/ that is removed on leaving, and sweep those of killed processes.

    A lock that dies with its process says that a folder is in use: process numbers mean nothing across containers.
    """
    sweep(corpus)
    folder = corpus / "tmp" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.parent.mkdir(exist_ok=True)
    with _held(folder.with_suffix(".lock")):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_suffix(".lock").unlink(missing_ok=True)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    while True:
        with open(path, "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # A sweeper may have taken the file away between its making and its locking: then it is made again.
            if _stands(path, file):
                yield
                return


def _stands(path: Path, file: IO[str]) -> bool:
    """Say whether an open file is still the one that its path names."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def sweep(corpus: Path) -> None:
    """Remove the staging folders of processes that no longer live."""
    for lock in (corpus / "tmp").glob("*.lock"):
        with suppress(OSError), open(lock, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another sweeper may have taken this file away, and its owner may hold a new one of the same name.
            if _stands(lock, file):
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
                lock.unlink()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def exclusive(corpus: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock that dies with the process; raises ConflictError when another holds it, unless told to wait."""
    with open(corpus / f"{what}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise ConflictError(
                f"{what} needs the corpus for itself",
                f"another {what} is running on {corpus}",
                "wait for it: winnow jobs",
            ) from None
        yield
