"""Two columns against each other: names as they are, the rarer ones together; numbers and dates in bars."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from winnow.catalog.bars import Bars
from winnow.catalog.filters import MISSING
from winnow.catalog.quoting import quoted

OTHERS = "(others)"


@dataclass(frozen=True)
class Axis:
    """One side of a table: a column's names, the most frequent first, or its bars from `edges[i]` to `edges[i + 1]`.

    Missing values stand last, after the rarer names together.
    """

    column: str
    names: tuple[str, ...]
    edges: tuple[Any, ...] = ()

    @property
    def labels(self) -> list[str]:
        """Return what to write at each place."""
        return [*self._own, *([] if self.edges else [OTHERS]), MISSING]

    @property
    def _own(self) -> list[str]:
        if not self.edges:
            return list(self.names)
        words = [f"{edge:.4g}" if isinstance(edge, (int, float)) else str(edge) for edge in self.edges]
        return [f"{low} … {high}" for low, high in itertools.pairwise(words)]

    def sql(self, kind: str) -> tuple[str, list[Any]]:
        """Return an expression that gives a document's place on the axis, and its values."""
        name, missing = quoted(self.column), len(self.labels) - 1
        if not self.edges:
            place = f"list_position(?::VARCHAR[], CAST({name} AS VARCHAR))"
            return f"CASE WHEN {name} IS NULL THEN {missing} ELSE COALESCE({place} - 1, {missing - 1}) END", [
                list(self.names)
            ]
        dated = kind.startswith(("TIMESTAMP", "DATE"))
        value = name if dated else f"CAST({name} AS DOUBLE)"
        bound = "CAST(? AS TIMESTAMP)" if dated else "CAST(? AS DOUBLE)"
        # What lies beyond the outer edges is in the outer bars, as in a histogram.
        inner = list(self.edges[1:-1])
        steps = " ".join(f"WHEN {value} < {bound} THEN {place}" for place in range(len(inner)))
        return f"CASE WHEN {value} IS NULL THEN {missing} {steps} ELSE {len(inner)} END", inner


@dataclass(frozen=True, eq=False)
class Cross:
    """Documents, and the mean of a column (NaN where nothing has a value), by the places of two axes: [rows, columns]."""

    rows: Axis
    columns: Axis
    documents: NDArray[np.int64]
    means: NDArray[np.float64] | None

    @property
    def shown(self) -> tuple[list[int], list[int]]:
        """Return the rows and the columns that hold any document."""
        return np.flatnonzero(self.documents.sum(1)).tolist(), np.flatnonzero(self.documents.sum(0)).tolist()


def axis_of(column: str, bars: Bars | None, names: list[str]) -> Axis:
    """Return the axis of a column: its bars when it has some, else its names."""
    return Axis(column, tuple(names), tuple(bars.edges) if bars is not None else ())


def cross_of(rows: Axis, columns: Axis, counted: list[tuple[int, int, int, float | None]], *, means: bool) -> Cross:
    """Lay counted places out as matrices."""
    shape = len(rows.labels), len(columns.labels)
    documents, found = np.zeros(shape, np.int64), np.full(shape, np.nan)
    for row, column, count, mean in counted:
        documents[row, column] = count
        found[row, column] = np.nan if mean is None else mean
    return Cross(rows, columns, documents, found if means else None)
