"""Databases in memory, one for each build of the wide table: the newest is read, an older one goes with its last reader.

A database may stand on a file, which is only read.
"""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from winnow.catalog.quoting import literal


class Databases:
    """Hands out cursors of their own: one connection shared by threads returns empty results."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
        spilled = literal(Path(tempfile.gettempdir()) / "winnow-duckdb")
        self._connection.execute(f"SET temp_directory = {spilled}")
        self._lock = threading.Lock()
        self._newest, self._made = "", 0
        self._readers: Counter[str] = Counter()

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor over the newest database, which stays as it is until the cursor is closed."""
        with self._lock:
            name = self._newest
            self._readers[name] += 1
        cursor = self._connection.cursor()
        try:
            cursor.execute(f"USE {name}")
            cursor.execute("BEGIN TRANSACTION")
            yield cursor
        finally:
            cursor.close()
            with self._lock:
                self._readers[name] -= 1
            self._leave(name)

    @contextmanager
    def building(self, file: Path | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """Give a writer in a database of its own and the name of another; afterwards the writer's is the newest.

        The other is the newest so far, or the file on which the writer's is to stand. What fails leaves the newest as it was.
        """
        before, self._made = self._newest, self._made + 1
        name = f"build_{self._made}"
        # Compression happens at a checkpoint, and only who builds a large table makes one.
        self._connection.execute(f"ATTACH ':memory:' AS {name} (COMPRESS)")
        writer = self._connection.cursor()
        try:
            if file is not None:
                writer.execute(f"ATTACH {literal(file)} AS {name}_file (READ_ONLY)")
            writer.execute(f"USE {name}")
            yield writer, before if file is None else f"{name}_file"
            with self._lock:
                self._newest = name
        finally:
            writer.close()
            self._leave(before if self._newest == name else name)

    @contextmanager
    def filing(self, file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a writer in the database of a file, which is made where there is none; afterwards the file is whole."""
        self._made += 1
        name = f"filed_{self._made}"
        writer = self._connection.cursor()
        try:
            writer.execute(f"ATTACH {literal(file)} AS {name}")
            writer.execute(f"USE {name}")
            yield writer
        finally:
            writer.close()
            self._connection.cursor().execute(f"DETACH DATABASE IF EXISTS {name}")

    @contextmanager
    def changing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a writer in the newest database, all in one transaction: readers see the old state to the end."""
        writer = self._connection.cursor()
        try:
            writer.execute(f"USE {self._newest}")
            writer.execute("BEGIN TRANSACTION")
            yield writer
            writer.execute("COMMIT")
        finally:
            writer.close()

    def _leave(self, name: str) -> None:
        """Take a database away that is not the newest and that nobody reads."""
        with self._lock:
            if name in ("", self._newest) or self._readers[name]:
                return
            del self._readers[name]
        for gone in (name, f"{name}_file"):
            self._connection.cursor().execute(f"DETACH DATABASE IF EXISTS {gone}")
