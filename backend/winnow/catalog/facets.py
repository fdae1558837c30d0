"""Facets: what kind a column makes, and its counts as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from winnow.catalog.codes import Codes, Rows

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


def facet_of(codes: Codes, rows: Rows | None, limit: int) -> Facet:
    """Count the names of some documents; None means all of them."""
    missing, *counts = codes.counts(rows).tolist()
    found = sorted((-n, name) for n, name in zip(counts, codes.names, strict=True) if n)
    values = [(name, -n) for n, name in found[:limit]]
    return Facet(values, missing, sum(-n for n, _ in found[limit:]), len(found) - len(values))


def column_of(name: str, kind: str, distinct: int) -> Column:
    """Say what kind of facet a column makes, by its DuckDB type and how many names it holds."""
    if kind == "BOOLEAN":
        return Column(name, "flag", kind, 2)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return Column(name, "date", kind, distinct)
    if kind.startswith(NUMBERS):
        return Column(name, "number", kind, distinct)
    # A label column fills up while people look at it, and never holds more than its schema's values.
    few = distinct <= 1000 and name not in ("id", "url")
    return Column(name, "group" if few else "name", kind, distinct)
