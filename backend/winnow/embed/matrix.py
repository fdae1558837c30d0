"""A vector matrix that lies in several files, read as if it were one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from winnow.errors import CorpusError

Parts = NDArray[np.floating] | Sequence[NDArray[np.floating]]


class Matrix:
    """Float [n, d] laid over parts [n_i, d] (usually memory-mapped float16) without joining them.

    `matrix[a:b]` and `matrix[rows]` copy only the rows asked for; `shape`, `dtype` and `len` are NumPy's.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts: tuple[NDArray[np.floating], ...] = (parts,) if isinstance(parts, np.ndarray) else tuple(parts)
        widths = {part.shape[1] if part.ndim == 2 else -1 for part in self.parts}
        if len(widths) != 1 or -1 in widths:
            raise CorpusError(
                "a vector matrix needs parts of one width",
                f"found {sorted(part.shape for part in self.parts)}",
                "run: winnow embed",
            )
        self.starts = np.concatenate([[0], np.cumsum([len(part) for part in self.parts])]).astype(np.int64)
        self.shape: tuple[int, int] = (int(self.starts[-1]), widths.pop())
        self.dtype: np.dtype[np.floating] = np.result_type(*self.parts)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> NDArray[np.floating]:
        if isinstance(rows, slice):
            return self._between(*rows.indices(len(self)))
        if len(self.parts) == 1:
            chosen: NDArray[np.floating] = self.parts[0][rows]
            return chosen
        found = np.empty((len(rows), self.shape[1]), dtype=self.dtype)
        owner = np.searchsorted(self.starts, rows, side="right") - 1
        for place in np.unique(owner):
            mine = owner == place
            found[mine] = self.parts[place][rows[mine] - self.starts[place]]
        return found

    def since(self, row: int) -> Matrix:
        """Return the rows from `row` on, without copying one."""
        starts = self.starts.tolist()
        return Matrix([part[max(row - first, 0) :] for part, first in zip(self.parts, starts, strict=False)])

    def _between(self, start: int, stop: int, step: int) -> NDArray[np.floating]:
        if step != 1:
            raise ValueError("rows are read in order, one by one")
        spans = [
            part[max(start - first, 0) : max(stop - first, 0)]
            for part, first in zip(self.parts, self.starts.tolist(), strict=False)
            if first < stop and first + len(part) > start
        ]
        if len(spans) == 1:
            return spans[0]
        return np.concatenate(spans) if spans else np.empty((0, self.shape[1]), dtype=self.dtype)
