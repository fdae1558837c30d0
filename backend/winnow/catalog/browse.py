"""What pages ask: counts, histograms, lists of documents and one document, each under a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.conditions import Condition, Conditions
from winnow.catalog.filters import MISSING, Filter
from winnow.catalog.table import Table, quoted
from winnow.errors import QueryError, nearest

NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
    "FLOAT",
    "DOUBLE",
    "DECIMAL",
)


@dataclass(frozen=True)
class Column:
    """A column of `docs` as a facet: kind is "number", "date", "group" (few names), "flag" or "name" (too many to list)."""

    name: str
    kind: str
    type: str
    distinct: int


@dataclass(frozen=True)
class Count:
    documents: int
    tokens: int


@dataclass(frozen=True)
class Histogram:
    """Counts of a number or date column: bar i spans edges[i] … edges[i+1] and holds counts[i] of all[i] documents.

    Dates are ISO strings. Values beyond the outer edges are counted in the outer bars. `log` says the edges grow by a factor.
    """

    edges: list[Any]
    counts: list[int]
    all: list[int]
    missing: int
    log: bool = False


@dataclass(frozen=True)
class Facet:
    """Counts of a column of names, largest first; `others` documents hold `other_names` names that are not listed."""

    values: list[tuple[str, int]]
    missing: int
    others: int = 0
    other_names: int = 0


@dataclass
class _Cached:
    version: object = None
    columns: dict[str, Column] = field(default_factory=dict)
    edges: dict[tuple[str, int], tuple[list[Any], bool, list[int]]] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)


class Browse:
    """Answers questions about the documents under a filter, from the wide table alone."""

    def __init__(self, table: Table, conditions: Conditions) -> None:
        self._table, self._conditions = table, conditions
        self._cache = _Cached()

    def _cached(self) -> _Cached:
        version = self._table.version
        if self._cache.version != version:
            self._cache = _Cached(version)
        return self._cache

    def columns(self) -> dict[str, Column]:
        """Return every column of `docs` and what kind of facet it makes."""
        cached = self._cached()
        if not cached.columns:
            types = self._table.columns()
            with self._table.cursor() as cursor:
                named = [name for name, kind in types.items() if kind == "VARCHAR"]
                asked = ", ".join(f"approx_count_distinct({quoted(name)})" for name in named)
                found = cursor.execute(f"SELECT {asked} FROM docs").fetchone() if named else ()
            distinct = dict(zip(named, found or (), strict=True))
            cached.columns = {name: _column(name, kind, int(distinct.get(name, 0))) for name, kind in types.items()}
        return cached.columns

    def _compile(self, filter: Filter, cursor: duckdb.DuckDBPyConnection) -> Condition:
        types = {name: column.type for name, column in self.columns().items()}
        return self._conditions.compile(filter, types, cursor, self._table.version[0])

    def count(self, filter: Filter) -> Count:
        """Return how many documents and tokens the filter keeps."""
        cached = self._cached()
        if filter.key not in cached.counts:
            tokens = "COALESCE(SUM(tokens), 0)" if "tokens" in self.columns() else "0"
            with self._table.cursor() as cursor:
                where = self._compile(filter, cursor)
                row = _run(cursor, f"SELECT COUNT(*), {tokens} FROM docs WHERE {where.sql}", where.values).fetchone()
            cached.counts[filter.key] = Count(int(row[0]), int(row[1])) if row else Count(0, 0)
        return cached.counts[filter.key]

    def facet(self, column: str, filter: Filter, *, limit: int = 12) -> Facet:
        """Count the names of a column under the filter."""
        name = quoted(self._column(column).name)
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            rows = _run(
                cursor,
                f"SELECT CAST({name} AS VARCHAR), COUNT(*) AS n FROM docs WHERE {where.sql} GROUP BY 1 ORDER BY n DESC, 1",
                where.values,
            ).fetchall()
        named = [(value, int(n)) for value, n in rows if value is not None]
        missing = sum(int(n) for value, n in rows if value is None)
        return Facet(named[:limit], missing, sum(n for _, n in named[limit:]), len(named[limit:]))

    def histogram(self, column: str, filter: Filter, *, bars: int = 30) -> Histogram:
        """Count a number or date column in bars whose edges do not depend on the filter."""
        edges, log, everything = self._edges(column, bars)
        counts, missing = self._bar_counts(column, edges, filter)
        return Histogram(edges, counts, everything, missing, log)

    def _edges(self, column: str, bars: int) -> tuple[list[Any], bool, list[int]]:
        known = self._column(column)
        if known.kind not in ("number", "date"):
            raise QueryError(
                "a histogram needs numbers or dates", f"'{column}' holds {known.kind}s", "list its values instead"
            )
        cached = self._cached()
        if (column, bars) not in cached.edges:
            edges, log = self._make_edges(known, bars)
            cached.edges[(column, bars)] = (edges, log, self._bar_counts(column, edges, Filter())[0])
        return cached.edges[(column, bars)]

    def _make_edges(self, column: Column, bars: int) -> tuple[list[Any], bool]:
        name = quoted(column.name)
        value = f"epoch_us({name})" if column.kind == "date" else name
        with self._table.cursor() as cursor:
            row = cursor.execute(
                "SELECT MIN(v), MAX(v), quantile_cont(v, [0.005, 0.5, 0.995]), COUNT(DISTINCT v) FROM "
                f"(SELECT CAST({value} AS DOUBLE) AS v FROM docs) WHERE isfinite(v)"
            ).fetchone()
        if row is None or row[0] is None:
            return [], False
        if column.kind == "date":
            return date_edges(row[2][0], row[2][2], bars), False
        return number_edges(*row, bars=bars, whole=column.type not in ("FLOAT", "DOUBLE"))

    def _bar_counts(self, column: str, edges: list[Any], filter: Filter) -> tuple[list[int], int]:
        name = quoted(column)
        if not edges:
            return [], self.count(filter).documents
        value = f"epoch_us({name})" if self._column(column).kind == "date" else f"CAST({name} AS DOUBLE)"
        dated = self._column(column).kind == "date"
        numbers = [float(np.datetime64(edge, "us").astype(np.int64)) if dated else float(edge) for edge in edges]
        inner = "[" + ", ".join(f"{edge!r}::DOUBLE" for edge in numbers[1:-1]) + "]::DOUBLE[]"
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            rows = _run(
                cursor,
                f"SELECT bar, COUNT(*) FROM (SELECT CASE WHEN {name} IS NULL THEN -1 ELSE "
                f"{_bar_sql(value, numbers, inner)} END AS bar FROM docs WHERE {where.sql}) GROUP BY bar",
                where.values,
            ).fetchall()
        counts = dict(rows)
        return [int(counts.get(bar, 0)) for bar in range(len(edges) - 1)], int(counts.get(-1, 0))

    def page(
        self,
        filter: Filter,
        *,
        columns: Sequence[str],
        sort: str = "",
        descending: bool = True,
        offset: int = 0,
        limit: int = 25,
    ) -> pd.DataFrame:
        """Return one page of documents: doc_id, the columns, and `score` when a search orders them."""
        names = [self._column(column).name for column in columns if column != "doc_id"]
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            order = (
                f"{quoted(self._column(sort).name)} {'DESC' if descending else 'ASC'} NULLS LAST, doc_id"
                if sort
                else "doc_id"
            )
            join, score = "", ""
            if where.hits:
                join, score = f" JOIN {where.hits} hits USING (doc_id)", ", hits.score"
                order = order if sort else "hits.score DESC, doc_id"
            chosen = ", ".join(["doc_id", *map(quoted, names)]) + score
            query = f"SELECT {chosen} FROM docs{join} WHERE {where.sql} ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}"
            return _run(cursor, query, where.values).df()

    def doc_ids(self, filter: Filter, *, sample: int | None = None, seed: int = 0) -> NDArray[np.int64]:
        """Return the ids the filter keeps, in order; `sample` takes that many by hash of (seed, doc_id)."""
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            order = "doc_id" if sample is None else f"hash(doc_id, {int(seed)}) LIMIT {int(sample)}"
            found = _run(
                cursor, f"SELECT doc_id FROM docs WHERE {where.sql} ORDER BY {order}", where.values
            ).fetchnumpy()
        return np.asarray(found["doc_id"], dtype=np.int64)

    def queue(
        self,
        filter: Filter,
        *,
        done: Sequence[int],
        order: str = "random",
        column: str = "",
        limit: int = 50,
        seed: int = 0,
    ) -> list[int]:
        """Return the next documents to label: those of the filter that are not `done`.

        `order` is "random" (by hash of seed and doc_id), "uncertain" (a column nearest to 0.5), "highest" or "lowest".
        """
        value = f"CAST({quoted(self._column(column).name)} AS DOUBLE)" if column else "0"
        orders = {"random": "true", "uncertain": f"abs({value} - 0.5)", "highest": f"-{value}", "lowest": value}
        if order not in orders:
            raise QueryError(f"no queue is called '{order}'", "", nearest(order, orders))
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            cursor.register("done", pa.table({"doc_id": pa.array(done, pa.int64())}))
            query = (
                f"SELECT doc_id FROM docs ANTI JOIN done USING (doc_id) WHERE {where.sql} "
                f"ORDER BY {orders[order]} NULLS LAST, hash(doc_id, {int(seed)}) LIMIT {int(limit)}"
            )
            return [int(row[0]) for row in _run(cursor, query, where.values).fetchall()]

    def ids_of(self, ids: Sequence[str]) -> dict[str, int]:
        """Return doc_ids by the documents' own ids; unknown ones are absent."""
        with self._table.cursor() as cursor:
            cursor.register("asked", pa.table({"id": pa.array(ids, pa.string())}))
            return dict(
                cursor.execute("SELECT id, MIN(doc_id) FROM docs SEMI JOIN asked USING (id) GROUP BY id").fetchall()
            )

    def arrow(self, filter: Filter, columns: Sequence[str]) -> pa.Table:
        """Return whole columns under the filter, in doc_id order."""
        names = ", ".join(quoted(self._column(column).name) for column in columns)
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            return _run(
                cursor, f"SELECT {names} FROM docs WHERE {where.sql} ORDER BY doc_id", where.values
            ).to_arrow_table()

    def summary(self, column: str, by: str, filter: Filter, *, limit: int = 50) -> pd.DataFrame:
        """Return documents, tokens and the mean of a column per group, largest first."""
        mean = f"AVG(CAST({quoted(self._column(column).name)} AS DOUBLE))" if column else "NULL"
        tokens = "SUM(tokens)" if "tokens" in self.columns() else "NULL"
        group = f"COALESCE(CAST({quoted(self._column(by).name)} AS VARCHAR), '{MISSING}')"
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            query = f"SELECT {group} AS name, COUNT(*) AS documents, {tokens} AS tokens, {mean} AS mean FROM docs WHERE {where.sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {int(limit)}"
            return _run(cursor, query, where.values).df()

    def centres(self, by: str) -> pd.DataFrame:
        """Return name, documents and the median place on the map (x, y) per group."""
        group = quoted(self._column(by).name)
        with self._table.cursor() as cursor:
            return cursor.execute(
                f"SELECT {group} AS name, COUNT(*) AS documents, MEDIAN(map_x) AS x, MEDIAN(map_y) AS y "
                f"FROM docs WHERE {group} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
            ).df()

    def clusters(self, filter: Filter) -> pd.DataFrame:
        """Return every cluster under the filter: number, name, group, documents, mean quality and toxicity."""
        known = self.columns()
        means = [f"AVG({name}) AS {name}" for name in ("quality", "toxicity") if name in known]
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            chosen = ", ".join(["cluster", "cluster_name", "cluster_top", "COUNT(*) AS documents", *means])
            query = f"SELECT {chosen} FROM docs WHERE cluster IS NOT NULL AND {where.sql} GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1"
            return _run(cursor, query, where.values).df()

    def values(self, doc_id: int) -> dict[str, Any]:
        """Return every column of one document; raises QueryError when there is none."""
        with self._table.cursor() as cursor:
            row = cursor.execute("SELECT * FROM docs WHERE doc_id = ?", [int(doc_id)]).fetchone()
            names = [item[0] for item in cursor.description or []]
        if row is None:
            raise QueryError(f"there is no document {doc_id}", "the corpus ends before it", "open one from Explore")
        return dict(zip(names, row, strict=True))

    def percentiles(self, doc_id: int, columns: Sequence[str]) -> Mapping[str, float]:
        """Return, per number column, the share of documents whose value is at most this document's."""
        names = [quoted(name) for name in columns if self._column(name).kind == "number"]
        if not names:
            return {}
        parts = ", ".join(
            f"AVG(CASE WHEN d.{n} <= x.{n} THEN 1.0 ELSE 0.0 END) FILTER (d.{n} IS NOT NULL)" for n in names
        )
        with self._table.cursor() as cursor:
            row = cursor.execute(
                f"SELECT {parts} FROM docs d, (SELECT * FROM docs WHERE doc_id = ?) x", [int(doc_id)]
            ).fetchone()
        wanted = [name for name in columns if self._column(name).kind == "number"]
        return {name: value for name, value in zip(wanted, row or (), strict=False) if value is not None}

    def _column(self, name: str) -> Column:
        columns = self.columns()
        if name not in columns:
            raise QueryError(f"there is no column '{name}'", "", nearest(name, columns))
        return columns[name]


