"""Building the wide table: the shards of documents, and beside each those of every run, a few at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from winnow.catalog.clusters import Named
from winnow.catalog.manifest import Part, Run
from winnow.catalog.own_columns import BASE, documents_of, own_columns
from winnow.catalog.quoting import files, quoted

PIECE = 32
"""Shards that are joined and put in order at a time."""
COMPRESSED = 2_000_000
"""Documents from which on the table is compressed: a million documents with 74 columns then take 0.10 GB instead of 0.68,
and 8 seconds of processor time instead of 6."""
NAMES = pa.schema(
    [("leaf", pa.int32()), ("cluster", pa.int32()), ("name", pa.string()), ("top", pa.string()), ("keep", pa.bool_())]
)
FORM = "3"
"""Changes with what a kept table holds."""
CLUSTER = {"cluster": "cluster", "cluster_name": "name", "cluster_top": "top", "cluster_keep": "keep"}
"""The columns that cluster names give, and where they come from."""


@dataclass(frozen=True)
class Content:
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

    @property
    def made_of(self) -> tuple[Any, ...]:
        """Return all but what changes in place: labels and the names of clusters."""
        return (self.base, self.runs, self.splits)

    @cached_property
    def marks(self) -> Mapping[str, str]:
        """Return a mark of each run, and under "" one of all else but splits and names of clusters."""
        parts = [(part.part, part.first_id, part.documents, part.path.name) for part in self.parts]
        told = {"": (FORM, duckdb.__version__, parts, sorted(self.facets.items()))} | {
            key: (run.run, sorted((part, path.name) for part, path in run.paths.items()))
            for key, run in self.runs.items()
        }
        return {key: hashlib.sha256(repr(one).encode()).hexdigest()[:16] for key, one in told.items()}

    @cached_property
    def origins(self) -> Mapping[str, Hashable]:
        """Return for each column that a run makes, in lower case, what all of its values come from."""
        documents = self.marks[""]
        found: dict[str, Hashable] = {}
        for key, run in self.runs.items():
            origin = (documents, self.marks[key])
            for column in table_columns(run):
                found[column.lower()] = origin
            if "cluster_leaf" in run.columns:
                found |= dict.fromkeys(("cluster_leaf", *CLUSTER), (*origin, self.splits, self.names))
        return found

    def origin(self, column: str) -> Hashable:
        """Return what a column's values come from, labels left aside: while it is the same, so are they."""
        return self.origins.get(column.lower(), self.marks[""])


@dataclass(frozen=True)
class Before:
    """A table that is there already: what it was built from, and its name."""

    content: Content
    table: str


def build(
    writer: duckdb.DuckDBPyConnection,
    content: Content,
    before: Before | None,
    split_leaves: pa.Table | None,
) -> None:
    """Make `docs`, from the documents' shards or from a table of the same documents.

    `split_leaves` gives the documents of split clusters the leaf they are in now.
    """
    own = {} if before else own_columns(writer, content.parts, content.facets)
    pieces = [content.parts[start : start + PIECE] for start in range(0, len(content.parts), PIECE)] or [[]]
    plan: _Plan | None = None
    for parts in pieces:
        source = _present(before.table, parts) if before else documents_of(parts, own, content.facets)
        if plan is None:
            plan = _planned(writer, content, before, source, split=split_leaves is not None)
            if split_leaves is not None:
                writer.register("split_leaves", split_leaves)
            writer.register("cluster_names", named(content.names))
        start = "CREATE TABLE docs AS" if parts is pieces[0] else "INSERT INTO docs"
        writer.execute(f"{start} {plan.query(source, parts)}")
        if sum(part.documents for part in content.parts) > COMPRESSED:
            writer.execute("CHECKPOINT")


@dataclass(frozen=True)
class _Plan:
    """The columns of the table, the runs that are read for it (by alias), and what else is joined."""

    columns: Sequence[str]
    runs: Mapping[str, Run]
    joins: Sequence[str]

    def query(self, source: str, parts: Sequence[Part]) -> str:
        """Return the query of the documents of some shards, in order."""
        numbers = {part.part for part in parts}
        joined = [
            f"LEFT JOIN {shards(run, numbers)} {name} ON {name}.doc_id = c.doc_id" for name, run in self.runs.items()
        ]
        return f"SELECT {', '.join(self.columns)} FROM {source} c {' '.join([*joined, *self.joins])} ORDER BY c.doc_id"


