"""What clustering and the map ask of a vector matrix, however it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

BLOCK_ROWS = 16_384


class Vectors(Protocol):
    """Rows [n, d] that can be read by slice and by row numbers: an array, a memory map, or parts read as one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: Any, /) -> Any: ...


def blocks(vectors: Vectors) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield every block of rows as float32, with its place."""
    for start in range(0, vectors.shape[0], BLOCK_ROWS):
        place = slice(start, min(start + BLOCK_ROWS, vectors.shape[0]))
        yield place, np.asarray(vectors[place], dtype=np.float32)


def sample_rows(total: int, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw ascending rows without replacement; all of them when `size` reaches the total."""
    if size >= total:
        return np.arange(total)
    return np.sort(rng.choice(total, size, replace=False))


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the rows at length 1 in float32; a row of zeros, or one that is not finite, becomes zeros."""
    wide = np.asarray(rows, dtype=np.float32)
    length = np.linalg.norm(wide, axis=1, keepdims=True)
    usable = np.isfinite(length) & (length > 0)
    wide = np.where(usable, wide, np.float32(0))
    wide /= np.where(usable, length, np.float32(1))
    return wide
