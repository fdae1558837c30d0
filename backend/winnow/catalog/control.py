"""control.sqlite: the truth for everything small (manifest, labels, selections, jobs), safe under kill -9."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from winnow.catalog.access import require
from winnow.catalog.layouts import LAYOUT, advance
from winnow.errors import CorpusError

FOLDERS = ("docs", "cols", "vectors", "index", "quarantine", "selections", "tmp", "logs")
WAIT = 60.0
"""Seconds to wait for another process's transaction."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Control:
    """One corpus's control.sqlite: a connection per thread, WAL, synchronous=FULL.

    A corpus that cannot be written (a read-only disk, somebody else's folder) can still be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "control.sqlite"
        self._local = threading.local()

    @property
    def read_only(self) -> bool:
        return self.path.exists() and not (os.access(self.folder, os.W_OK) and os.access(self.path, os.W_OK))

    @classmethod
    def create(cls, folder: Path) -> Control:
        """Make the corpus folder and its control file when absent; raises CorpusError for a folder used otherwise."""
        folder.mkdir(parents=True, exist_ok=True)
        control = cls(folder)
        taken = [name for name in FOLDERS if (folder / name).exists()]
        if taken and not control.path.exists():
            raise CorpusError(
                "a corpus needs a folder of its own", f"{folder} holds {', '.join(taken)}", "name another with -w DIR"
            )
        if control.read_only:
            return control
        with control.write() as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                advance(connection, 0)
                connection.executemany("INSERT INTO meta VALUES (?, ?)", {"manifest": "0", "created": now()}.items())
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Control:
        """Open an existing corpus, and bring an older layout up to this one's.

        Raises CorpusError when there is none, when its layout is newer or unknown, or when it is older and cannot be
        written.
        """
        control = cls(folder)
        if not control.path.exists() or not control.one("SELECT 1 FROM sqlite_master WHERE name = 'meta'"):
            raise CorpusError(
                f"{folder} is no corpus",
                "it has no control.sqlite" if not control.path.exists() else "its control.sqlite is empty",
                "winnow ingest PATH..., or name the corpus with -w DIR",
            )
        if control.meta("layout") != str(LAYOUT):
            control._migrate()
        return control

    def _migrate(self) -> None:
        """Take an older layout forward in one transaction: a reader sees the old one or the new one, never half."""
        layout = self.meta("layout")
        if not layout.isdigit() or not 1 <= int(layout) <= LAYOUT:
            newer = layout.isdigit() and int(layout) > LAYOUT
            raise CorpusError(
                f"{self.folder} has layout {layout}",
                f"this Winnow reads layouts 1 to {LAYOUT}",
                "pip install --upgrade winnow-workbench" if newer else "use the Winnow that made it",
            )
        with self.write("read") as connection:
            found = int(connection.execute("SELECT value FROM meta WHERE key = 'layout'").fetchone()[0])
            if found < LAYOUT:
                advance(connection, found)

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect_to_read() if self.read_only else self._connect()
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        address = f"{self.path.as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=WAIT, isolation_level=None)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # WAL needs a file beside the database, which a read-only folder cannot take; nobody can write it either.
            connection.close()
            connection = sqlite3.connect(f"{address}&immutable=1", uri=True, isolation_level=None)
        return connection

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._errors():
            return self._connection().execute(query, values).fetchall()

    def each(self, query: str, *values: Any) -> Iterator[sqlite3.Row]:
        """Yield the rows of one state one by one, where there may be too many to hold."""
        with self._errors():
            yield from self._connection().execute(query, values)

    def one(self, query: str, *values: Any) -> sqlite3.Row | None:
        with self._errors():
            row: sqlite3.Row | None = self._connection().execute(query, values).fetchone()
            return row

    def newest(self, log: str) -> int:
        """Return the number of the newest event of a log, 0 of an empty one."""
        row = self.one(f"SELECT COALESCE(MAX(seq), 0) AS seq FROM {log}")
        return int(row["seq"]) if row else 0

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every read of this thread see one state, whatever others write meanwhile."""
        with self._errors():
            connection = self._connection()
            connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")

    @contextmanager
    def write(self, right: str = "curate") -> Iterator[sqlite3.Connection]:
        """Run statements in one IMMEDIATE transaction: all of them are durable on leaving, or none.

        Raises AccessError when the role of who acts lacks the right.
        """
        require(right)
        if self.read_only:
            raise CorpusError(f"{self.folder} cannot be written", "it is read-only", "copy it, or change its rights")
        with self._errors():
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.DatabaseError, UnicodeDecodeError) as reason:
            fix = "see who holds it, free some space, or restore it from a copy: winnow restore BACKUP"
            raise CorpusError(f"{self.path} cannot be used", str(reason), fix) from reason

    @contextmanager
    def change_manifest(self) -> Iterator[sqlite3.Connection]:
        """Like `write`, and tell every process that the manifest moved."""
        with self.write() as connection:
            yield connection
            connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'manifest'")

    def meta(self, key: str, default: str = "") -> str:
        row = self.one("SELECT value FROM meta WHERE key = ?", key)
        return str(row["value"]) if row else default

    def integrity(self) -> list[str]:
        """Return what SQLite finds wrong with the file, page by page; nothing when it is whole."""
        try:
            found = [str(row[0]) for row in self._connection().execute("PRAGMA integrity_check(20)").fetchall()]
        except sqlite3.DatabaseError as reason:
            return [str(reason)]
        return [] if found == ["ok"] else found

    def copy_to(self, path: Path) -> None:
        """Write a copy of one moment of this file, while others go on writing it; the copy is durable on return."""
        with self._errors():
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                self._connection().backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
        with open(path, "rb") as file:
            os.fsync(file.fileno())

    def close(self) -> None:
        """Close this thread's connection; those of other threads close when the threads end."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None


def load(text: str) -> Any:
    """Read what `dump` wrote; raises CorpusError for anything else, which only a damaged file holds."""
    try:
        return json.loads(text)
    except (ValueError, TypeError) as reason:
        fix = "winnow doctor, or restore it from a copy: winnow restore BACKUP"
        raise CorpusError("control.sqlite is damaged", f"a row that should be JSON is not: {reason}", fix) from reason


def dump(value: Any) -> str:
    """Write JSON as ASCII: a file name may hold bytes that are no text, which SQLite would refuse."""
    return json.dumps(value, sort_keys=True, default=str)