def _planned(
    writer: duckdb.DuckDBPyConnection,
    content: Content,
    before: Before | None,
    source: str,
    *,
    split: bool,
) -> _Plan:
    present = [row[0] for row in writer.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    old = before.content.runs if before else {}
    gone = {column for run in old.values() for column in run.columns}
    chosen = {name.lower(): f"c.{quoted(name)}" for name in present if name not in gone | {*CLUSTER}}
    runs, joins = {}, []
    for place, (key, run) in enumerate(content.runs.items()):
        leaves = split and "cluster_leaf" in run.columns
        alias = "c" if not leaves and old.get(key) == run else f"r{place}"
        if alias != "c":
            runs[alias] = run
        for column in table_columns(run):
            chosen[column.lower()] = f"{alias}.{quoted(column)}"
        if leaves:
            # Parts of a split cluster are leaves of their own; a kept column knows them already.
            joins.append("LEFT JOIN split_leaves s ON s.doc_id = c.doc_id")
            chosen["cluster_leaf"] = f"COALESCE(s.split_leaf, {alias}.cluster_leaf) AS cluster_leaf"
    if "cluster_leaf" in chosen:
        joins.append(f"LEFT JOIN cluster_names n ON n.leaf = {chosen['cluster_leaf'].removesuffix(' AS cluster_leaf')}")
        chosen |= {name: f"n.{column} AS {name}" for name, column in CLUSTER.items()}
    return _Plan([*chosen.values()], runs, joins)


def _present(table: str, parts: Sequence[Part]) -> str:
    ends = (parts[0].first_id, parts[-1].first_id + parts[-1].documents - 1) if parts else (0, -1)
    return f"(SELECT * FROM {table} WHERE doc_id BETWEEN {ends[0]} AND {ends[1]})"


def shards(run: Run, parts: Collection[int]) -> str:
    """Return the shards of a run that belong to some parts; where it lacks them all, a relation of its columns without rows."""
    paths = [path for part, path in sorted(run.paths.items()) if part in parts]
    return files(paths) if paths else f"(SELECT * FROM {files([*run.paths.values()][:1])} WHERE false)"


def view_texts(writer: duckdb.DuckDBPyConnection, parts: Sequence[Part]) -> None:
    """Make the view `texts` of every document's text, which stays in the shards."""
    every = f"SELECT doc_id, text FROM {files([part.path for part in parts])}"
    none = "SELECT NULL::BIGINT AS doc_id, NULL::VARCHAR AS text WHERE false"
    writer.execute(f"CREATE VIEW texts AS {every if parts else none}")


def table_columns(run: Run) -> list[str]:
    """Return the columns of a run that the table has: single values, and none that documents have of their own."""
    return [column for column, kind in run.columns.items() if not nested(kind) and column not in BASE]


def nested(kind: str) -> bool:
    """Tell whether a column of an Arrow type holds more than one value."""
    return kind.startswith(("list", "struct", "large_list", "fixed_size_list", "map"))


def named(names: frozenset[Named]) -> pa.Table:
    """Return the names of clusters as a relation."""
    rows = [dict(zip(NAMES.names, row, strict=True)) for row in sorted(names, key=lambda row: row[0])]
    return pa.Table.from_pylist(rows, schema=NAMES)


def rename_clusters(writer: duckdb.DuckDBPyConnection, changed: frozenset[Named]) -> None:
    """Give the documents of renamed clusters their new names."""
    writer.register("changed_names", named(changed))
    writer.execute(f"UPDATE docs SET {named_by('n')} FROM changed_names n WHERE docs.cluster_leaf = n.leaf")


def named_by(names: str) -> str:
    """Return the assignment of a cluster's columns from a relation of `NAMES`."""
    return ", ".join(f"{name} = {names}.{column}" for name, column in CLUSTER.items())
