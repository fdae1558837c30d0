"""The wide table: every column except text in this process's own DuckDB, rebuilt from shards whenever the manifest moves.

DuckDB holds no truth, and no process opens another's file, so a server, a command and a notebook work side by side.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

# DuckDB imports pandas when it first makes a frame; two threads doing so at once deadlock.
import pandas as pd  # noqa: F401
import pyarrow as pa

from winnow.catalog.clusters import Clusters, Named
from winnow.catalog.labels import Labels
from winnow.catalog.manifest import Manifest, Part, Run
from winnow.errors import CorpusError

BASE = ("doc_id", "id", "source", "url", "date")
NAMES = pa.schema(
    [("leaf", pa.int32()), ("cluster", pa.int32()), ("name", pa.string()), ("top", pa.string()), ("keep", pa.bool_())]
)
LABELS = pa.schema([*((name, pa.string()) for name in ("schema", "value", "who", "at")), ("doc_id", pa.int64())])


class Version(NamedTuple):
    """What a table was built from; it changes whenever any value may have."""

    manifest: int
    labels: int
    clusters: int


@dataclass(frozen=True)
class _Content:
    """What the table holds, as the control file tells it."""

    parts: list[Part] = field(default_factory=list)
    facets: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    names: frozenset[Named] = frozenset()
    splits: tuple[int, ...] = ()
    schemas: tuple[str, ...] = ()

    @property
    def base(self) -> tuple[Any, ...]:
        return (tuple(part.part for part in self.parts), tuple(self.facets.items()))


class Table:
    """The relation `docs`, one row per document, always as new as the manifest; beside it `texts`, read from the shards."""

    def __init__(self, manifest: Manifest, labels: Labels, clusters: Clusters) -> None:
        self._manifest, self._labels, self._clusters = manifest, labels, clusters
        self._lock = threading.Lock()
        self._database = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
        self._database.execute(f"SET temp_directory = {literal(Path(tempfile.gettempdir()) / 'winnow-duckdb')}")
        self._seen = Version(-1, -1, -1)
        self._content: _Content | None = None

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor of its own over the newest table: one connection shared by threads returns empty results.

        What it sees stays as it is until it is closed, though the table be replaced meanwhile.
        """
        self.refresh()
        cursor = self._database.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION")
            yield cursor
        finally:
            cursor.close()

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
                self._update(content or _Content(), labels, version)
            except duckdb.IOException as reason:
                cause = str(reason).splitlines()[0]
                raise CorpusError("the corpus needs all its shards", cause, "restore it, or make it again") from reason
            self._seen, self._content = version, content

    def _moved(self, version: Version) -> bool:
        return (version.manifest, version.clusters) != (self._seen.manifest, self._seen.clusters)

    def _read(self) -> _Content:
        return _Content(
            self._manifest.parts(),
            self._manifest.facets(),
            {run.run: run for run in self._manifest.runs("columns") if run.paths},
            frozenset(self._clusters.names()),
            self._clusters.splits()[0],
            tuple(self._labels.schemas()),
        )

    def _update(self, content: _Content, labels: Sequence[Mapping[str, Any]], version: Version) -> None:
        """Change the table in one transaction: whoever reads meanwhile sees the old one to the end."""
        writer = self._database.cursor()
        before = self._content
        try:
            writer.execute("BEGIN TRANSACTION")
            made = (content.base, content.runs, content.splits)
            if before is None or made != (before.base, before.runs, before.splits):
                self._build(writer, content, before if before is not None and content.base == before.base else None)
            elif content.names != before.names:
                _rename_clusters(writer, content.names - before.names)
            self._write_labels(writer, content.schemas, labels)
            writer.execute(f"CREATE OR REPLACE TABLE built AS SELECT * FROM (VALUES {tuple(version)})")
            writer.execute("COMMIT")
        finally:
            writer.close()

    def _build(self, writer: duckdb.DuckDBPyConnection, content: _Content, before: _Content | None) -> None:
        """Make the table anew: from the documents' shards, or from the present table when those did not change."""
        source = "docs" if before else _documents(writer, content)
        present = [row[0] for row in writer.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        gone = {column for run in before.runs.values() for column in run.columns} if before else set()
        chosen = {name.lower(): f"c.{quoted(name)}" for name in present if name not in gone | {*CLUSTER}}
        joins = []
        for place, (key, run) in enumerate(content.runs.items()):
            split = "cluster_leaf" in run.columns and (before is None or before.splits != content.splits)
            kept = not split and before is not None and key in before.runs and before.runs[key] == run
            if not kept:
                paths = [path for _, path in sorted(run.paths.items())]
                joins.append(f"LEFT JOIN {files(paths)} r{place} ON r{place}.doc_id = c.doc_id")
            for column, kind in run.columns.items():
                if not nested(kind) and column not in BASE:
                    chosen[column.lower()] = f"{'c' if kept else f'r{place}'}.{quoted(column)}"
            if split:
                # Parts of a split cluster are leaves of their own; a kept column knows them already.
                writer.register("split_leaves", self._clusters.splits()[1])
                joins.append("LEFT JOIN split_leaves s ON s.doc_id = c.doc_id")
                chosen["cluster_leaf"] = f"COALESCE(s.split_leaf, r{place}.cluster_leaf) AS cluster_leaf"
        if "cluster_leaf" in chosen:
            writer.register("cluster_names", _names(content.names))
            joins.append(
                f"LEFT JOIN cluster_names n ON n.leaf = {chosen['cluster_leaf'].removesuffix(' AS cluster_leaf')}"
            )
            chosen |= {name: f"n.{column} AS {name}" for name, column in CLUSTER.items()}
        query = f"SELECT {', '.join(chosen.values())} FROM {source} c {' '.join(joins)} ORDER BY c.doc_id"
        writer.execute(f"CREATE TABLE docs_next AS {query}")
        writer.execute("DROP TABLE IF EXISTS docs")
        writer.execute("DROP TABLE IF EXISTS documents")
        writer.execute("ALTER TABLE docs_next RENAME TO docs")
        writer.execute(f"CREATE OR REPLACE VIEW texts AS {_texts(content)}")

    def _write_labels(
        self, writer: duckdb.DuckDBPyConnection, schemas: Sequence[str], labels: Sequence[Mapping[str, Any]]
    ) -> None:
        present = {row[0].lower() for row in writer.execute("DESCRIBE docs").fetchall()}
        for schema in schemas:
            if self._labels.column(schema).lower() not in present:
                writer.execute(f"ALTER TABLE docs ADD COLUMN {quoted(self._labels.column(schema))} VARCHAR")
        if not labels:
            return
        writer.register("changed", pa.Table.from_pylist([dict(row) for row in labels], schema=LABELS))
        for schema in {row["schema"] for row in labels} & set(schemas):
            writer.execute(
                f"UPDATE docs SET {quoted(self._labels.column(schema))} = changed.value FROM changed "
                f"WHERE docs.doc_id = changed.doc_id AND changed.schema = {literal(schema)}"
            )

    def columns(self) -> dict[str, str]:
        """Return every column of `docs` and its DuckDB type, in order."""
        with self.cursor() as cursor:
            return {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}


CLUSTER = {"cluster": "cluster", "cluster_name": "name", "cluster_top": "top", "cluster_keep": "keep"}
"""The columns that cluster names give, and where they come from."""


def quoted(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def files(paths: Sequence[Path]) -> str:
    return "read_parquet([" + ", ".join(literal(path) for path in paths) + "])"


def nested(kind: str) -> bool:
    return kind.startswith(("list", "struct", "large_list", "fixed_size_list", "map"))


def _documents(writer: duckdb.DuckDBPyConnection, content: _Content) -> str:
    """Return a query of the documents' own columns, the JSON of the others parsed once for all of them.

    A column whose kind was learnt from a part of the documents and does not hold for all of them takes the next wider
    kind, so that no value is lost.
    """
    if not content.parts:
        return _EMPTY
    pointers = ", ".join(literal(json_pointer(key)) for key, _ in content.facets.values())
    source = files([part.path for part in content.parts])
    if not pointers:
        return f"(SELECT {', '.join(BASE)} FROM {source})"
    values = f"json_extract_string(meta, [{pointers}]) AS meta_values"
    writer.execute(f"CREATE TEMP TABLE documents AS SELECT {', '.join(BASE)}, {values} FROM {source}")
    tried = [
        (name, f"meta_values[{place}]", kind)
        for place, (name, (_, first)) in enumerate(content.facets.items(), start=1)
        for kind in _WIDER[first]
    ]
    counts = [f"COUNT(*) FILTER ({_MISFIT[kind].format(value=value)})" for _, value, kind in tried]
    misfits = writer.execute(f"SELECT {', '.join(counts)} FROM documents").fetchone() or ()
    chosen: dict[str, str] = {}
    for (name, value, kind), misfit in zip(tried, misfits, strict=True):
        if not misfit:
            chosen.setdefault(name, f"CAST({value} AS {kind}) AS {quoted(name)}")
    return f"(SELECT {', '.join([*BASE, *chosen.values()])} FROM documents)"


def _texts(content: _Content) -> str:
    """Return a query of every document's text, which stays in the shards."""
    if not content.parts:
        return "SELECT NULL::BIGINT AS doc_id, NULL::VARCHAR AS text WHERE false"
    return f"SELECT doc_id, text FROM {files([part.path for part in content.parts])}"


_WIDER = {
    "BOOLEAN": ("BOOLEAN", "VARCHAR"),
    "BIGINT": ("BIGINT", "DOUBLE", "VARCHAR"),
    "DOUBLE": ("DOUBLE", "VARCHAR"),
    "VARCHAR": ("VARCHAR",),
}
_MISFIT = {
    "BOOLEAN": "{value} NOT IN ('true', 'false')",
    "BIGINT": "{value} IS NOT NULL AND (TRY_CAST({value} AS BIGINT) IS NULL OR regexp_matches({value}, '[.eE]|^-?0[0-9]'))",
    "DOUBLE": "{value} IS NOT NULL AND (TRY_CAST({value} AS DOUBLE) IS NULL OR regexp_matches({value}, '^-?0[0-9]'))",
    "VARCHAR": "false",
}


def json_pointer(key: str) -> str:
    """Return the JSON pointer (RFC 6901) of a key, which may hold any character."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _names(names: frozenset[Named]) -> pa.Table:
    rows = [dict(zip(NAMES.names, row, strict=True)) for row in sorted(names, key=lambda row: row[0])]
    return pa.Table.from_pylist(rows, schema=NAMES)


def _rename_clusters(writer: duckdb.DuckDBPyConnection, changed: frozenset[Named]) -> None:
    writer.register("changed_names", _names(changed))
    values = ", ".join(f"{name} = n.{column}" for name, column in CLUSTER.items())
    writer.execute(f"UPDATE docs SET {values} FROM changed_names n WHERE docs.cluster_leaf = n.leaf")


_EMPTY = "(SELECT NULL::BIGINT AS doc_id, '' AS id, '' AS source, '' AS url, NULL::TIMESTAMP AS date WHERE false)"
