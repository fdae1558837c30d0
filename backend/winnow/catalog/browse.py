"""What pages ask: counts, histograms, lists of documents and one document, each under a filter."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.codes import (
    CodedBars,
    Codes,
    Kept,
    Rows,
    Sample,
    coded_bars,
    coded_names,
    documents,
    marked,
    sample_of,
)
from winnow.catalog.conditions import Condition, Conditions, first_line, nearest_column
from winnow.catalog.crossing import Axis, Cross, axis_of, cross_of
from winnow.catalog.facets import Column, Facet, Histogram, column_of, facet_of
from winnow.catalog.filters import MISSING, Filter
from winnow.catalog.quoting import quoted
from winnow.catalog.table import Table, Version
from winnow.errors import MissingNeed, QueryError, nearest


@dataclass(frozen=True)
class Count:
    documents: int
    tokens: int


@dataclass
class _Shape:
    """What does not depend on a filter or a label: the kinds of columns."""

    version: object = None
    columns: dict[str, Column] = field(default_factory=dict)


@dataclass
class _Counts:
    version: object = None
    counts: dict[str, Count] = field(default_factory=dict)


C = TypeVar("C", Codes, CodedBars)
Coding = tuple[str, int]
"""A column and into how many bars it is coded, 0 for its names."""


class Browse:
    """Answers questions about the documents under a filter, from the wide table alone."""

    COUNTS = 1000
    """How many counts are kept."""

    def __init__(self, table: Table, conditions: Conditions) -> None:
        self._table, self._conditions = table, conditions
        self._shape, self._counts, self._kept = _Shape(), _Counts(), Kept()

    def _shaped(self) -> _Shape:
        version = self._table.version._replace(labels=0)
        if self._shape.version != version:
            self._shape = _Shape(version)
        return self._shape

    def columns(self) -> dict[str, Column]:
        """Return every column of `docs` and what kind of facet it makes."""
        shape = self._shaped()
        if not shape.columns:
            with self._table.cursor() as cursor:
                types = {row[0]: row[1] for row in cursor.execute("DESCRIBE docs").fetchall()}
                named = [name for name, kind in types.items() if kind == "VARCHAR"]
                asked = ", ".join(f"approx_count_distinct({quoted(name)})" for name in named)
                found = cursor.execute(f"SELECT {asked} FROM docs").fetchone()
            distinct = dict(zip(named, found or (), strict=True))
            shape.columns = {name: column_of(name, kind, int(distinct.get(name, 0))) for name, kind in types.items()}
        return shape.columns

    def _compile(self, filter: Filter, cursor: duckdb.DuckDBPyConnection) -> Condition:
        types = {name: column.type for name, column in self.columns().items()}
        return self._conditions.compile(filter, types, cursor, self._table.version.manifest)

    def count(self, filter: Filter) -> Count:
        """Return how many documents and tokens the filter keeps."""
        version = self._table.version
        if self._counts.version != version or len(self._counts.counts) >= self.COUNTS:
            self._counts = _Counts(version)
        counts = self._counts.counts
        if filter.key not in counts:
            tokens = "COALESCE(SUM(tokens), 0)" if "tokens" in self.columns() else "0"
            with self._table.cursor() as cursor:
                where = self._compile(filter, cursor)
                row = _run(cursor, f"SELECT COUNT(*), {tokens} FROM docs WHERE {where.sql}", where.values).fetchone()
            counts[filter.key] = Count(int(row[0]), int(row[1])) if row else Count(0, 0)
        return counts[filter.key]

    def facet(self, column: str, filter: Filter, *, limit: int = 12) -> Facet:
        """Count the names of a column under the filter."""
        known = self._column(column)
        if known.kind in ("group", "flag"):
            return facet_of(*self._coded((column, 0), partial(coded_names, column=column), filter), limit)
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            name = quoted(column)
            counted = f"SELECT CAST({name} AS VARCHAR) AS name, COUNT(*) AS n FROM docs WHERE {where.sql} GROUP BY 1"
            query = (
                f"WITH counted AS MATERIALIZED ({counted}), named AS (SELECT * FROM counted WHERE name IS NOT NULL) "
                f"SELECT *, (SELECT SUM(n) FROM counted WHERE name IS NULL), (SELECT SUM(n) FROM named), "
                f"(SELECT COUNT(*) FROM named) FROM (SELECT 1) LEFT JOIN (SELECT name, n FROM named "
                f"ORDER BY n DESC, name LIMIT {int(limit)}) ON true ORDER BY n DESC, name"
            )
            rows = _run(cursor, query, where.values).fetchall()
        values = [(name, int(n)) for _, name, n, *_ in rows if name is not None]
        missing, documents, names = (int(total or 0) for total in rows[0][3:])
        return Facet(values, missing, documents - sum(n for _, n in values), names - len(values))

    def histogram(self, column: str, filter: Filter, *, bars: int = 30) -> Histogram:
        """Count a number or date column in bars whose edges do not depend on the filter."""
        made, rows = self._coded(*self._barred(column, bars), filter)
        counts = made.codes.counts(rows).tolist()
        return Histogram(made.bars.edges, counts[1:], made.codes.totals.tolist()[1:], counts[0], made.bars.log)

    def _barred(self, column: str, bars: int) -> tuple[Coding, Callable[[duckdb.DuckDBPyConnection], CodedBars]]:
        known = self._column(column)
        if known.kind not in ("number", "date"):
            raise QueryError(
                "a histogram needs numbers or dates", f"'{column}' holds {known.kind}s", "list its values instead"
            )
        return (column, bars), partial(coded_bars, column=column, kind=known.type, count=bars)

    def _coded(
        self, coding: Coding, make: Callable[[duckdb.DuckDBPyConnection], C], filter: Filter
    ) -> tuple[C, Rows | None]:
        """Return a coded column and the documents of a filter, both of one state of the table; None means all of them."""

        def key(version: Version) -> Hashable:
            return ("codes", *coding, self._table.origin(coding[0], version))

        version = self._table.version
        coded, rows = self._kept.found(key(version)), self._kept.found(("rows", filter.key, version))
        if coded is None or (filter and rows is None):
            with self._table.cursor() as cursor:
                version = self._table.built(cursor)
                coded = self._kept.get(key(version), lambda: make(cursor))
                if filter:
                    rows = self._kept.get(("rows", filter.key, version), lambda: self._rows(filter, cursor))
        return coded, rows

    def _rows(self, filter: Filter, cursor: duckdb.DuckDBPyConnection) -> Rows:
        count = documents(cursor)
        where = self._compile(filter, cursor)
        found = _run(cursor, f"SELECT doc_id FROM docs WHERE {where.sql}", where.values).fetchnumpy()
        return marked(np.asarray(found["doc_id"], np.int64), count)

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
                # What an alternative brought in has no score of this search, and comes last.
                join, score = f" LEFT JOIN {where.hits} hits USING (doc_id)", ", hits.score"
                order = order if sort else "hits.score DESC NULLS LAST, doc_id"
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

    def cross(
        self, by: str, across: str, filter: Filter, *, mean_of: str = "", limit: int = 20, bars: int = 12
    ) -> Cross:
        """Return documents, and the mean of a column, by two columns at once: `limit` names each, or so many bars."""
        rows, columns = (self._axis(name, filter, limit, bars) for name in (by, across))
        sides = [axis.sql(self._column(axis.column).type) for axis in (rows, columns)]
        mean = f"AVG(CAST({quoted(self._column(mean_of).name)} AS DOUBLE))" if mean_of else "NULL"
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            query = f"SELECT {sides[0][0]} AS a, {sides[1][0]} AS b, COUNT(*), {mean} FROM docs WHERE {where.sql} GROUP BY a, b"
            counted = _run(cursor, query, [*sides[0][1], *sides[1][1], *where.values]).fetchall()
        return cross_of(rows, columns, counted, means=bool(mean_of))

    def _axis(self, name: str, filter: Filter, limit: int, bars: int) -> Axis:
        if self._column(name).kind in ("number", "date"):
            return axis_of(name, self._coded(*self._barred(name, bars), Filter())[0].bars, [])
        return axis_of(name, None, [value for value, _ in self.facet(name, filter, limit=limit).values])

    def centres(self, by: str) -> pd.DataFrame:
        """Return name, documents and the median place on the map (x, y) per group."""
        group = quoted(self._column(by).name)
        self._column("map_x")
        with self._table.cursor() as cursor:
            return cursor.execute(
                f"SELECT {group} AS name, COUNT(*) AS documents, MEDIAN(map_x) AS x, MEDIAN(map_y) AS y "
                f"FROM docs WHERE {group} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
            ).df()

    def clusters(self, filter: Filter) -> pd.DataFrame:
        """Return every cluster under the filter: number, name, group, verdict, documents, mean quality and toxicity."""
        known = self.columns()
        self._column("cluster")
        means = [f"AVG({name}) AS {name}" for name in ("quality", "toxicity") if name in known]
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            chosen = ", ".join(
                ["cluster", "cluster_name", "cluster_top", "cluster_keep", "COUNT(*) AS documents", *means]
            )
            query = f"SELECT {chosen} FROM docs WHERE cluster IS NOT NULL AND {where.sql} GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1"
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
        """Return, per number column, the share of documents whose value is at most this document's.

        In a large corpus about 50,000 documents, evenly spaced, stand for all of them.
        """
        names = [name for name in columns if self._column(name).kind == "number"]
        known = [name for name, column in self.columns().items() if column.kind == "number"]
        with self._table.cursor() as cursor:
            key = ("sample", self._table.built(cursor)._replace(labels=0))
            sample: Sample = self._kept.get(key, lambda: sample_of(cursor, known))
            own = _run(
                cursor, f"SELECT {', '.join(map(quoted, names)) or '0'} FROM docs WHERE doc_id = ?", [int(doc_id)]
            )
            values = own.fetchone() or ()
        return {
            name: sample.at_most(name, value) for name, value in zip(names, values, strict=False) if value is not None
        }

    def _column(self, name: str) -> Column:
        columns = self.columns()
        if name in columns:
            return columns[name]
        if name.startswith(("cluster", "map_")):
            raise MissingNeed(f"this needs column '{name}'", "the corpus has no clusters yet", "winnow cluster")
        raise QueryError(f"there is no column '{name}'", "", nearest_column(name, columns))


def _run(cursor: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]) -> duckdb.DuckDBPyConnection:
    try:
        return cursor.execute(query, list(values))
    except duckdb.Error as reason:
        raise QueryError("the filter cannot be run", first_line(reason), "remove the condition it names") from reason
