"""A filter as SQL: conditions on columns are evaluated in place; search results and selections join as small tables."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.filters import MISSING, Filter, Range, Values
from winnow.catalog.table import files, quoted
from winnow.errors import QueryError, nearest


@dataclass(frozen=True)
class Hits:
    """Documents that a search found, with scores (higher is better)."""

    doc_ids: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Condition:
    """The SQL of a filter over `docs`, and the table of scores that orders a search, if there is one."""

    sql: str
    values: tuple[Any, ...]
    hits: str = ""


Finder = Callable[[str, str], Hits]
"""(kind, question) → hits; kind is "search", "near" or "like"."""


class Conditions:
    """Compiles filters for one table, keeping the latest search results as DuckDB tables."""

    KEPT = 24

    def __init__(self, find: Finder, selection_path: Callable[[str], Path]) -> None:
        self._find, self._selection_path = find, selection_path
        self._tables: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def compile(
        self, filter: Filter, columns: Mapping[str, str], cursor: duckdb.DuckDBPyConnection, version: object
    ) -> Condition:
        """Return the filter's condition; raises QueryError naming the nearest column for an unknown one."""
        parts: list[str] = []
        values: list[Any] = []
        for column, chosen in filter.values.items():
            parts.append(_values_sql(_known(column, columns), columns[column], chosen, values))
        for column, bounds in filter.ranges.items():
            parts.append(_range_sql(_known(column, columns), columns[column], bounds, values))
        if filter.lasso:
            parts.append(_lasso_sql(filter.lasso, columns))
        if filter.where:
            parts.append(f"({checked(filter.where, columns)})")
        if filter.selection:
            kept = f"(SELECT doc_id FROM {files([self._selection_path(filter.selection.lstrip('-'))])})"
            parts.append(f"doc_id {'NOT IN' if filter.selection.startswith('-') else 'IN'} {kept}")
        hits = ""
        for kind in ("search", "near", "like"):
            question = getattr(filter, kind)
            if question not in ("", None):
                hits = self._hits_table(kind, str(question), cursor, version)
                parts.append(f"doc_id IN (SELECT doc_id FROM {hits})")
        return Condition(" AND ".join(parts) or "true", tuple(values), hits)

    def _hits_table(self, kind: str, question: str, cursor: duckdb.DuckDBPyConnection, version: object) -> str:
        key = f"{kind}\x00{question}\x00{version}"
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
            found = self._find(kind, question)
            name = "hits_" + hashlib.sha256(key.encode()).hexdigest()[:12]
            arrow = pa.table({"doc_id": found.doc_ids.astype(np.int64), "score": found.scores.astype(np.float32)})
            cursor.register("found", arrow)
            cursor.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM found")
            cursor.unregister("found")
            self._tables[key] = name
            while len(self._tables) > self.KEPT:
                _, oldest = self._tables.popitem(last=False)
                cursor.execute(f"DROP TABLE IF EXISTS {oldest}")
            return name


def _known(column: str, columns: Mapping[str, str]) -> str:
    if column not in columns:
        raise QueryError(
            f"the filter reads column '{column}'", "the corpus has no such column", nearest(column, columns)
        )
    return quoted(column)


def _values_sql(column: str, kind: str, chosen: Values, values: list[Any]) -> str:
    named = [value for value in chosen.values if value != MISSING]
    values.extend(named)
    marks = ", ".join("?" for _ in named)
    options = [f"CAST({column} AS VARCHAR) IN ({marks})"] if named else []
    if MISSING in chosen.values:
        options.append(f"{column} IS NULL")
    condition = " OR ".join(options) or "false"
    return f"NOT COALESCE(({condition}), false)" if chosen.exclude else f"({condition})"


def _range_sql(column: str, kind: str, bounds: Range, values: list[Any]) -> str:
    options = []
    cast = "CAST(? AS TIMESTAMP)" if kind.startswith(("TIMESTAMP", "DATE")) else "?"
    for value, sign in ((bounds.low, ">="), (bounds.high, "<=")):
        if value is not None:
            options.append(f"{column} {sign} {cast}")
            values.append(value)
    condition = " AND ".join(options) or f"{column} IS NOT NULL"
    return f"({condition} OR {column} IS NULL)" if bounds.missing else f"({condition})"


def _lasso_sql(lasso: tuple[tuple[float, float], ...], columns: Mapping[str, str]) -> str:
    """Return the even-odd rule as arithmetic: a point is inside when a ray to the right crosses an odd number of edges.

    The polygon's bounding box goes first, so that DuckDB's zone maps skip what lies far away.
    """
    if "map_x" not in columns:
        raise QueryError("a lasso needs the map", "the corpus has none yet", "winnow cluster")
    xs, ys = zip(*lasso, strict=True)
    box = f"map_x BETWEEN {min(xs)!r} AND {max(xs)!r} AND map_y BETWEEN {min(ys)!r} AND {max(ys)!r}"
    crossings = []
    for (x1, y1), (x2, y2) in zip(lasso, (*lasso[1:], lasso[0]), strict=True):
        if y1 != y2:
            slope = (x2 - x1) / (y2 - y1)
            crossings.append(
                f"((({y1!r} > map_y) <> ({y2!r} > map_y)) AND map_x < {slope!r} * (map_y - {y1!r}) + {x1!r})::INT"
            )
    return f"({box} AND ({' + '.join(crossings) or '0'}) % 2 = 1)"


_FORBIDDEN = re.compile(
    r";|--|/\*|\b(attach|copy|create|delete|drop|export|import|insert|install|load|pragma|set|update)\b", re.I
)
_STRINGS = re.compile(r"'(?:[^']|'')*'")


def checked(where: str, columns: Mapping[str, str]) -> str:
    """Return a person's condition when it is one boolean expression over the columns of `docs`; raises QueryError.

    It is parsed by DuckDB in an empty database that cannot reach files, so nothing but an expression gets through.
    """
    bare = _STRINGS.sub("''", where)
    if _FORBIDDEN.search(bare):
        raise QueryError(
            "a condition is one expression over the columns", f"found {where!r}", "for example quality > 0.5"
        )
    described = ", ".join(f"NULL::{kind} AS {quoted(name)}" for name, kind in columns.items())
    guard = duckdb.connect(":memory:", config={"enable_external_access": "false", "lock_configuration": "true"})
    try:
        guard.execute(f"SELECT 1 FROM (SELECT {described}) docs WHERE ({where})").fetchall()
        statements = guard.extract_statements(f"SELECT 1 FROM (SELECT {described}) docs WHERE ({where})")
        if len(statements) != 1:
            raise QueryError("a condition is one expression", f"found {where!r}", "for example quality > 0.5")
    except duckdb.Error as reason:
        cause = str(reason).splitlines()[0]
        raise QueryError(f"the condition {where!r} cannot be read", cause, "columns: " + ", ".join(columns)) from reason
    finally:
        guard.close()
    return where
