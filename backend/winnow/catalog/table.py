"""The wide table: every column except text in this process's own DuckDB, rebuilt from shards whenever the manifest moves.

DuckDB holds no truth, and no process opens another's file, so a server, a command and a notebook work side by side.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

# DuckDB imports pandas when it first makes a frame; two threads doing so at once deadlock.
import pandas as pd  # noqa: F401
import pyarrow as pa

from winnow.catalog.clusters import Clusters
from winnow.catalog.labels import Labels
from winnow.catalog.manifest import Manifest, Run

BASE = ("doc_id", "id", "source", "url", "date")


def quoted(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def files(paths: Sequence[Path]) -> str:
    return "read_parquet([" + ", ".join(literal(path) for path in paths) + "])"


class Table:
    """The relation `docs`, one row per document, always as new as the manifest."""

    def __init__(self, manifest: Manifest, labels: Labels, clusters: Clusters) -> None:
        self._manifest, self._labels, self._clusters = manifest, labels, clusters
        self._lock = threading.RLock()
        self._database = duckdb.connect(":memory:")
        self._database.execute("SET preserve_insertion_order = true")
        self._seen: tuple[int, int, int] = (-1, -1, -1)
        self._base: tuple[Any, ...] = ()
        self._runs: dict[str, Run] = {}
        self._names: tuple[Any, ...] = ()
        self._label_seq = -1

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a cursor of its own over the newest table: one connection shared by threads returns empty results."""
        self.refresh()
        cursor = self._database.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @property
    def version(self) -> tuple[int, int, int]:
        """Return what the table was built from; it changes whenever any value may have."""
        return (self._manifest.version, self._labels.last, self._clusters.last)

    def refresh(self) -> None:
        """Bring the table up to the manifest, the labels and the cluster names."""
        if self.version == self._seen:
            return
        with self._lock:
            version = self.version
            if version == self._seen:
                return
            if version[0] != self._seen[0] or version[2] != self._seen[2]:
                self._refresh_columns()
            self._refresh_labels()
            self._seen = version

    def _refresh_columns(self) -> None:
        parts = self._manifest.parts()
        facets = self._manifest.facets()
        base = (tuple(part.part for part in parts), tuple(facets.items()))
        runs = {run.run: run for run in self._manifest.runs("columns") if run.paths}
        names = self._clusters.key()
        if base != self._base or not self._seen[0] >= 0:
            self._create(f"SELECT {_base_columns(facets)} FROM {files([p.path for p in parts])}" if parts else _EMPTY)
            self._runs, self._names = {}, ()
        changed = {key for key in runs if key not in self._runs or runs[key].paths != self._runs[key].paths}
        gone = set(self._runs) - set(runs) | (changed & set(self._runs))
        if changed or gone:
            self._swap_runs([self._runs[key] for key in gone], [runs[key] for key in runs if key in changed])
        if names != self._names or any(runs[key].name == "cluster" for key in changed):
            self._join_cluster_names()
        self._base, self._runs, self._names = base, runs, names

    def _create(self, query: str) -> None:
        self._database.execute(f"CREATE OR REPLACE TABLE corpus_next AS {query} ORDER BY doc_id")
        self._database.execute("DROP VIEW IF EXISTS docs")
        self._database.execute("DROP TABLE IF EXISTS corpus")
        self._database.execute("ALTER TABLE corpus_next RENAME TO corpus")

    def _swap_runs(self, gone: Sequence[Run], new: Sequence[Run]) -> None:
        present = [row[0] for row in self._database.execute("DESCRIBE corpus").fetchall()]
        replaced = {column for run in (*gone, *new) for column in run.columns} - set(BASE)
        kept = [quoted(column) for column in present if column not in replaced]
        joins, added = [], []
        for place, run in enumerate(new):
            columns = [column for column, kind in run.columns.items() if not nested(kind)]
            added += [f"r{place}.{quoted(column)}" for column in columns]
            paths = [path for _, path in sorted(run.paths.items())]
            joins.append(f"LEFT JOIN {files(paths)} r{place} ON r{place}.doc_id = c.doc_id")
        chosen = ", ".join([f"c.{column}" for column in kept] + added)
        self._create(f"SELECT {chosen} FROM corpus c {' '.join(joins)}")

    def _join_cluster_names(self) -> None:
        present = [row[0] for row in self._database.execute("DESCRIBE corpus").fetchall()]
        if "cluster_leaf" not in present:
            return
        names = self._clusters.names()
        self._database.execute(
            "CREATE OR REPLACE TABLE cluster_names (leaf INT, cluster INT, name VARCHAR, top VARCHAR)"
        )
        if names:
            self._database.executemany("INSERT INTO cluster_names VALUES (?, ?, ?, ?)", [list(row) for row in names])
        kept = ", ".join(
            f"c.{quoted(column)}" for column in present if column not in ("cluster", "cluster_name", "cluster_top")
        )
        self._create(
            f"SELECT {kept}, n.cluster AS cluster, n.name AS cluster_name, n.top AS cluster_top "
            "FROM corpus c LEFT JOIN cluster_names n ON n.leaf = c.cluster_leaf"
        )

    def _refresh_labels(self) -> None:
        schemas = self._labels.schemas()
        self._database.execute(
            'CREATE TABLE IF NOT EXISTS labels (schema VARCHAR, doc_id BIGINT, value VARCHAR, who VARCHAR, "at" VARCHAR)'
        )
        rows = self._labels.changed_since(self._label_seq)
        if rows:
            changed = pa.Table.from_pylist(rows, schema=_LABEL_ROWS)
            cursor = self._database.cursor()
            cursor.register("changed", changed)
            cursor.execute(
                "DELETE FROM labels USING changed WHERE labels.schema = changed.schema AND labels.doc_id = changed.doc_id"
            )
            cursor.execute(
                'INSERT INTO labels SELECT schema, doc_id, value, who, "at" FROM changed WHERE value IS NOT NULL'
            )
            cursor.close()
        self._label_seq = self._labels.last
        joins, columns = [], []
        for place, name in enumerate(schemas):
            joins.append(
                f"LEFT JOIN labels l{place} ON l{place}.doc_id = c.doc_id AND l{place}.schema = {literal(name)}"
            )
            columns.append(f"l{place}.value AS {quoted(self._labels.column(name))}")
        extra = "".join(f", {column}" for column in columns)
        self._database.execute(f"CREATE OR REPLACE VIEW docs AS SELECT c.*{extra} FROM corpus c {' '.join(joins)}")

    def columns(self) -> dict[str, str]:
        """Return every column of `docs` and its DuckDB type, in order."""
        with self.cursor() as cursor:
            return {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}


def nested(kind: str) -> bool:
    return kind.startswith(("list", "struct", "large_list", "fixed_size_list", "map"))


def _base_columns(facets: Mapping[str, tuple[str, str]]) -> str:
    plain = "doc_id, id, source, url, date"
    casts = [
        f"TRY_CAST(meta ->> {literal(json_path(key))} AS {kind}) AS {quoted(name)}"
        for name, (key, kind) in facets.items()
    ]
    return ", ".join([plain, *casts])


def json_path(key: str) -> str:
    return '$."' + key.replace('"', '\\"') + '"'


_EMPTY = (
    "SELECT 0::BIGINT AS doc_id, ''::VARCHAR AS id, ''::VARCHAR AS source, ''::VARCHAR AS url, "
    "NULL::TIMESTAMP AS date WHERE false"
)


_LABEL_ROWS = pa.schema([*((name, pa.string()) for name in ("schema", "value", "who", "at")), ("doc_id", pa.int64())])
