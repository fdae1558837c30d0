"""A filter as SQL: conditions on columns are evaluated in place; search results and selections join as small tables."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.filters import MISSING, Filter, Polygon, Range, Values
from winnow.catalog.lasso import inside
from winnow.catalog.quoting import files, quoted
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
"""(kind, question) → hits; kind is "search", "near", "like" or "concept"."""


class Conditions:
    """Compiles filters for one table, keeping the latest search results."""

    KEPT = 24

    def __init__(self, find: Finder, selection_path: Callable[[str], Path]) -> None:
        self._find, self._selection_path = find, selection_path
        self._found: OrderedDict[tuple[str, str, object], pa.Table] = OrderedDict()
        self._lock = threading.Lock()

    def compile(
        self, filter: Filter, columns: Mapping[str, str], cursor: duckdb.DuckDBPyConnection, version: object
    ) -> Condition:
        """Return the filter's condition; raises QueryError naming the nearest column for an unknown one.

        The hits of its searches are known to the cursor, as tables of doc_id and score, until it is closed.
        """
        own = self._conjunction(filter.own, columns, cursor, version, "")
        if not filter.also:
            return own
        ways = [own] if filter.own else []
        ways += [
            self._conjunction(part, columns, cursor, version, f"_{place}") for place, part in enumerate(filter.also)
        ]
        return Condition(
            "(" + " OR ".join(f"({way.sql})" for way in ways) + ")",
            tuple(value for way in ways for value in way.values),
            own.hits,
        )

    def _conjunction(
        self,
        filter: Filter,
        columns: Mapping[str, str],
        cursor: duckdb.DuckDBPyConnection,
        version: object,
        suffix: str,
    ) -> Condition:
        parts: list[str] = []
        values: list[Any] = []
        for column, chosen in filter.values.items():
            parts.append(_values_sql(_known(column, columns), chosen, values))
        for column, bounds in filter.ranges.items():
            parts.append(_range_sql(_known(column, columns), columns[column], bounds, values))
        if filter.lasso:
            cursor.register(f"inside{suffix}", self._inside(filter.lassos, columns, cursor, version))
            parts.append(f"doc_id IN (SELECT doc_id FROM inside{suffix})")
        if filter.where:
            parts.append(f"(\n{checked(filter.where, columns, cursor)}\n)")
        if filter.selection:
            kept = f"(SELECT doc_id FROM {files([self._selection_path(filter.selection.lstrip('-'))])})"
            parts.append(f"doc_id {'NOT IN' if filter.selection.startswith('-') else 'IN'} {kept}")
        if filter.regex:
            cursor.register(f"matching{suffix}", self._matching(filter.regex, cursor, version))
            parts.append(f"doc_id IN (SELECT doc_id FROM matching{suffix})")
        hits = ""
        for kind, question in _searches(filter):
            hits = f"{kind}_hits{suffix}"
            cursor.register(hits, self._hits(kind, question, version))
            parts.append(f"doc_id IN (SELECT doc_id FROM {hits})")
        return Condition(" AND ".join(parts) or "true", tuple(values), hits)

    def keeps(self, filter: Filter, version: object) -> bool:
        """Return whether the hits of a filter's searches are still those of a version."""
        asked = list(_searches(filter))
        with self._lock:
            return all((kind, question, version) in self._found for kind, question in asked)

    def _hits(self, kind: str, question: str, version: object) -> pa.Table:
        def find() -> pa.Table:
            found = self._find(kind, question)
            return pa.table({"doc_id": found.doc_ids.astype(np.int64), "score": found.scores.astype(np.float32)})

        return self._kept((kind, question, version), find)

    def _matching(self, pattern: str, cursor: duckdb.DuckDBPyConnection, version: object) -> pa.Table:
        """Return the documents whose text a pattern matches: every shard is read, in blocks, once for a page."""
        if "\0" in pattern:
            raise QueryError("this is no pattern", "it holds a character that is no text", PATTERN)

        def find() -> pa.Table:
            try:
                query = "SELECT doc_id FROM texts WHERE regexp_matches(text, ?)"
                return cursor.execute(query, [pattern]).to_arrow_table()
            except duckdb.Error as reason:
                raise QueryError(f"'{pattern}' is no pattern", first_line(reason), PATTERN) from reason

        return self._kept(("regex", pattern, version), find)

    def _inside(
        self,
        lassos: Sequence[Polygon],
        columns: Mapping[str, str],
        cursor: duckdb.DuckDBPyConnection,
        version: object,
    ) -> pa.Table:
        """Return the documents inside lassos: their arithmetic is done once, not again for every facet of a page."""
        if "map_x" not in columns:
            raise QueryError("a lasso needs the map", "the corpus has none yet", "winnow cluster")
        query = "SELECT doc_id, map_x, map_y FROM docs WHERE isfinite(map_x) AND isfinite(map_y) ORDER BY map_y"

        def find() -> pa.Table:
            points = self._kept(("map", "", version), lambda: cursor.execute(query).to_arrow_table().combine_chunks())
            xs, ys = (points.column(name).to_numpy().astype(np.float64) for name in ("map_x", "map_y"))
            return points.select(["doc_id"]).filter(np.logical_or.reduce([inside(lasso, xs, ys) for lasso in lassos]))

        return self._kept(("lasso", repr(lassos), version), find)

    def _kept(self, key: tuple[str, str, object], find: Callable[[], pa.Table]) -> pa.Table:
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        # A search may load a model first; nobody else waits for it. Two at once find the same.
        table = find()
        with self._lock:
            self._found[key] = table
            while len(self._found) > self.KEPT:
                self._found.popitem(last=False)
        return table


