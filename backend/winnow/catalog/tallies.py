"""Counts of several sets of documents side by side, each in one scan: per group, over a column, of copies left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from winnow.catalog.bars import make_bars, number
from winnow.catalog.filters import MISSING
from winnow.catalog.quoting import quoted
from winnow.catalog.table import Table

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
BARS = 30

Sets = Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]]
"""doc_ids and weights of each set."""


@dataclass(frozen=True)
class Spread:
    """A column over several sets: per set, weighted mean, quantiles of documents, and how many have no value.

    `shares[i][bar]` is the share of set i's documents with a value that lie between edges[bar] and edges[bar + 1].
    """

    edges: list[Any]
    log: bool
    means: list[float | None]
    quantiles: list[list[Any]]
    missing: list[int]
    shares: list[list[float]]


class Tallies:
    """Answers about sets of documents; each method reads the wide table once for all sets."""

    def __init__(self, table: Table, sets: Sets) -> None:
        self._table, self._count = table, len(sets)
        place = np.repeat(np.arange(len(sets), dtype=np.int16), [len(ids) for ids, _ in sets])
        ids = np.concatenate([np.empty(0, np.int64), *(ids for ids, _ in sets)])
        weights = np.concatenate([np.empty(0, np.float64), *(weights for _, weights in sets)])
        self._chosen = pa.table({"place": place, "doc_id": ids, "weight": weights})

    @contextmanager
    def _joined(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._table.cursor() as cursor:
            cursor.register("chosen", self._chosen)
            yield cursor

    def groups(self, column: str) -> dict[str, list[float]]:
        """Return, per name of a group column, how many tokens of it each set sees, largest in all first."""
        name = f"COALESCE(CAST({quoted(column)} AS VARCHAR), '{MISSING}')"
        query = f"SELECT {name}, place, SUM(weight * tokens) FROM chosen JOIN docs USING (doc_id) GROUP BY ALL ORDER BY 3 DESC, 1"
        found: dict[str, list[float]] = {}
        with self._joined() as cursor:
            for group, place, tokens in cursor.execute(query).fetchall():
                found.setdefault(group, [0.0] * self._count)[place] = float(tokens or 0)
        return dict(sorted(found.items(), key=lambda item: (-sum(item[1]), item[0])))

    def spread(self, column: str, kind: str) -> Spread:
        """Return how a number or date column is spread over each set."""
        dated = kind.startswith(("TIMESTAMP", "DATE"))
        name = quoted(column)
        value = number(name, kind)
        with self._joined() as cursor:
            bars = make_bars(cursor, name, kind, BARS)
            counts = bars.sql(f"docs.{name}") if bars.edges else "MAP {}"
            query = (
                f"SELECT place, SUM(weight * {value}) / SUM(weight) FILTER (isfinite({value})), "
                f"quantile_cont({value}, {list(QUANTILES)}) FILTER (isfinite({value})), "
                f"COUNT(*) FILTER ({name} IS NULL), {counts} FROM chosen JOIN docs USING (doc_id) GROUP BY place"
            )
            rows = {row[0]: row[1:] for row in cursor.execute(query).fetchall()}
        empty: tuple[Any, ...] = (None, None, 0, {})
        means, quantiles, missing, shares = [], [], [], []
        for place in range(self._count):
            mean, found, without, counted = rows.get(place, empty)
            means.append(None if mean is None or dated else float(mean))
            quantiles.append([_day(end) if dated else float(end) for end in found or ()])
            missing.append(int(without))
            tally = np.array(bars.counts(counted or {}) if bars.edges else [], dtype=np.float64)
            shares.append((tally / max(tally.sum(), 1)).tolist())
        return Spread(bars.edges, bars.log, means, quantiles, missing, shares)

    def copies(self, column: str) -> list[int]:
        """Return how many documents of each set are a further copy of another one there, by a column of groups."""
        name = quoted(column)
        return self._per_set(f"COUNT({name}) - COUNT(DISTINCT {name})")

    def flagged(self, column: str) -> list[int]:
        """Return how many documents of each set have a flag."""
        return self._per_set(f"COUNT(*) FILTER ({quoted(column)})")

    def _per_set(self, count: str) -> list[int]:
        query = f"SELECT place, {count} FROM chosen JOIN docs USING (doc_id) GROUP BY place"
        with self._joined() as cursor:
            found = dict(cursor.execute(query).fetchall())
        return [int(found.get(place, 0)) for place in range(self._count)]


def _day(microseconds: float) -> str:
    return str(np.array([microseconds]).astype(np.int64).astype("M8[us]").astype("M8[D]")[0])
