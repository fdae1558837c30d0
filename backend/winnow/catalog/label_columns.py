"""Labels as columns of the wide table: written into it, or beside a file that is only read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import duckdb
import pyarrow as pa

from winnow.catalog.quoting import literal, quoted

Labelled = Iterable[Mapping[str, Any]]
LABELS = pa.schema([("schema", pa.string()), ("doc_id", pa.int64()), ("value", pa.string())])
BATCH = 1 << 18
"""Labels that are written at a time."""


def write_labels(writer: duckdb.DuckDBPyConnection, columns: Mapping[str, str], labels: Labelled) -> None:
    """Write labels into the table `docs`; `columns` names the column of each schema, and missing ones are added."""
    _add(writer, "docs", columns)
    for changed in _batches(writer, labels):
        _update(writer, "docs", columns, changed)


def view_labels(writer: duckdb.DuckDBPyConnection, file: str, columns: Mapping[str, str], labels: Labelled) -> None:
    """Make the view `docs` of a file's documents, with the labels that it lacks beside it in the table `said`.

    What `said` holds of a document stands in place of all that the file holds of its labels.
    """
    writer.execute("CREATE TABLE IF NOT EXISTS said (doc_id BIGINT)")
    present = _columns(writer, f"{file}.docs")
    held = [name for name in columns.values() if name.lower() in present]
    anew = bool(_add(writer, "said", columns)) or not _beside(writer)
    chosen = ", ".join(["doc_id", *map(quoted, held)])
    for changed in _batches(writer, labels):
        writer.execute(
            f"INSERT INTO said ({chosen}) SELECT {chosen} FROM {file}.docs "
            "WHERE doc_id IN (SELECT doc_id FROM changed) AND doc_id NOT IN (SELECT doc_id FROM said)"
        )
        _update(writer, "said", columns, changed)
    if anew:
        writer.execute(f"CREATE OR REPLACE VIEW docs AS {_view(writer, file, columns, held)}")


def _view(writer: duckdb.DuckDBPyConnection, file: str, columns: Mapping[str, str], held: Sequence[str]) -> str:
    """Return the query of the view: a file that knows all labels stands alone, since each question pays for a join."""
    if not _beside(writer) and len(held) == len(columns):
        return f"FROM {file}.docs"
    here, *_ = writer.execute("SELECT current_database()").fetchone() or ("",)
    shown = [
        f"CASE WHEN s.doc_id IS NULL THEN f.{quoted(name)} ELSE s.{quoted(name)} END AS {quoted(name)}" for name in held
    ]
    shown += [f"s.{quoted(name)}" for name in columns.values() if name not in held]
    without = f" EXCLUDE ({', '.join(map(quoted, held))})" if held else ""
    return f"SELECT f.*{without}, {', '.join(shown)} FROM {file}.docs f LEFT JOIN {here}.said s ON s.doc_id = f.doc_id"


def _beside(writer: duckdb.DuckDBPyConnection) -> int:
    """Return how many documents have labels that the file lacks."""
    found, *_ = writer.execute("SELECT COUNT(*) FROM said").fetchone() or (0,)
    return int(found)


def _columns(writer: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0].lower() for row in writer.execute(f"DESCRIBE {table}").fetchall()}


def _add(writer: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> list[str]:
    present = _columns(writer, table)
    new = [name for name in columns.values() if name.lower() not in present]
    for name in new:
        writer.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} VARCHAR")
    return new


def _update(writer: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], changed: pa.Table) -> None:
    for schema in set(changed.column("schema").unique().to_pylist()) & set(columns):
        writer.execute(
            f"UPDATE {table} SET {quoted(columns[schema])} = changed.value FROM changed "
            f"WHERE {table}.doc_id = changed.doc_id AND changed.schema = {literal(schema)}"
        )


def _batches(writer: duckdb.DuckDBPyConnection, labels: Labelled) -> Iterator[pa.Table]:
    """Yield labels, so many at a time, each time as the relation `changed` too."""
    rest = iter(labels)
    while rows := list(islice(rest, BATCH)):
        changed = pa.Table.from_pylist(rows, schema=LABELS)
        writer.register("changed", changed)
        yield changed
