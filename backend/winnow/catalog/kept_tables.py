"""Wide tables kept on disk: a process that finds the one it needs reads it where it lies, and builds nothing.

They hold no truth: a table that is lost, damaged, or was written by another version is built anew from the shards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import duckdb

from winnow.catalog.building import Content
from winnow.catalog.publish import checksum, exclusive, move_into_place, staging
from winnow.errors import ConflictError

FOLDER = "tables"
LEAST = 200_000
"""Documents from which on a table is kept; fewer are put together in a second or two."""


class KeptTable(NamedTuple):
    """A kept table's file, and the newest event of the label log that it holds."""

    path: Path
    labels: int


class KeptTables:
    """The folder of a corpus's kept table: one file, named by what it was built from, its labels and its checksum."""

    def __init__(self, corpus: Path, *, read_only: bool) -> None:
        self._corpus, self._folder, self._read_only = corpus, corpus / FOLDER, read_only

    def found(
        self, content: Content, labels: range, write: Callable[[Path, KeptTable | None], int]
    ) -> KeptTable | None:
        """Return the kept table of a content that holds one of these states of the label log; None where none can be.

        Where there is none, `write` makes it in a file, which it may begin as a copy of the older one that it is given,
        and tells the newest event that it holds. A corpus that is small, still being scored, or cannot be written to has
        none; where one of an earlier state of the log lies there, that one will do. Of two processes that want the same
        one the second waits for the first.
        """
        if sum(part.documents for part in content.parts) < LEAST:
            return None
        name, parts = digest(content), {part.part for part in content.parts}
        if table := self._sound(name, labels):
            return table
        if not self._read_only and all(set(run.paths) == parts for run in content.runs.values()):
            with suppress(OSError, duckdb.Error), exclusive(self._corpus, FOLDER, wait=True):
                return self._sound(name, labels) or self._written(name, labels, write)
        return self._sound(name, range(labels.stop))

    def being_written(self) -> bool:
        """Tell whether another process is making one."""
        try:
            with exclusive(self._corpus, FOLDER):
                return False
        except ConflictError:
            return True
        except OSError:
            return False

    def drop(self, path: Path) -> None:
        """Take a table away that cannot be read."""
        with suppress(OSError):
            path.unlink(missing_ok=True)

    def _sound(self, name: str, labels: range) -> KeptTable | None:
        for path in self._folder.glob(f"{name}-*-*.duckdb"):
            _, seq, held = path.stem.split("-")
            if int(seq) in labels:
                with suppress(OSError):
                    if held == checksum(path):
                        return KeptTable(path, int(seq))
                self.drop(path)
        return None

    def _written(self, name: str, labels: range, write: Callable[[Path, KeptTable | None], int]) -> KeptTable:
        with staging(self._corpus) as staged:
            made = staged / "docs.duckdb"
            seq = write(made, self._sound("*", range(labels.stop)))
            path = self._folder / f"{name}-{seq}-{checksum(made)}.duckdb"
            move_into_place([(made, path)])
        # Whoever still reads an older one keeps it open: its blocks go when the last reader does.
        for other in set(self._folder.glob("*.duckdb")) - {path}:
            self.drop(other)
        return KeptTable(path, seq)


def digest(content: Content) -> str:
    """Name all that a kept table is built from: shards, facets, runs, split clusters and names of clusters."""
    told = (list(content.marks.items()), content.splits, sorted(content.names, key=repr))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
