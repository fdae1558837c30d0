"""SQL written by people: read-only over the one relation `docs`, with no way to files, with a row limit and a timeout."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import duckdb
import pyarrow as pa

from winnow.catalog.manifest import Manifest
from winnow.catalog.table import BASE, Table, files, quoted
from winnow.errors import QueryError

_TEXT = re.compile(r"\btext\b", re.IGNORECASE)


class Sandbox:
    """Runs a person's SELECT on a copy-free view of the table.

    The statement is parsed first and must be one SELECT. Columns reach it as Arrow data in a database of its own that
    has no external access and a locked configuration; text is loaded only when the statement names it.
    """

    def __init__(self, table: Table, manifest: Manifest) -> None:
        self._table, self._manifest = table, manifest

    def run(self, query: str, *, limit: int = 10_000, seconds: float = 30.0) -> pa.Table:
        """Return the answer's rows, `limit` at most; raises QueryError with DuckDB's own first line."""
        statement = _one_select(query)
        with self._table.cursor() as cursor:
            wanted = self._needed(statement)
            columns = ", ".join(f"docs.{quoted(name)}" for name in wanted if name != "text")
            text = "text" in wanted
            paths = [part.path for part in self._manifest.parts()]
            join = (
                f" LEFT JOIN (SELECT doc_id AS text_id, text FROM {files(paths)}) t ON t.text_id = docs.doc_id"
                if text and paths
                else ""
            )
            chosen = columns + (", t.text" if join else ", ''::VARCHAR AS text" if text else "")
            reader = cursor.execute(f"SELECT {chosen} FROM docs{join}").to_arrow_reader(65_536)
            return _isolated(reader, statement, limit, seconds)

    def _needed(self, statement: str) -> list[str]:
        every = list(self._table.columns())
        words = set(re.findall(r"\w+", statement.lower()))
        star = "*" in statement
        named = [name for name in every if star or set(re.findall(r"\w+", name.lower())) & words]
        return (named or [BASE[0]]) + (["text"] if _TEXT.search(statement) else [])


def _one_select(query: str) -> str:
    probe = duckdb.connect(":memory:")
    try:
        statements = probe.extract_statements(query)
    except duckdb.Error as reason:
        raise QueryError(
            "this is not SQL", str(reason).splitlines()[0], "for example: SELECT source, COUNT(*) FROM docs GROUP BY 1"
        ) from reason
    finally:
        probe.close()
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError(
            "only one SELECT is run", f"found {len(statements)} statements or another kind", "SELECT … FROM docs"
        )
    return str(statements[0].query).strip().rstrip(";")


def _isolated(reader: pa.RecordBatchReader, statement: str, limit: int, seconds: float) -> pa.Table:
    database = duckdb.connect(":memory:")
    try:
        if "WITH RECURSIVE" in statement.upper() or statement.count("docs") > 1:
            database.register("docs", reader.read_all())
        else:
            database.register("docs", reader)
        database.execute("SET enable_external_access = false")
        database.execute("SET python_enable_replacements = false")
        database.execute("SET lock_configuration = true")
        return _timed(
            database,
            lambda: database.execute(f"SELECT * FROM ({statement}) LIMIT {int(limit)}").to_arrow_table(),
            seconds,
        )
    except duckdb.Error as reason:
        raise QueryError(
            "the statement cannot be run",
            str(reason).splitlines()[0],
            "columns: winnow sql 'SELECT * FROM docs LIMIT 1'",
        ) from reason
    finally:
        database.close()


def _timed(database: duckdb.DuckDBPyConnection, work: Callable[[], pa.Table], seconds: float) -> pa.Table:
    late = threading.Event()

    def stop() -> None:
        late.set()
        database.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        return work()
    except duckdb.Error:
        if late.is_set():
            raise QueryError(
                f"a statement runs for {seconds:g} s at most", "this one took longer", "narrow it with WHERE"
            ) from None
        raise
    finally:
        timer.cancel()