def _known(column: str, columns: Mapping[str, str]) -> str:
    if column not in columns:
        found = "the corpus has no such column"
        raise QueryError(f"the filter reads column '{column}'", found, nearest_column(column, columns))
    return quoted(column)


def _values_sql(column: str, chosen: Values, values: list[Any]) -> str:
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


def _searches(filter: Filter) -> Iterator[tuple[str, str]]:
    """Yield (kind, question) of every search; the last one orders a page."""
    for kind in ("search", "near", "like"):
        question = getattr(filter, kind)
        if question not in ("", None):
            yield kind, str(question)
    if filter.examples or filter.against:
        yield "concept", "|".join(",".join(map(str, ids)) for ids in (filter.examples, filter.against))


PATTERN = "for example: (?i)colou?r, or \\b[A-Z]{3,}\\b; letters such as ( and . are written \\( and \\."
EXAMPLE = "for example: quality > 0.5 AND source = 'forum'"
EXPANDING = {"repeat", "lpad", "rpad", "range", "generate_series", "list_resize", "array_resize"}
"""Functions that make gigabytes out of a word."""


def checked(where: str, columns: Collection[str], cursor: duckdb.DuckDBPyConnection) -> str:
    """Return a person's condition when it is one expression over the columns of `docs`; raises QueryError.

    DuckDB's own parser must read it as the WHERE of an otherwise unchanged statement, without any query or parameter
    in it; so nothing can reach a file, and words in strings or names do no harm.
    """
    plain, asked = (
        syntax("SELECT 1 FROM docs WHERE true", cursor),
        syntax(f"SELECT 1 FROM docs WHERE\n{where}\n", cursor),
    )
    frame = {**asked["node"], "where_clause": None}
    condition = asked["node"].get("where_clause")
    kinds = {(node.get("class"), str(node.get("function_name", "")).lower()) for node in nodes(condition)}
    if _placeless(frame) != _placeless({**plain["node"], "where_clause": None}) or asked["named_param_map"]:
        raise QueryError("a condition is one expression", f"found {where!r}", EXAMPLE)
    if any(kind in ("SUBQUERY", "PARAMETER") or name in EXPANDING for kind, name in kinds):
        raise QueryError("a condition reads columns of its own document", f"found {where!r}", EXAMPLE)
    try:
        cursor.execute(f"EXPLAIN SELECT 1 FROM docs WHERE (\n{where}\n)").fetchall()
    except duckdb.Error as reason:
        named = [node["column_names"][-1] for node in nodes(condition) if node.get("class") == "COLUMN_REF"]
        unknown = [name for name in named if name.lower() not in {column.lower() for column in columns}]
        fix = nearest_column(unknown[0], columns) if unknown else EXAMPLE
        raise QueryError(f"the condition {where!r} cannot be run", first_line(reason), fix) from reason
    return where


def syntax(query: str, cursor: duckdb.DuckDBPyConnection, example: str = EXAMPLE) -> dict[str, Any]:
    """Return the syntax tree of one SELECT as DuckDB reads it; raises QueryError for anything else."""
    if "\0" in query or query != query.encode(errors="replace").decode():
        raise QueryError("this is not SQL that can be run", "it holds characters that are no text", example)
    row = cursor.execute("SELECT json_serialize_sql(?)", [query]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error_type") == "not implemented" or len(tree.get("statements", ".")) != 1:
        raise QueryError("one SELECT is run and nothing else", f"found {query.strip()!r}", example)
    if tree.get("error"):
        raise QueryError("this is not SQL that can be run", str(tree.get("error_message")).splitlines()[0], example)
    found: dict[str, Any] = tree["statements"][0]
    return found


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a syntax tree."""
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(child)


def _placeless(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _placeless(child) for key, child in tree.items() if key != "query_location"}
    return [_placeless(child) for child in tree] if isinstance(tree, list) else tree


def nearest_column(name: str, columns: Collection[str]) -> str:
    """Say which column was probably meant, or how to list them: there are too many for one line."""
    likely = nearest(name, columns)
    return likely if likely.startswith("did") else "columns: winnow sql 'SELECT * FROM docs LIMIT 1'"


def first_line(reason: Exception) -> str:
    """Return DuckDB's own first line about a failure."""
    return next(iter(str(reason).splitlines()), type(reason).__name__)
