"""Publishing: files become visible all at once or not at all, whatever kills the process."""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from winnow.errors import ConflictError


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_into_place(moves: Sequence[tuple[Path, Path]]) -> None:
    """Flush each temporary file, rename it to its final name and flush the folders.

    The manifest row that names the files is inserted afterwards: until then they do not exist for anybody.
    """
    for staged, final in moves:
        with open(staged, "rb") as file:
            os.fsync(file.fileno())
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged, final)
    for folder in {final.parent for _, final in moves}:
        sync_folder(folder)
        sync_folder(folder.parent)


@contextmanager
def staging(corpus: Path) -> Iterator[Path]:
    """Give a private folder under tmp/ that is removed on leaving; one left by a killed process is swept later."""
    folder = corpus / "tmp" / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(corpus: Path) -> None:
    """Remove the staging folders of processes that no longer live."""
    for folder in (corpus / "tmp").glob("*-*"):
        owner = folder.name.partition("-")[0]
        if owner.isdigit() and not alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def exclusive(corpus: Path, what: str) -> Iterator[None]:
    """Hold a lock that dies with the process; raises ConflictError when another process holds it."""
    with open(corpus / f"{what}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError(
                f"{what} needs the corpus for itself",
                f"another {what} is running on {corpus}",
                "wait for it: winnow jobs",
            ) from None
        yield
