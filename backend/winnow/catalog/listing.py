"""Lists read piece by piece: each goes on behind the last document read, so that new documents move nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from winnow.catalog.conditions import Condition, Conditions, first_line, nearest_column
from winnow.catalog.filters import Filter
from winnow.catalog.quoting import quoted
from winnow.catalog.table import Table
from winnow.errors import ConflictError, QueryError


@dataclass(frozen=True)
class Place:
    """Where a list stands: behind a document, with the value it was ordered by and the manifest of its ranking."""

    doc_id: int
    value: float | str | None = None
    manifest: int = 0


@dataclass(frozen=True)
class Piece:
    """Some rows of a list, {column: value}, and where the next piece begins; None when this was the last."""

    rows: list[dict[str, Any]]
    after: Place | None


class Listing:
    """Reads lists of documents in pieces.

    A list without a `sort` comes in doc_id order, one of a search best match first; values that are equal come in doc_id
    order, missing ones last. Whatever is taken in meanwhile, every document that was there is read once.
    """

    def __init__(self, table: Table, conditions: Conditions) -> None:
        self._table, self._conditions = table, conditions

    def read(
        self,
        filter: Filter,
        columns: Sequence[str],
        *,
        limit: int,
        sort: str = "",
        descending: bool = True,
        after: Place | None = None,
    ) -> Piece:
        """Return up to `limit` rows with doc_id, the columns, and `score` when a search finds them.

        Raises QueryError for an unknown column, ConflictError when the ranking that `after` belongs to is no longer kept.
        """
        types = self._table.columns()
        for name in (*columns, *([sort] if sort else [])):
            if name not in types:
                raise QueryError(f"there is no column '{name}'", "", nearest_column(name, types))
        manifest = self._table.version.manifest
        with self._table.cursor() as cursor:
            if after is not None and not sort and after.manifest != manifest:
                self._check_kept(filter, after.manifest)
                manifest = after.manifest
            where = self._conditions.compile(filter, types, cursor, manifest)
            query, values = _query(where, columns, types, sort, descending=descending, after=after)
            try:
                found = cursor.execute(f"{query} LIMIT {int(limit) + 1}", values)
            except duckdb.Error as reason:
                fix = "remove the condition it names"
                raise QueryError("the filter cannot be run", first_line(reason), fix) from reason
            names = [item[0] for item in found.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        orders = [row.pop("order_value") for row in rows]
        more = len(rows) > limit
        last = Place(rows[limit - 1]["doc_id"], _plain(orders[limit - 1]), manifest) if more else None
        return Piece(rows[:limit], last)

    def _check_kept(self, filter: Filter, manifest: int) -> None:
        if not self._conditions.keeps(filter, manifest):
            raise ConflictError(
                "a list goes on in the ranking it began with", "the corpus has changed since", "read it from its start"
            )


def _query(
    where: Condition, columns: Sequence[str], types: Mapping[str, str], sort: str, *, descending: bool, after: Place | None
) -> tuple[str, list[Any]]:  # fmt: skip
    """Return a query and its values: order_value is what rows are ordered by before doc_id."""
    values = list(where.values)
    join, score, order, kind = "", "", "NULL", ""
    if where.hits:
        join, score, order, kind = f" LEFT JOIN {where.hits} hits USING (doc_id)", ", hits.score", "hits.score", "FLOAT"
    if sort:
        order, kind = f"docs.{quoted(sort)}", types[sort]
    falling = descending or not sort
    behind = ""
    if after is not None:
        behind = " AND " + _behind(order, kind, after, values, falling=falling)
    chosen = ", ".join(["doc_id", *(f"docs.{quoted(name)}" for name in columns if name != "doc_id")])
    ordered = f"{order} {'DESC' if falling else 'ASC'} NULLS LAST, doc_id" if kind else "doc_id"
    text = (
        f"SELECT {chosen}{score}, {order} AS order_value FROM docs{join} WHERE {where.sql}{behind} ORDER BY {ordered}"
    )
    return text, values


def _behind(order: str, kind: str, after: Place, values: list[Any], *, falling: bool) -> str:
    if not kind:
        values.append(after.doc_id)
        return "doc_id > ?"
    if after.value is None:
        values.append(after.doc_id)
        return f"({order} IS NULL AND doc_id > ?)"
    sign = "<" if falling else ">"
    values += [after.value, after.value, after.doc_id]
    same = f"({order} = CAST(? AS {kind}) AND doc_id > ?)"
    return f"({order} {sign} CAST(? AS {kind}) OR {same} OR {order} IS NULL)"


def _plain(value: Any) -> float | str | None:
    """Return a value as JSON can carry it and a cast reads it back."""
    return value if value is None or isinstance(value, (int, float, str)) else str(value)