def _run(cursor: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]) -> duckdb.DuckDBPyConnection:
    try:
        return cursor.execute(query, list(values))
    except duckdb.Error as reason:
        raise QueryError(
            "the filter cannot be run", str(reason).splitlines()[0], "remove the condition it names"
        ) from reason


def _column(name: str, kind: str, distinct: int) -> Column:
    if kind == "BOOLEAN":
        return Column(name, "flag", kind, 2)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return Column(name, "date", kind, distinct)
    if kind.startswith(NUMBERS):
        return Column(name, "number", kind, distinct)
    return Column(name, "group" if distinct <= 1000 and name not in ("id", "url") else "name", kind, distinct)


def number_edges(
    low: float, high: float, quantiles: list[float], distinct: int, *, bars: int, whole: bool
) -> tuple[list[float], bool]:
    """Choose bar edges: one bar a value for few whole numbers, growing bars for long tails, else equal bars.

    The outer half percents go into the outer bars, so that one odd document does not squeeze the rest into one bar.
    """
    left, middle, right = quantiles
    if whole and high - low <= bars:
        return [value - 0.5 for value in range(int(low), int(high) + 2)], False
    if distinct <= 1 or left >= right:
        return [low, high if high > low else low + 1], False
    if left >= 0 and middle > 0 and right / middle > 8:
        start = max(left, right / 1e6, 1.0 if whole else 1e-9)
        return [
            float(edge)
            for edge in np.unique(
                np.round(np.geomspace(start, right, bars + 1), 0 if whole and right > 10 * bars else 6)
            )
        ], True
    return [float(edge) for edge in np.linspace(left, right, bars + 1)], False


