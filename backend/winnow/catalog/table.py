"""The wide table: every column except text in this process's own DuckDB, rebuilt from shards whenever the manifest moves.

DuckDB holds no truth, and no process opens another's file, so a server, a command and a notebook work side by side.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

# DuckDB imports pandas when it first makes a frame; two threads doing so at once deadlock.
import pandas as pd  # noqa: F401
import pyarrow as pa

from winnow.catalog.building import Before, Content, build, rename_clusters, view_labelled, view_texts
from winnow.catalog.clusters import Clusters
from winnow.catalog.databases import Databases
from winnow.catalog.kept_tables import KeptTables
from winnow.catalog.labels import Labels
from winnow.catalog.manifest import Manifest
from winnow.catalog.quoting import literal, quoted
from winnow.catalog.renewing import note_content, renewed
from winnow.errors import CorpusError

MANY = 100_000
"""Labelled documents from which on their labels are columns of a table and no longer joined to it at each question."""
Labelled = Sequence[Mapping[str, Any]]
LABELS = pa.schema([*((name, pa.string()) for name in ("schema", "value", "who", "at")), ("doc_id", pa.int64())])


class Version(NamedTuple):
    """What a table was built from; it changes whenever any value may have."""

    manifest: int
    labels: int
    clusters: int


class Table:
    """The relation `docs`, one row per document, always as new as the manifest; beside it `texts`, read from the shards."""

    def __init__(self, manifest: Manifest, labels: Labels, clusters: Clusters) -> None:
        self._manifest, self._labels, self._clusters = manifest, labels, clusters
        self._lock = threading.Lock()
        self._databases = Databases()
        self._seen = Version(-1, -1, -1)
        self._content: Content | None = None
        self._kept = KeptTables(manifest.folder, read_only=manifest.control.read_only)
        self._viewed, self._said = False, 0

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
        """Return what the table is to be built from now."""
        row = self._manifest.control.one(
            "SELECT (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'manifest'), "
            "(SELECT COALESCE(MAX(seq), 0) FROM label_events), (SELECT COALESCE(MAX(seq), 0) FROM cluster_events)"
        )
        return Version(*(row or self._seen))

    def refresh(self) -> None:
        """Bring the table up to the manifest, the labels and the cluster names; raises CorpusError for a lost file."""
        if self.version == self._seen:
            return
        with self._lock:
            with self._manifest.control.snapshot():
                version = self.version
                if version == self._seen:
                    return
                content = self._read() if self._moved(version) else self._content
                rebuilt = self._content is None or content is None or content.base != self._content.base
                labels = self._labels.changed_since(-1 if rebuilt else self._seen.labels)
            try:
                self._update(content or Content(), labels, version)
            except duckdb.IOException as reason:
                cause = str(reason).splitlines()[0]
                raise CorpusError("the corpus needs all its shards", cause, "restore it, or make it again") from reason
            self._seen, self._content = version, content

    def _moved(self, version: Version) -> bool:
        return (version.manifest, version.clusters) != (self._seen.manifest, self._seen.clusters)

    def _read(self) -> Content:
        return Content(
            self._manifest.parts(),
            self._manifest.facets(),
            {run.run: run for run in self._manifest.runs("columns") if run.paths},
            frozenset(self._clusters.names()),
            self._clusters.splits()[0],
            tuple(self._labels.schemas()),
        )

    def _update(self, content: Content, labels: Labelled, version: Version) -> None:
        """Change the table so that whoever reads meanwhile sees the old one to the end."""
        before = self._content
        many = self._viewed and self._said + len(labels) > MANY
        renamed = before is not None and content.names != before.names
        if before is None or content.made_of != before.made_of or many or (self._viewed and renamed):
            kept = before if before is not None and content.base == before.base else None
            if not self._stand_on_file(content, None if kept else labels, version):
                self._stand_alone(content, kept, labels, version)
        else:
            with self._databases.changing() as writer:
                if renamed:
                    rename_clusters(writer, content.names - before.names)
                if labels or content.schemas != before.schemas:
                    self._write_labels(writer, content.schemas, labels, viewed=self._viewed)
                _note(writer, version)
            self._said += len(labels)

    def _stand_alone(self, content: Content, kept: Content | None, labels: Labelled, version: Version) -> None:
        """Build the table in memory."""
        with self._databases.building() as (writer, present):
            self._build(writer, present, content, kept)
            view_texts(writer, content.parts)
            self._write_labels(writer, content.schemas, labels, viewed=False)
            _note(writer, version)
        self._viewed = False

    def _stand_on_file(self, content: Content, labels: Labelled | None, version: Version) -> bool:
        """Read the table that is kept on disk where it lies, with all labels beside it; return whether there is one.

        What has many labels is a copy in memory.
        """
        file = self._kept.found(content, lambda path, older: self._write_file(path, content, older))
        if file is None:
            return False
        if labels is None:
            labels = self._labels.changed_since(-1)
        try:
            with self._databases.building(file) as (writer, held):
                viewed = len(labels) <= MANY
                if viewed:
                    writer.execute(f"CREATE TABLE said (doc_id BIGINT); CREATE VIEW docs AS FROM {held}.docs")
                else:
                    self._build(writer, held, content, content)
                view_texts(writer, content.parts)
                self._write_labels(writer, content.schemas, labels, viewed=viewed)
                _note(writer, version)
        except duckdb.Error:
            self._kept.drop(file)
            return False
        self._viewed, self._said = viewed, len(labels)
        return True

    def _write_file(self, path: Path, content: Content, older: Path | None) -> None:
        if older is not None:
            with suppress(duckdb.Error):
                shutil.copyfile(older, path)
                with self._databases.filing(path) as writer:
                    if renewed(writer, content, self._clusters.splits()[1]):
                        return
            for left in path.parent.glob(f"{path.name}*"):
                left.unlink()
        with self._databases.filing(path) as writer:
            self._build(writer, "", content, None)
            note_content(writer, content)

    def _build(self, writer: duckdb.DuckDBPyConnection, source: str, content: Content, kept: Content | None) -> None:
        split = kept is None or kept.splits != content.splits
        leaves = self._clusters.splits()[1] if split else None
        build(writer, content, Before(kept, f"{source}.docs") if kept else None, leaves)

    def _write_labels(
        self, writer: duckdb.DuckDBPyConnection, schemas: Sequence[str], labels: Labelled, *, viewed: bool
    ) -> None:
        """Write labels into `docs`, or where that is a view of a file into `said`, which the view has beside the file."""
        held = "said" if viewed else "docs"
        present = {row[0].lower() for row in writer.execute(f"DESCRIBE {held}").fetchall()}
        new = [name for name in map(self._labels.column, schemas) if name.lower() not in present]
        for name in new:
            writer.execute(f"ALTER TABLE {held} ADD COLUMN {quoted(name)} VARCHAR")
        if new and viewed:
            view_labelled(writer, map(self._labels.column, schemas))
        if not labels:
            return
        writer.register("changed", pa.Table.from_pylist([dict(row) for row in labels], schema=LABELS))
        if viewed:
            writer.execute(
                "INSERT INTO said (doc_id) SELECT DISTINCT doc_id FROM changed ANTI JOIN said USING (doc_id)"
            )
        for schema in {row["schema"] for row in labels} & set(schemas):
            writer.execute(
                f"UPDATE {held} SET {quoted(self._labels.column(schema))} = changed.value FROM changed "
                f"WHERE {held}.doc_id = changed.doc_id AND changed.schema = {literal(schema)}"
            )

    def columns(self) -> dict[str, str]:
        """Return every column of `docs` and its DuckDB type, in order."""
        with self.cursor() as cursor:
            return {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}


def _note(writer: duckdb.DuckDBPyConnection, version: Version) -> None:
    writer.execute(f"CREATE OR REPLACE TABLE built AS SELECT * FROM (VALUES {tuple(version)})")
