"""Single texts of a target as queries of their own: their windows, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from winnow.pool import Floats

if TYPE_CHECKING:
    from winnow.lm.windows import Windows


def query_windows(reference: Windows, most: int) -> Iterator[Windows]:
    """Yield the windows of each of the first texts that have any."""
    from winnow.lm.windows import Windows

    for text in np.unique(reference.text)[:most]:
        rows = np.flatnonzero(reference.text == text)
        yield Windows(
            reference.inputs[rows],
            reference.targets[rows],
            np.zeros(len(rows), dtype=np.int64),
            reference.bytes[[text]],
        )


def query_tables(queries: Sequence[Windows], values: Floats) -> dict[str, pa.Table]:
    """Return how large each query is, and the correlation of every two over documents; values are [documents, queries]."""
    sizes = [int((query.targets >= 0).sum()) for query in queries]
    numbers = np.arange(len(queries))
    spread = values.std(axis=0) if len(values) else np.zeros(len(queries))
    known = np.flatnonzero(spread > 0)
    matrix = np.full((len(queries), len(queries)), np.nan)
    if len(known) > 1:
        matrix[np.ix_(known, known)] = np.corrcoef(values[:, known].T)
    one, other = np.triu_indices(len(queries), 1)
    return {
        "queries": pa.table({"query": numbers, "bytes": [int(query.bytes.sum()) for query in queries], "tokens": sizes}),
        "query_correlations": pa.table(
            {"query": one, "other": other, "correlation": pa.array(matrix[one, other], from_pandas=True),
             "documents": np.full(len(one), len(values))}
        ),
    }  # fmt: skip