def date_edges(low: float, high: float, bars: int) -> list[str]:
    """Choose ISO dates as bar edges: the finest calendar step that needs no more than `bars` bars.

    `low` and `high` are microseconds since 1970.

    >>> date_edges(0, 2 * 365.25 * 86_400e6, 3)
    ['1970-01-01', '1971-01-01', '1972-01-01']
    """
    ends = np.array([low, high]).astype(np.int64).astype("M8[us]")
    for unit, step in (
        ("D", 1),
        ("D", 7),
        ("M", 1),
        ("M", 3),
        *(("Y", years) for years in (1, 2, 5, 10, 50, 100, 1000)),
    ):
        first, last = ends.astype(f"M8[{unit}]").astype(np.int64) // step
        if last - first < bars:
            break
    steps = np.arange(first, max(last, first) + 2) * step
    return [str(edge) for edge in steps.astype(f"M8[{unit}]").astype("M8[D]")]


def _bar_sql(value: str, numbers: list[float], inner: str) -> str:
    widths = np.diff(np.asarray(numbers, dtype=np.float64))
    last = len(numbers) - 2
    if len(widths) and np.allclose(widths, widths[0], rtol=1e-9):
        return f"LEAST(GREATEST(FLOOR(({value} - {float(numbers[0])!r}) / {float(widths[0])!r}), 0), {last})::INT"
    return f"len(list_filter({inner}, lambda edge: edge <= {value}))::INT"
