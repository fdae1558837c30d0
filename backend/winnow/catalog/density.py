"""Where documents lie on the map: how many are in each cell of a rectangle, and which of them are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.conditions import Condition, Conditions, first_line
from winnow.catalog.filters import Filter
from winnow.catalog.quoting import quoted
from winnow.catalog.table import Table
from winnow.errors import MissingNeed, QueryError

BINS = 256
LARGEST_HASH = 2**64 - 1
REST_SHARE = 0.25
"""How much of what is drawn the documents outside a filter get when both have to be thinned out."""


class Box(NamedTuple):
    """A rectangle of the map, edges included."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def sql(self) -> str:
        """Return the condition that a document lies in it."""
        # Written with an exponent an edge is a double; without, a decimal number, which may miss the outermost document.
        left, bottom, right, top = (f"{edge:.17e}" for edge in self)
        x, y = "CAST(map_x AS DOUBLE)", "CAST(map_y AS DOUBLE)"
        return f"{x} BETWEEN {left} AND {right} AND {y} BETWEEN {bottom} AND {top}"


@dataclass(frozen=True, eq=False)
class Density:
    """Documents of a filter per cell of a box, `counts[row, column]` with row 0 at the bottom; `rest` are the others."""

    box: Box
    counts: NDArray[np.int64]
    rest: int = 0

    @property
    def documents(self) -> int:
        """Return how many documents of the filter lie in the box."""
        return int(self.counts.sum())


class Places:
    """Answers what a map draws, from the wide table alone."""

    def __init__(self, table: Table, conditions: Conditions) -> None:
        self._table, self._conditions = table, conditions

    def whole(self) -> tuple[Box, int]:
        """Return the box around all documents and how many have a place; raises MissingNeed without a map."""
        with self._table.cursor() as cursor:
            if "map_x" not in self._table.columns():
                raise MissingNeed("this needs a map", "the corpus has none yet", "winnow cluster")
            row = cursor.execute(
                "SELECT MIN(map_x), MIN(map_y), MAX(map_x), MAX(map_y), COUNT(map_x + map_y) FROM docs"
            ).fetchone()
        *edges, placed = row or (None,)
        return Box(*(float(edge or 0.0) for edge in edges)), int(placed or 0)

    def density(self, filter: Filter, box: Box, *, bins: int = BINS) -> Density:
        """Count the documents of a box in bins × bins cells, in one scan; what lies on the far edges is in the last."""
        column, row = (
            f"LEAST({bins - 1}, FLOOR((CAST({axis} AS DOUBLE) - {low:.17e}) / {(high - low) or 1.0:.17e} * {bins}))"
            for axis, low, high in (("map_x", box.left, box.right), ("map_y", box.bottom, box.top))
        )
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            query = (
                f"SELECT CAST({row} * {bins} + {column} AS INTEGER) AS cell, COUNT(*) FILTER ({where.sql}) AS lit, "
                f"COUNT(*) AS n FROM docs WHERE {box.sql} GROUP BY cell"
            )
            found = _run(cursor, query, where).to_arrow_table()
        cells, lit, total = (column.to_numpy() for column in found.columns)
        counts = np.zeros(bins * bins, np.int64)
        counts[cells] = lit
        return Density(box, counts.reshape(bins, bins), int(total.sum() - lit.sum()))

    def drawn(self, filter: Filter, box: Box, column: str, shares: tuple[float, float] = (1.0, 1.0)) -> pa.Table:
        """Return doc_id, map_x, map_y, `lit` (in the filter) and `colour` (a column, if any) of documents of a box.

        A share of the lit ones and a share of the others come, by hash of doc_id: whoever is in a sample is in every
        larger one, so that zooming in only adds documents. They are in order of doc_id.
        """
        with self._table.cursor() as cursor:
            where = self._compile(filter, cursor)
            lit = f"COALESCE(({where.sql}), false)"
            chosen = f"doc_id, map_x, map_y, {lit} AS lit, {quoted(column) if column else 'NULL'} AS colour"
            bounds = [min(LARGEST_HASH, int(share * LARGEST_HASH)) for share in shares]
            thinned = f"hash(doc_id) <= CASE WHEN lit THEN {bounds[0]}::UBIGINT ELSE {bounds[1]}::UBIGINT END"
            query = f"SELECT * FROM (SELECT {chosen} FROM docs WHERE {box.sql})"
            query += "" if min(shares) >= 1 else f" WHERE {thinned}"
            return _run(cursor, f"{query} ORDER BY doc_id", where).to_arrow_table()

    def _compile(self, filter: Filter, cursor: duckdb.DuckDBPyConnection) -> Condition:
        return self._conditions.compile(filter, self._table.columns(), cursor, self._table.version.manifest)


def shares(lit: int, rest: int, limit: int) -> tuple[float, float]:
    """Return which share of the documents of a filter, and of the others, makes about `limit` together.

    Nothing is thinned out when all fit. Else the others get a quarter of the limit, or what the filter leaves over.

    >>> shares(10, 10, 20), shares(100, 1000, 300), shares(3000, 1000, 400)
    ((1.0, 1.0), (1.0, 0.2), (0.1, 0.1))
    """
    if lit + rest <= limit:
        return 1.0, 1.0
    bright = min(lit, limit - min(rest, int(limit * REST_SHARE)))
    return bright / max(1, lit), min(1.0, (limit - bright) / max(1, rest))


def _run(cursor: duckdb.DuckDBPyConnection, query: str, where: Condition) -> duckdb.DuckDBPyConnection:
    try:
        return cursor.execute(query, list(where.values))
    except duckdb.Error as reason:
        raise QueryError("the filter cannot be run", first_line(reason), "remove the condition it names") from reason
