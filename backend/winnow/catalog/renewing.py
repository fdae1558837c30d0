"""Renewing a kept table: in a copy of its file the columns of other runs are changed, and the rest is not read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from winnow.catalog.building import PIECE, Content, named, named_by, rename_clusters, shards, table_columns
from winnow.catalog.clusters import Named
from winnow.catalog.manifest import Part, Run
from winnow.catalog.quoting import files, quoted

RUNS = pa.schema([("key", pa.string()), ("mark", pa.string()), ("columns", pa.list_(pa.string()))])


def note_content(writer: duckdb.DuckDBPyConnection, content: Content) -> None:
    """Write beside a table what it was built from."""
    rows = [
        {"key": key, "mark": mark, "columns": table_columns(content.runs[key]) if key else []}
        for key, mark in content.marks.items()
    ]
    writer.register("built_from", pa.Table.from_pylist(rows, schema=RUNS))
    writer.register("cluster_names", named(content.names))
    writer.register("splits", pa.table({"seq": pa.array(content.splits, pa.int64())}))
    writer.execute("CREATE OR REPLACE TABLE kept_runs AS FROM built_from")
    writer.execute("CREATE OR REPLACE TABLE kept_splits AS FROM splits")
    writer.execute("CREATE OR REPLACE TABLE kept_names AS FROM cluster_names")


def renewed(writer: duckdb.DuckDBPyConnection, content: Content, split_leaves: pa.Table) -> bool:
    """Make an older table what it is to hold now; return False, and leave it, where only building anew does.

    That is so of other documents, facets or clusterings, and where two columns go by one name. `split_leaves` gives the
    documents of split clusters the leaf they are in now.
    """
    held = {key: (mark, columns) for key, mark, columns in writer.execute("FROM kept_runs").fetchall()}
    now = content.marks
    same = {key for key, mark in now.items() if held.get(key, ("", []))[0] == mark}
    gone = [column for key, (_, columns) in held.items() if key not in same for column in columns]
    new = [run for key, run in content.runs.items() if key not in same]
    present = [row[0] for row in writer.execute("DESCRIBE docs").fetchall() if row[0] not in gone]
    stay = [column for key in same - {""} for column in table_columns(content.runs[key])]
    come = [column for run in new for column in table_columns(run)]
    if "" not in same or "cluster_leaf" in (*gone, *come) or _twice([*present, *come]) or set(gone) & set(stay):
        return False
    for column in gone:
        writer.execute(f"ALTER TABLE docs DROP COLUMN {quoted(column)}")
    for run in new:
        _add(writer, run)
    for start in range(0, len(content.parts), PIECE) if come else ():
        _fill(writer, new, content.parts[start : start + PIECE])
    if tuple(row[0] for row in writer.execute("FROM kept_splits").fetchall()) != content.splits:
        _move(writer, content, split_leaves)
    names = frozenset[Named](writer.execute("FROM kept_names").fetchall())
    if names != content.names:
        rename_clusters(writer, content.names - names)
    note_content(writer, content)
    writer.execute("CHECKPOINT")
    return True


def _move(writer: duckdb.DuckDBPyConnection, content: Content, split_leaves: pa.Table) -> None:
    """Bring documents whose leaf another split, or one taken back, has changed to it, with its names."""
    [run] = [run for run in content.runs.values() if "cluster_leaf" in run.columns]
    writer.register("split_leaves", split_leaves)
    writer.register("cluster_names", named(content.names))
    writer.execute(
        "CREATE OR REPLACE TEMP TABLE moved AS SELECT c.doc_id, n.* FROM docs c "
        f"JOIN {shards(run, {part.part for part in content.parts})} r ON r.doc_id = c.doc_id "
        "LEFT JOIN split_leaves s ON s.doc_id = c.doc_id "
        "JOIN cluster_names n ON n.leaf = COALESCE(s.split_leaf, r.cluster_leaf) WHERE n.leaf IS DISTINCT FROM c.cluster_leaf"
    )
    writer.execute(f"UPDATE docs SET cluster_leaf = m.leaf, {named_by('m')} FROM moved m WHERE m.doc_id = docs.doc_id")


def _twice(names: Iterable[str]) -> bool:
    lower = [name.lower() for name in names]
    return len(set(lower)) < len(lower)


def _add(writer: duckdb.DuckDBPyConnection, run: Run) -> None:
    kinds = writer.execute(f"DESCRIBE SELECT * FROM {files([*run.paths.values()][:1])}").fetchall()
    for column, kind in [(row[0], row[1]) for row in kinds if row[0] in table_columns(run)]:
        writer.execute(f"ALTER TABLE docs ADD COLUMN {quoted(column)} {kind}")


def _fill(writer: duckdb.DuckDBPyConnection, runs: Sequence[Run], parts: Sequence[Part]) -> None:
    """Write the columns of some runs into the documents of some shards; what is written is at once put in order on disk."""
    first, last = parts[0].first_id, parts[-1].first_id + parts[-1].documents - 1
    numbers = {part.part for part in parts}
    for run in runs:
        values = ", ".join(f"{quoted(column)} = r.{quoted(column)}" for column in table_columns(run))
        if values:
            writer.execute(
                f"UPDATE docs SET {values} FROM {shards(run, numbers)} r "
                f"WHERE r.doc_id = docs.doc_id AND docs.doc_id BETWEEN {first} AND {last}"
            )
    writer.execute("CHECKPOINT")
