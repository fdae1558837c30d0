"""Write a folder beside its final place and rename it in: readers see the old one or the new one, never half."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder` when the block ends well, and vanishes when it does not."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-{os.getpid()}-", dir=folder.parent))
    try:
        yield fresh
        fresh.chmod(0o755)
        # A folder cannot be renamed over a full one; processes that have the old files open keep reading them.
        if folder.exists():
            folder.rename(fresh.with_name(fresh.name + "-old"))
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(fresh.with_name(fresh.name + "-old"), ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what killed builds left behind."""
    for stale in folder.parent.glob(f".{folder.name}-*"):
        owner = stale.name.removeprefix(f".{folder.name}-").split("-")[0]
        if owner.isdecimal() and not _alive(int(owner)):
            shutil.rmtree(stale, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
