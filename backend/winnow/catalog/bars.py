"""Bars of a histogram: edges that people can read, chosen once per column, and their counts in one scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import duckdb
import numpy as np

SAMPLED = 200_000
"""Quantiles are taken of about so many documents: they choose edges, and are shown to nobody."""


@dataclass(frozen=True)
class Bars:
    """Edges of bars: bar i spans edges[i] … edges[i+1]; dates are ISO strings. `log` says the edges grow by a factor."""

    edges: list[Any]
    log: bool = False

    @property
    def inner(self) -> list[float]:
        """Return the lowest value of each bar but the first, dates as microseconds since 1970."""
        dated = bool(self.edges) and isinstance(self.edges[0], str)
        inner = [np.datetime64(edge, "us").astype(np.int64) for edge in self.edges[1:-1]] if dated else self.edges[1:-1]
        return [float(edge) for edge in inner]

    @property
    def _ends(self) -> list[float]:
        """Return the highest value of each bar but the last: DuckDB's bins include their upper end, bars their lower."""
        return [float(np.nextafter(edge, -np.inf)) for edge in self.inner]

    def sql(self, column: str) -> str:
        """Return an aggregate that counts a quoted column's values; `counts` reads its answer."""
        value = f"epoch_us({column})" if isinstance(self.edges[0], str) else column
        # A bare number would be read as a decimal and lose its last digits; as text it is read exactly.
        ends = ", ".join(f"'{end!r}'::DOUBLE" for end in self._ends)
        return f"histogram(CAST({value} AS DOUBLE), [{ends}]::DOUBLE[])"

    def counts(self, answer: Mapping[float, int]) -> list[int]:
        """Return the count of each bar; what lies beyond the outer edges is counted in the outer bars."""
        ends = self._ends
        return [int(answer.get(end, 0)) for end in ends] + [sum(int(n) for end, n in answer.items() if end not in ends)]


def number(column: str, kind: str) -> str:
    """Return the expression of a quoted column's values as numbers, dates as microseconds since 1970."""
    return f"CAST({f'epoch_us({column})' if kind.startswith(('TIMESTAMP', 'DATE')) else column} AS DOUBLE)"


def make_bars(cursor: duckdb.DuckDBPyConnection, column: str, kind: str, bars: int) -> Bars:
    """Choose the bars of a quoted column of `docs`; there are none when it holds no value."""
    value = number(column, kind)
    query = f"SELECT MIN(v), MAX(v), (SELECT COUNT(*) FROM docs) FROM (SELECT {value} AS v FROM docs)"
    low, high, documents = cursor.execute(query).fetchone() or (None, None, 0)
    # Asking of each value whether it is finite takes fifteen times as long as the rest.
    if low is not None and not (isfinite(low) and isfinite(high)):
        low, high, _ = cursor.execute(f"{query} WHERE isfinite(v)").fetchone() or (None, None, 0)
    if low is None:
        return Bars([])
    step = max(1, documents // SAMPLED)
    sampled = cursor.execute(
        "SELECT quantile_cont(v, [0.005, 0.5, 0.995]) FROM "
        f"(SELECT {value} AS v FROM docs WHERE doc_id % {step} = 0) WHERE isfinite(v)"
    ).fetchone()
    quantiles = (sampled[0] if sampled else None) or [low, (low + high) / 2, high]
    if kind.startswith(("TIMESTAMP", "DATE")):
        return Bars(date_edges(quantiles[0], quantiles[2], bars))
    return number_bars(low, high, quantiles, bars=bars, whole=kind not in ("FLOAT", "DOUBLE"))


def number_bars(low: float, high: float, quantiles: list[float], *, bars: int, whole: bool) -> Bars:
    """Choose bar edges: one bar a value for few whole numbers, growing bars for long tails, else equal bars.

    The outer half percents go into the outer bars, so that one odd document does not squeeze the rest into one bar.
    """
    left, middle, right = quantiles
    if whole and high - low <= bars:
        return Bars([value - 0.5 for value in range(int(low), int(high) + 2)])
    if left >= right:
        return Bars([low, high if high > low else low + 1])
    if left >= 0 and middle > 0 and right / middle > 8:
        start = max(left, right / 1e6, 1.0 if whole else 0.0)
        edges = np.geomspace(start, right, bars + 1)
        return _distinct(np.round(edges) if whole and right > 10 * bars else edges, log=True)
    return _distinct(np.linspace(left, right, bars + 1), log=False)


def _distinct(edges: np.ndarray[Any, np.dtype[np.float64]], *, log: bool) -> Bars:
    """Round edges to six digits, as long as that leaves them apart."""
    rounded = np.array([float(f"{edge:.6g}") for edge in edges])
    apart = rounded if len(np.unique(rounded)) == len(np.unique(edges)) else edges
    return Bars([float(edge) for edge in np.unique(apart)], log)


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
