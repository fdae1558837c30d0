"""The wide table: every column except text in this process's own DuckDB, rebuilt from shards whenever the manifest moves.

DuckDB holds no truth, and no process opens another's file, so a server, a command and a notebook work side by side.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import duckdb

# DuckDB imports pandas when it first makes a frame; two threads doing so at once deadlock.
import pandas as pd  # noqa: F401

from winnow.catalog.building import Before, Content, build, rename_clusters, view_texts
from winnow.catalog.clusters import Clusters
from winnow.catalog.databases import Databases
from winnow.catalog.kept_tables import KeptTable, KeptTables
from winnow.catalog.label_columns import Labelled, view_labels, write_labels
from winnow.catalog.labels import Labels
from winnow.catalog.manifest import Manifest
from winnow.catalog.renewing import note_content, renewed
from winnow.errors import CorpusError

MANY = 100_000
"""Events of the label log that a kept table lacks, above which it is renewed: fewer are joined to it at each question."""


class Version(NamedTuple):
    """What a table was built from; it changes whenever any value may have."""

    manifest: int
    labels: int
    clusters: int


class _State(NamedTuple):
    """What a table shows, and from what it was built."""

    version: Version = Version(-1, -1, -1)
    content: Content | None = None


class Table:
    """The relation `docs`, one row per document, always as new as the manifest; beside it `texts`, read from the shards.

    One that `lags` shows the documents, columns and clusters of before, with the newest labels, while another process
    writes the table of a large corpus anew: a server whose pages would all wait for it.
    """

    def __init__(self, manifest: Manifest, labels: Labels, clusters: Clusters) -> None:
        self.lags = False
        self._promised = Version(-1, -1, -1)
        self._manifest, self._labels, self._clusters = manifest, labels, clusters
        self._lock = threading.Lock()
        self._databases = Databases()
        self._state = _State()
        self._kept = KeptTables(manifest.folder, read_only=manifest.control.read_only)
        self._file, self._held = "", 0

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor of its own over the newest table: one connection shared by threads returns empty results.

        What it sees stays as it is until it is closed, though the table be replaced meanwhile.
        """
        self.refresh()
        with self._databases.reading() as cursor:
            yield cursor

    @staticmethod
    def built(cursor: duckdb.DuckDBPyConnection) -> Version:
        """Return what the table that a cursor sees was built from."""
        return Version(*(cursor.execute("SELECT * FROM built").fetchone() or ()))

    @property
    def version(self) -> Version:
        """Return what the next question sees, or something newer."""
        row = self._manifest.control.one(
            "SELECT (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'manifest'), "
            "(SELECT COALESCE(MAX(seq), 0) FROM label_events), (SELECT COALESCE(MAX(seq), 0) FROM cluster_events)"
        )
        shown = self._state.version
        newest = Version(*(row or shown))
        return newest if self._due(newest._replace(labels=0)) else shown._replace(labels=newest.labels)

    def _due(self, newest: Version) -> bool:
        """Tell whether the table is to follow documents, columns and clusters at once.

        A yes stays one: what is kept under a version must not come from an older table.
        """
        if self.lags and self._file and newest not in (self._state.version._replace(labels=0), self._promised):
            if self._kept.being_written():
                return False
            self._promised = newest
        return True

    def origin(self, column: str, version: Version) -> Hashable:
        """Return what a column's values come from in a state of the table: while it is the same, so are they."""
        shown, content = self._state
        if content is None or version._replace(labels=0) != shown._replace(labels=0):
            return version
        labelled = column in map(self._labels.column, content.schemas)
        return content.origin(column), version.labels if labelled else 0

    def refresh(self) -> None:
        """Bring the table up to the manifest, the labels and the cluster names; raises CorpusError for a lost file."""
        if self.version == self._state.version:
            return
        with self._lock:
            with self._manifest.control.snapshot():
                version = self.version
                if version == self._state.version:
                    return
                content = self._content_of(version)
            try:
                self._update(content, version)
            except duckdb.IOException as reason:
                cause = str(reason).splitlines()[0]
                raise CorpusError("the corpus needs all its shards", cause, "restore it, or make it again") from reason
            self._state = _State(version, content)

    def keep(self, tell: Callable[[], None]) -> None:
        """Have on disk what the next process is to read, where the corpus is large; `tell` is called before the work."""
        with self._manifest.control.snapshot():
            content, newest = self._read(), self.version.labels

        def write(path: Path, older: KeptTable | None) -> int:
            tell()
            return self._write_file(content, path, older)

        self._kept.found(content, _near(newest), write)

    def _content_of(self, version: Version) -> Content:
        shown, content = self._state
        moved = (version.manifest, version.clusters) != (shown.manifest, shown.clusters)
        return self._read() if content is None or moved else content

    def _read(self) -> Content:
        return Content(
            self._manifest.parts(),
            self._manifest.facets(),
            {run.run: run for run in self._manifest.runs("columns") if run.paths},
            frozenset(self._clusters.names()),
            self._clusters.splits()[0],
            tuple(self._labels.schemas()),
        )

    def _update(self, content: Content, version: Version) -> None:
        """Change the table so that whoever reads meanwhile sees the old one to the end.

        Labels are read after the version: what is written in between is there too early, and is written once more.
        """
        shown, before = self._state
        renamed = before is not None and content.names != before.names
        stays = not self._file or (not renamed and version.labels - self._held <= MANY)
        if before is not None and content.made_of == before.made_of and stays:
            labels = self._labels.changed_since(shown.labels)
            with self._databases.changing() as writer:
                if renamed:
                    rename_clusters(writer, content.names - before.names)
                self._show_labels(writer, self._file, content, labels)
                _note(writer, version)
        elif not self._stand_on_file(content, version):
            kept = before if before is not None and content.base == before.base else None
            self._stand_alone(content, kept, version)

    def _stand_alone(self, content: Content, kept: Content | None, version: Version) -> None:
        """Build the table in memory."""
        labels = self._labels.changed_since(self._state.version.labels if kept else -1)
        with self._databases.building() as (writer, present):
            self._build(writer, present, content, kept)
            view_texts(writer, content.parts)
            write_labels(writer, self._label_columns(content), labels)
            _note(writer, version)
        self._file, self._held = "", 0

    def _stand_on_file(self, content: Content, version: Version) -> bool:
        """Read the table that is kept on disk where it lies, with labels that it lacks beside it; return whether there is one."""
        found = self._kept.found(content, _near(self.version.labels), partial(self._write_file, content))
        if found is None:
            return False
        labels = self._labels.changed_since(found.labels)
        try:
            with self._databases.building(found.path) as (writer, file):
                view_texts(writer, content.parts)
                self._show_labels(writer, file, content, labels)
                _note(writer, version)
        except duckdb.Error:
            self._kept.drop(found.path)
            return False
        self._file, self._held = file, found.labels
        return True

    def _write_file(self, content: Content, path: Path, older: KeptTable | None) -> int:
        """Write the table into a file and return the newest event of the label log that it holds."""
        newest = self.version.labels
        if older is not None:
            with suppress(duckdb.Error):
                shutil.copyfile(older.path, path)
                with self._databases.filing(path) as writer:
                    if renewed(writer, content, self._clusters.splits()[1]):
                        self._file_labels(writer, content, older.labels)
                        return newest
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink()
        with self._databases.filing(path) as writer:
            self._build(writer, "", content, None)
            note_content(writer, content)
            self._file_labels(writer, content, -1)
        return newest

    def _file_labels(self, writer: duckdb.DuckDBPyConnection, content: Content, since: int) -> None:
        write_labels(writer, self._label_columns(content), self._labels.changed_since(since))
        writer.execute("CHECKPOINT")

    def _build(self, writer: duckdb.DuckDBPyConnection, source: str, content: Content, kept: Content | None) -> None:
        split = kept is None or kept.splits != content.splits
        leaves = self._clusters.splits()[1] if split else None
        build(writer, content, Before(kept, f"{source}.docs") if kept else None, leaves)

    def _show_labels(self, writer: duckdb.DuckDBPyConnection, file: str, content: Content, labels: Labelled) -> None:
        if file:
            view_labels(writer, file, self._label_columns(content), labels)
        else:
            write_labels(writer, self._label_columns(content), labels)

    def _label_columns(self, content: Content) -> Mapping[str, str]:
        return {schema: self._labels.column(schema) for schema in content.schemas}

    def columns(self) -> dict[str, str]:
        """Return every column of `docs` and its DuckDB type, in order."""
        with self.cursor() as cursor:
            return {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}


def _near(newest: int) -> range:
    """Return the states of the label log from which a kept table will do."""
    return range(max(newest - MANY, 0), newest + 1)


def _note(writer: duckdb.DuckDBPyConnection, version: Version) -> None:
    writer.execute(f"CREATE OR REPLACE TABLE built AS SELECT * FROM (VALUES {tuple(version)})")
